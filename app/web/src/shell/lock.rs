//! One tab at a time: the Web Lock of this site, and asking whoever holds it to let go.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::EventListener;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::BroadcastChannel;

use super::timer::pause;

const NAME: &str = "nonpaper";
/// How long whoever holds it has to finish what it writes.
const LET_GO_WITHIN: u32 = 3_000;

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &Object, granted: &JsValue) -> Result<Promise, JsValue>;
}

/// How another tab wants the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// It waits a moment for it.
    Politely,
    /// It has it.
    Taken,
}

/// The lock, while it is kept. The browser gives it to the next tab when it is dropped, or the page goes.
pub struct Held {
    release: Function,
    _asked: EventListener,
    _channel: BroadcastChannel,
}

impl Drop for Held {
    fn drop(&mut self) {
        // Resolves a promise: cannot fail.
        let _ = self.release.call0(&JsValue::NULL);
    }
}

/// Takes the lock if no tab has it. `asked` is called when another tab wants it.
pub async fn take(asked: impl Fn(Asked) + 'static) -> Option<Held> {
    request("ifAvailable", Rc::new(asked)).await
}

/// Asks the tab that has the lock to let go, and takes it; from one that does not answer, by force.
pub async fn take_over(asked: impl Fn(Asked) + 'static) -> Option<Held> {
    let asked: Rc<dyn Fn(Asked)> = Rc::new(asked);
    let channel = BroadcastChannel::new(NAME).ok()?;
    // Nobody hears it if nobody is there.
    let _ = channel.post_message(&JsValue::TRUE);
    channel.close();
    for _ in 0..LET_GO_WITHIN / 100 {
        if let Some(held) = request("ifAvailable", asked.clone()).await {
            return Some(held);
        }
        pause(100).await;
    }
    request("steal", asked).await
}

async fn request(how: &str, asked: Rc<dyn Fn(Asked)>) -> Option<Held> {
    let navigator = web_sys::window()?.navigator();
    let manager: LockManager =
        Reflect::get(&navigator, &"locks".into()).ok()?.dyn_into::<Object>().ok()?.unchecked_into();
    let options = Object::new();
    Reflect::set(&options, &how.into(), &JsValue::TRUE).ok()?;
    let release = Rc::new(RefCell::new(None::<Function>));
    let given = Rc::clone(&release);
    let mut ended = None;
    let granted = Promise::new(&mut |grant, _| {
        let given = Rc::clone(&given);
        let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            if lock.is_null() {
                // Called with what a promise takes: cannot fail.
                let _ = grant.call1(&JsValue::NULL, &JsValue::FALSE);
                return JsValue::UNDEFINED;
            }
            let until_released = Promise::new(&mut |resolve, _| {
                given.replace(Some(resolve));
            });
            let _ = grant.call1(&JsValue::NULL, &JsValue::TRUE);
            until_released.into()
        });
        ended = manager.request(NAME, &options, &callback).ok();
    });
    let ended = ended?;
    let has_it = JsFuture::from(granted).await.is_ok_and(|granted| granted.is_truthy());
    let release = release.take().filter(|_| has_it)?;
    let lost = Rc::clone(&asked);
    spawn_local(async move {
        // Rejected when another tab took it by force.
        if JsFuture::from(ended).await.is_err() {
            lost(Asked::Taken);
        }
    });
    let channel = BroadcastChannel::new(NAME).ok()?;
    let listener = EventListener::new(&channel, "message", move |_| asked(Asked::Politely));
    Some(Held { release, _asked: listener, _channel: channel })
}

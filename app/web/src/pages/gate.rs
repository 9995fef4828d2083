//! What stands between the person and the talks this browser keeps.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use vault::{Damaged, Kinds, NotUnlocked};
use zeroize::Zeroizing;

use crate::components::field::Field;
use crate::components::form::{Complaint, Wrong};
use crate::components::recovery_code::RecoveryCode;
use crate::components::title::keep_title;
use crate::session;
use crate::shell::{address, focus, tab};
use crate::words::words;

/// Asks for the passphrase or the passkey, or for the recovery code.
#[component]
pub fn Unlock(kinds: Kinds) -> impl IntoView {
    let words = words();
    let typing_code = RwSignal::new(false);
    keep_title(move || words.nonpaper.to_owned());
    view! {
        <Alone>
            <h1>{words.locked}</h1>
            <p class="lead">{(words.kept_under)(kinds)}</p>
            {move || {
                if typing_code.get() {
                    return view! { <UnlockForm label=words.recovery_code code=true /> }.into_any();
                }
                view! {
                    {kinds.passphrase.then(|| view! { <UnlockForm label=words.passphrase code=false /> })}
                    {kinds.passkey.then(|| view! { <UnlockByPasskey only=!kinds.passphrase /> })}
                }
                    .into_any()
            }}
            {kinds
                .recovery
                .then(|| {
                    view! {
                        <button class="button" type="button" on:click=move |_| typing_code.update(|code| *code = !*code)>
                            {move || match typing_code.get() {
                                true if kinds.passphrase => words.use_the_passphrase,
                                true => words.use_the_passkey,
                                false => words.use_the_code,
                            }}
                        </button>
                    }
                })}
            <Leaving />
            <p class="small-print"><a href=address::of_about()>{words.about.about}</a></p>
        </Alone>
    }
}

#[component]
fn UnlockForm(label: &'static str, code: bool) -> impl IntoView {
    let words = words();
    let (secret, busy, wrong) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(None::<Complaint>));
    let unlock = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let typed = Zeroizing::new(secret.get_untracked());
        spawn_local(async move {
            let unlocked = if code { session::unlock_by_code(&typed) } else { session::unlock(typed).await };
            // When it is unlocked, the form is gone.
            if let Err(why) = unlocked {
                let sentence = match why {
                    NotUnlocked::Wrong if code => words.wrong_code,
                    NotUnlocked::Wrong => words.wrong_passphrase,
                    NotUnlocked::NoSuchWay | NotUnlocked::Header => words.cannot_unlock,
                };
                busy.try_set(false);
                wrong.try_set(Some(Complaint { sentence: sentence.to_owned(), field: Some(label) }));
            }
        });
    };
    view! {
        <form class="form step" aria-label=words.locked on:submit=unlock>
            <Field
                id="secret"
                label
                value=secret
                wrong
                secret=!code
                first=true
                autocomplete=if code { "off" } else { "current-password" }
            />
            <Wrong wrong />
            {move || busy.get().then(|| view! { <p role="status">{words.unlocking}</p> })}
            <button class="button main" type="submit">{words.unlock}</button>
        </form>
    }
}

#[component]
fn UnlockByPasskey(only: bool) -> impl IntoView {
    let words = words();
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<Complaint>));
    let unlock = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        spawn_local(async move {
            // When it is unlocked, this is gone.
            if let Err(why) = session::unlock_by_passkey().await {
                busy.try_set(false);
                wrong.try_set(Some(Complaint { sentence: (words.no_secret)(why).to_owned(), field: None }));
            }
        });
    };
    view! {
        <div class="form" class:step=only>
            <button class="button" class:main=only type="button" on:click=unlock>{words.unlock_by_passkey}</button>
            <Wrong wrong />
            {move || busy.get().then(|| view! { <p role="status">{words.unlocking}</p> })}
        </div>
    }
}

/// Shows the recovery code, once, until its last group has been typed.
#[component]
pub fn Recovery(code: Arc<Zeroizing<String>>) -> impl IntoView {
    let words = words();
    keep_title(move || words.nonpaper.to_owned());
    view! {
        <Alone>
            <h1>{words.write_down_the_code}</h1>
            <RecoveryCode code written_down=session::code_is_written_down />
        </Alone>
    }
}

/// The talks are open in another tab.
#[component]
pub fn Elsewhere() -> impl IntoView {
    let words = words();
    let busy = RwSignal::new(false);
    keep_title(move || words.nonpaper.to_owned());
    let here = move |_| {
        busy.set(true);
        spawn_local(async move {
            session::take_over().await;
            busy.try_set(false);
        });
    };
    view! {
        <Alone>
            <h1>{words.open_in_another_tab}</h1>
            <p class="lead">{words.one_tab_at_a_time}</p>
            <button class="button main" type="button" disabled=busy on:click=here>{words.use_here}</button>
        </Alone>
    }
}

/// What is kept here is not what was written.
#[component]
pub fn Damage(why: Damaged) -> impl IntoView {
    let words = words();
    keep_title(move || words.nonpaper.to_owned());
    let (what, then) = match why {
        Damaged::Newer(_) => (words.written_by_newer, words.reload_for_newer),
        Damaged::Root | Damaged::Rows => (words.store_is_damaged, words.after_damage),
    };
    view! {
        <Alone>
            <h1>{words.cannot_be_opened}</h1>
            <p class="lead" role="alert">{what}</p>
            <p>{then}</p>
            <Leaving />
        </Alone>
    }
}

/// The browser cannot read what is kept here.
#[component]
pub fn CannotRead() -> impl IntoView {
    let words = words();
    keep_title(move || words.nonpaper.to_owned());
    view! {
        <Alone>
            <h1>{words.cannot_be_opened}</h1>
            <p class="lead" role="alert">{words.cannot_be_read}</p>
            <button class="button main" type="button" on:click=|_| tab::reload()>{words.try_again}</button>
        </Alone>
    }
}

/// Deletes everything that is kept here, after asking once.
#[component]
pub fn Leaving() -> impl IntoView {
    let words = words();
    let asked = RwSignal::new(false);
    let failed = RwSignal::new(false);
    let ask = move |_| {
        asked.set(true);
        request_animation_frame(|| focus::first_of(&[".leaving .cancel"]));
    };
    // The talks are gone from the page at once, from the disk a moment later.
    let busy = RwSignal::new(false);
    let leave = move |_| {
        busy.set(true);
        spawn_local(async move {
            if !session::leave_this_computer().await {
                failed.try_set(true);
            }
            busy.try_set(false);
        });
    };
    view! {
        <section class="step leaving">
            {move || {
                if busy.get() {
                    view! { <p role="status">{words.is_deleted_now}</p> }.into_any()
                } else if asked.get() {
                    view! {
                        <p>{words.leaving_deletes}</p>
                        <div class="buttons">
                            <button class="button main" type="button" on:click=leave>{words.delete_all}</button>
                            <button class="button cancel" type="button" on:click=move |_| asked.set(false)>
                                {words.cancel}
                            </button>
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <button class="button" type="button" on:click=ask>
                            {words.leave_this_computer}
                        </button>
                    }
                        .into_any()
                }
            }}
            {move || failed.get().then(|| view! { <p class="wrong" role="alert">{words.not_all_deleted}</p> })}
        </section>
    }
}

/// A sheet without a way to anywhere.
#[component]
fn Alone(children: Children) -> impl IntoView {
    view! {
        <div class="sheet-screen">
            <header class="sheet-head"><span class="mark">{words().nonpaper}</span></header>
            <main class="sheet">{children()}</main>
        </div>
    }
}

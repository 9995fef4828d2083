//! How this browser keeps the talks, and changing that.

use leptos::prelude::*;
use leptos::task::spawn_local;
use vault::Kinds;
use zeroize::Zeroizing;

use crate::components::field::Field;
use crate::components::form::{Complaint, Wrong};
use crate::components::new_passphrase::{NewPassphrase, NewPassphraseFields};
use crate::components::recovery_code::RecoveryCode;
use crate::components::sheet::Sheet;
use crate::components::title::{focused_heading, keep_title};
use crate::screen::Screens;
use crate::session::{self, Change, Gate, IDLE_MINUTES, Kept, NotChanged, Prepared};
use crate::shell::focus;
use crate::words::{ChangeWords, words};

/// The page where it is changed.
#[component]
pub fn Ways() -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    keep_title(move || words.nonpaper.to_owned());
    let heading = focused_heading();
    let gate = session::gate();
    let kinds = Memo::new(move |_| gate.with(kinds_of));
    let stage = Stage { doing: RwSignal::new(Doing::Choosing), done: RwSignal::new(None) };
    view! {
        <Sheet>
            <h1 tabindex="-1" node_ref=heading>{words.how_talks_are_kept}</h1>
            // Always there, so that screen readers notice what comes.
            <div role="status">{move || stage.done.get().map(|done| view! { <p class="done">{done}</p> })}</div>
            {move || {
                let Some(kinds) = kinds.get() else {
                    return view! { <p class="lead">{words.nothing_to_change}</p> }.into_any();
                };
                match stage.doing.get() {
                    Doing::Choosing => view! { <Choosing kinds stage /> }.into_any(),
                    Doing::Asking(what) => view! { <Asking what kinds stage /> }.into_any(),
                    Doing::WritingDown(what, prepared) => view! { <WritingDown what prepared stage /> }.into_any(),
                }
            }}
            <div class="step">
                <button class="button" type="button" on:click=move |_| screens.start()>{words.back_to_start}</button>
            </div>
        </Sheet>
    }
}

/// What is being done on the page.
#[derive(Clone, Copy)]
struct Stage {
    doing: RwSignal<Doing>,
    /// What was done last.
    done: RwSignal<Option<&'static str>>,
}

/// From `Choosing` to `Asking`, from there to `WritingDown` if there is a new code, and always back.
#[derive(Clone)]
enum Doing {
    Choosing,
    Asking(What),
    WritingDown(What, Prepared),
}

impl Stage {
    fn ask(self, what: What) {
        self.done.set(None);
        self.doing.set(Doing::Asking(what));
    }

    fn cancel(self) {
        self.doing.set(Doing::Choosing);
        request_animation_frame(|| focus::first_of(&["main h1"]));
    }

    fn ended(self, what: What) {
        // The page may be gone meanwhile.
        self.doing.try_set(Doing::Choosing);
        self.done.try_set(Some(what.words().done));
        request_animation_frame(|| focus::first_of(&["main h1"]));
    }
}

/// What can be changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    SetPassphrase,
    ChangePassphrase,
    AddPassphrase,
    DropPassphrase,
    SetPasskey,
    OtherPasskey,
    AddPasskey,
    DropPasskey,
    NewCode,
    BrowserOnly,
}

impl What {
    /// What can be changed where this is how the talks are kept.
    fn all(kinds: Kinds, offers_passkeys: bool) -> Vec<Self> {
        let mut all = if kinds.browser {
            vec![Self::SetPassphrase, Self::SetPasskey]
        } else {
            match (kinds.passphrase, kinds.passkey) {
                (true, true) => {
                    vec![Self::ChangePassphrase, Self::OtherPasskey, Self::DropPassphrase, Self::DropPasskey]
                }
                (false, true) => vec![Self::OtherPasskey, Self::AddPassphrase],
                (true | false, false) => vec![Self::ChangePassphrase, Self::AddPasskey],
            }
        };
        if !offers_passkeys {
            all.retain(|what| !matches!(what, Self::SetPasskey | Self::OtherPasskey | Self::AddPasskey));
        }
        if !kinds.browser {
            all.extend([Self::NewCode, Self::BrowserOnly]);
        }
        all
    }

    fn words(self) -> &'static ChangeWords {
        match self {
            Self::SetPassphrase => &words().set_passphrase,
            Self::ChangePassphrase => &words().change_passphrase,
            Self::AddPassphrase => &words().add_passphrase,
            Self::DropPassphrase => &words().drop_passphrase,
            Self::SetPasskey => &words().set_passkey,
            Self::OtherPasskey => &words().other_passkey,
            Self::AddPasskey => &words().add_passkey,
            Self::DropPasskey => &words().drop_passkey,
            Self::NewCode => &words().new_code,
            Self::BrowserOnly => &words().browser_only,
        }
    }

    fn needs_passphrase(self) -> bool {
        match self {
            Self::SetPassphrase | Self::ChangePassphrase | Self::AddPassphrase => true,
            Self::DropPassphrase
            | Self::SetPasskey
            | Self::OtherPasskey
            | Self::AddPasskey
            | Self::DropPasskey
            | Self::NewCode
            | Self::BrowserOnly => false,
        }
    }
}

#[component]
fn Choosing(kinds: Kinds, stage: Stage) -> impl IntoView {
    let words = words();
    let state = if kinds.browser { words.kept_by_browser } else { (words.kept_under)(kinds) };
    let offers_passkeys = session::offers_passkeys();
    let choice = move |what: What| {
        view! {
            <li>
                <button class="button" type="button" on:click=move |_| stage.ask(what)>{what.words().what}</button>
            </li>
        }
    };
    view! {
        <p class="lead">{state}</p>
        <ul class="buttons" role="list">{move || What::all(kinds, offers_passkeys.get()).into_iter().map(choice).collect_view()}</ul>
        {(!kinds.browser).then(|| view! { <LockAfter /> })}
    }
}

/// After how many minutes the talks lock.
#[component]
fn LockAfter() -> impl IntoView {
    let words = words();
    let chosen = session::idle_minutes();
    let choose = move |event: web_sys::Event| {
        if let Ok(minutes) = event_target_value(&event).parse() {
            session::set_idle_minutes(minutes);
        }
    };
    let option = move |minutes: u8| {
        view! {
            <option value=minutes.to_string() selected=minutes == chosen>{(words.minutes)(minutes.into())}</option>
        }
    };
    view! {
        <div class="field step">
            <label for="lock-after">{words.lock_after}</label>
            <select id="lock-after" on:change=choose>{IDLE_MINUTES.map(option).collect_view()}</select>
        </div>
    }
}

/// Asks for what is needed to make a change, and makes it.
#[component]
fn Asking(what: What, kinds: Kinds, stage: Stage) -> impl IntoView {
    let words = words();
    let shown = RwSignal::new(String::new());
    let label = if kinds.passphrase { words.present_passphrase_or_code } else { words.recovery_code };
    let passphrase = NewPassphrase::empty([words.new_passphrase, words.new_passphrase_again]);
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<Complaint>));
    let read = move || {
        Ok(match what {
            What::SetPassphrase | What::ChangePassphrase | What::AddPassphrase => {
                Change::Passphrase(passphrase.read()?)
            }
            What::SetPasskey | What::OtherPasskey | What::AddPasskey => Change::Passkey,
            What::DropPassphrase => Change::NoPassphrase,
            What::DropPasskey => Change::NoPasskey,
            What::NewCode => Change::NewCode,
            What::BrowserOnly => Change::BrowserOnly,
        })
    };
    let make = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let change = match read() {
            Ok(change) => change,
            Err(complaint) => return wrong.set(Some(complaint)),
        };
        busy.set(true);
        wrong.set(None);
        let shown = Zeroizing::new(shown.get_untracked());
        spawn_local(async move {
            match session::change(change, shown).await {
                Ok(None) => stage.ended(what),
                Ok(Some(prepared)) => drop(stage.doing.try_set(Doing::WritingDown(what, prepared))),
                Err(why) => {
                    busy.try_set(false);
                    wrong.try_set(Some(complaint(why, label)));
                }
            }
        });
    };
    view! {
        <form class="form step" aria-label=what.words().what on:submit=make>
            <h2>{what.words().what}</h2>
            <p>{what.words().means}</p>
            {(!kinds.browser)
                .then(|| {
                    view! {
                        <Field
                            id="shown"
                            label
                            value=shown
                            hint=kinds.passkey.then_some(words.empty_for_the_passkey)
                            wrong
                            secret=true
                            first=true
                            autocomplete="current-password"
                        />
                    }
                })}
            {what
                .needs_passphrase()
                .then(|| view! { <NewPassphraseFields passphrase wrong first=kinds.browser /> })}
            <Wrong wrong />
            {move || busy.get().then(|| view! { <p role="status">{words.changing}</p> })}
            <div class="buttons">
                <button class="button main" type="submit">{what.words().what}</button>
                // What has begun is not called off: it may be written already.
                <button class="button" type="button" disabled=busy on:click=move |_| stage.cancel()>{words.cancel}</button>
            </div>
        </form>
    }
}

/// Shows the new recovery code; the change is made when it is written down.
#[component]
fn WritingDown(what: What, prepared: Prepared, stage: Stage) -> impl IntoView {
    let words = words();
    let wrong = RwSignal::new(None::<Complaint>);
    let code = prepared.code.clone();
    let written_down = move || {
        let prepared = prepared.clone();
        spawn_local(async move {
            match session::carry_out(prepared).await {
                Ok(()) => stage.ended(what),
                Err(why) => drop(wrong.try_set(Some(complaint(why, words.recovery_code)))),
            }
        });
    };
    view! {
        <section class="step form" aria-labelledby="write-down">
            <h2 id="write-down">{words.write_down_the_code}</h2>
            <p>{words.not_changed_yet}</p>
            <RecoveryCode code written_down>
                <button class="button" type="button" on:click=move |_| stage.cancel()>{words.cancel}</button>
            </RecoveryCode>
            <Wrong wrong />
        </section>
    }
}

/// What to tell; `asked` is the label of the field where what unlocks was asked for.
fn complaint(why: NotChanged, asked: &'static str) -> Complaint {
    let words = words();
    let (sentence, field) = match why {
        NotChanged::Wrong if asked == words.recovery_code => (words.wrong_code, Some(asked)),
        NotChanged::Wrong => (words.wrong_passphrase_or_code, Some(asked)),
        NotChanged::Passkey(why) => ((words.no_secret)(why), None),
        NotChanged::Failed => (words.not_changed, None),
    };
    Complaint { sentence: sentence.to_owned(), field }
}

/// How the talks are kept, if they are.
fn kinds_of(gate: &Gate) -> Option<Kinds> {
    match gate.kept()? {
        Kept::Browser => Some(Kinds { browser: true, ..Kinds::default() }),
        Kept::Locking(kinds) => Some(kinds),
        Kept::Nothing(_) => None,
    }
}

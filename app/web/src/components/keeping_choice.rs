//! How this browser is to keep the talk: asked once, with the first one.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::form::{Complaint, complaint_about};
use super::new_passphrase::{NewPassphrase, NewPassphraseFields};
use super::radio::Radio;
use crate::screen::Screens;
use crate::session::{self, Choice, Gate, NotChosen, OpenTalk};
use crate::words::words;

/// What is chosen in the form, before it is sent.
#[derive(Clone, Copy)]
pub struct Chosen {
    how: RwSignal<How>,
    passphrase: NewPassphrase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Passphrase,
    Passkey,
    Browser,
    Nothing,
}

impl Chosen {
    /// What stands there at first: this browser only.
    pub fn preset() -> Self {
        Self {
            how: RwSignal::new(How::Browser),
            passphrase: NewPassphrase::empty([words().passphrase, words().passphrase_again]),
        }
    }

    /// Reads the choice, or says what is wrong with it.
    pub fn read(self) -> Result<Choice, Complaint> {
        match self.how.get_untracked() {
            How::Browser => Ok(Choice::Browser),
            How::Nothing => Ok(Choice::Nothing),
            How::Passphrase => self.passphrase.read().map(Choice::Passphrase),
            How::Passkey => Ok(Choice::Passkey),
        }
    }
}

/// Begins a talk once the choice is read and made, and shows it; or says what is wrong.
pub fn begin_talk(
    chosen: Chosen,
    wrong: RwSignal<Option<Complaint>>,
    screens: Screens,
    begin: impl FnOnce() -> Result<OpenTalk, talk::Error> + 'static,
) {
    match chosen.read() {
        Ok(choice) => spawn_local(async move {
            // The form may be gone meanwhile.
            match session::choose(choice).await {
                Ok(false) => {}
                Ok(true) => match begin() {
                    Ok(talk) => screens.talk(talk),
                    Err(error) => drop(wrong.try_set(Some(complaint_about(&error)))),
                },
                Err(why) => drop(wrong.try_set(Some(not_chosen(why)))),
            }
        }),
        Err(complaint) => wrong.set(Some(complaint)),
    }
}

/// What to tell about a choice that did not come true.
pub fn not_chosen(why: NotChosen) -> Complaint {
    let sentence = match why {
        NotChosen::Passkey(why) => (words().no_secret)(why),
        NotChosen::Failed => words().cannot_unlock,
    };
    Complaint { sentence: sentence.to_owned(), field: None }
}

/// The choice. Empty when it was made before.
#[component]
pub fn KeepingChoice(chosen: Chosen, wrong: RwSignal<Option<Complaint>>) -> impl IntoView {
    let words = words();
    if !session::gate().with_untracked(|gate| matches!(gate, Gate::Fresh { .. })) {
        return ().into_any();
    }
    let offers_passkeys = session::offers_passkeys();
    let option = move |value: How, id: &'static str, label: &'static str, means: &'static str| {
        view! { <Radio name="keeping" id label means value chosen=chosen.how /> }
    };
    view! {
        <fieldset class="choices" role="radiogroup">
            <legend>{words.how_kept}</legend>
            {option(How::Browser, "keep-browser", words.this_browser_only, words.this_browser_only_means)}
            {option(How::Passphrase, "keep-passphrase", words.passphrase, words.passphrase_means)}
            {move || {
                (chosen.how.get() == How::Passphrase)
                    .then(|| view! { <NewPassphraseFields passphrase=chosen.passphrase wrong /> })
            }}
            {move || {
                offers_passkeys.get().then(|| option(How::Passkey, "keep-passkey", words.passkey, words.passkey_means))
            }}
            {option(How::Nothing, "keep-nothing", words.nothing_is_kept, words.nothing_is_kept_means)}
        </fieldset>
    }
    .into_any()
}

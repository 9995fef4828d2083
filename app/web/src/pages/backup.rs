//! Backup files: saving one of what this browser keeps, and opening one.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use vault::BackupError;
use zeroize::Zeroizing;

use crate::components::field::Field;
use crate::components::form::{Complaint, Wrong};
use crate::components::keeping_choice::{Chosen, KeepingChoice, not_chosen};
use crate::components::new_passphrase::{NewPassphrase, NewPassphraseFields};
use crate::components::sheet::Sheet;
use crate::components::title::{focused_heading, keep_title};
use crate::screen::Screens;
use crate::session::{self, NotOpened};
use crate::shell::{clock, file};
use crate::words::{intl, words};

/// The page.
#[component]
pub fn Backup() -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    keep_title(move || words.nonpaper.to_owned());
    let heading = focused_heading();
    let done = RwSignal::new(None::<String>);
    view! {
        <Sheet>
            <h1 tabindex="-1" node_ref=heading>{words.backup_file}</h1>
            <p class="lead">{words.what_a_backup_is}</p>
            // Always there, so that screen readers notice what comes.
            <div role="status">{move || done.get().map(|done| view! { <p class="done">{done}</p> })}</div>
            {if session::keeps() { view! { <Saving done /> }.into_any() } else { ().into_any() }}
            <Opening done />
            <div class="step">
                <button class="button" type="button" on:click=move |_| screens.start()>{words.back_to_start}</button>
            </div>
        </Sheet>
    }
}

#[component]
fn Saving(done: RwSignal<Option<String>>) -> impl IntoView {
    let words = words();
    let typed = NewPassphrase::empty([words.passphrase_of_backup, words.passphrase_of_backup_again]);
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<Complaint>));
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let passphrase = match typed.read() {
            Ok(passphrase) => passphrase,
            Err(complaint) => return wrong.set(Some(complaint)),
        };
        busy.set(true);
        wrong.set(None);
        done.set(None);
        spawn_local(async move {
            let name = format!("nonpaper-{}.backup", intl::day_in_numbers(clock::now()));
            let made = session::back_up(passphrase).await;
            let handed = made.and_then(|(bytes, backed)| file::hand_over(&name, &bytes).map(|()| backed));
            match handed {
                Some(backed) => {
                    typed.forget();
                    drop(done.try_set(Some((words.backup_is_made)(&name, backed))));
                }
                None => drop(wrong.try_set(Some(Complaint { sentence: words.backup_failed.to_owned(), field: None }))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="form step" aria-label=words.save_a_backup on:submit=save>
            <h2>{words.save_a_backup}</h2>
            <p>{words.who_has_the_backup}</p>
            <NewPassphraseFields passphrase=typed wrong />
            <Wrong wrong />
            {move || busy.get().then(|| view! { <p role="status">{words.sealing}</p> })}
            <button class="button main" type="submit">{words.save_the_file}</button>
        </form>
    }
}

#[component]
fn Opening(done: RwSignal<Option<String>>) -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    let (passphrase, chosen) = (RwSignal::new(String::new()), Chosen::preset());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<Complaint>));
    let input = NodeRef::<html::Input>::new();
    let complain = move |sentence: &'static str, field| {
        busy.try_set(false);
        wrong.try_set(Some(Complaint { sentence: sentence.to_owned(), field }));
    };
    let open = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        let choice = match chosen.read() {
            Ok(choice) => choice,
            Err(complaint) => return wrong.set(Some(complaint)),
        };
        busy.set(true);
        wrong.set(None);
        done.set(None);
        let passphrase = Zeroizing::new(passphrase.get_untracked());
        spawn_local(async move {
            let Some(file) = file::chosen(&input).await else { return complain(words.choose_a_file, None) };
            let backup = match session::open_file(&file, passphrase).await {
                Ok(backup) => backup,
                Err(why) => {
                    let (sentence, field) = why_not(why);
                    return complain(sentence, field);
                }
            };
            match session::choose(choice).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(why) => {
                    busy.try_set(false);
                    return drop(wrong.try_set(Some(not_chosen(why))));
                }
            }
            match session::restore(backup) {
                Ok(0) => complain(words.all_here_already, None),
                Ok(_) => screens.start(),
                Err(_) => complain(words.backup_is_damaged, None),
            }
        });
    };
    view! {
        <form class="form step" aria-label=words.open_a_backup on:submit=open>
            <h2>{words.open_a_backup}</h2>
            <p>{words.what_opening_does}</p>
            <div class="field">
                <label for="backup-file">{words.file}</label>
                <input id="backup-file" type="file" node_ref=input />
            </div>
            <Field
                id="backup-passphrase"
                label=words.passphrase_of_the_file
                value=passphrase
                wrong
                secret=true
                autocomplete="off"
            />
            <KeepingChoice chosen wrong />
            <Wrong wrong />
            {move || busy.get().then(|| view! { <p role="status">{words.unlocking}</p> })}
            <button class="button" type="submit">{words.open_the_file}</button>
        </form>
    }
}

/// What to tell about a file that was not opened, and the label of the field to correct.
fn why_not(why: NotOpened) -> (&'static str, Option<&'static str>) {
    let words = words();
    match why {
        NotOpened::File(BackupError::NotABackup) => (words.not_a_backup, None),
        NotOpened::File(BackupError::Damaged) => (words.backup_is_damaged, None),
        NotOpened::File(BackupError::WrongPassphrase) => {
            (words.wrong_passphrase_of_backup, Some(words.passphrase_of_the_file))
        }
        NotOpened::Failed => (words.cannot_unlock, None),
    }
}

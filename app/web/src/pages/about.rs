//! What this is: its version, how to check it, how to install it.

use std::fmt::Write as _;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::sheet::Sheet;
use crate::components::title::{focused_heading, keep_title};
use crate::screen::Screens;
use crate::shell::made_from::{self, MadeFrom, Unknown};
use crate::shell::{address, clipboard, tab};
use crate::words::words;

/// The page.
#[component]
pub fn About() -> impl IntoView {
    let words = words();
    let heading = focused_heading();
    let screens = Screens::here();
    let said = RwSignal::new(None::<Result<MadeFrom, Unknown>>);
    spawn_local(async move { drop(said.try_set(Some(made_from::read().await))) });
    keep_title(move || words.nonpaper.to_owned());
    view! {
        <Sheet>
            <h1 tabindex="-1" node_ref=heading>{words.about.about}</h1>
            <p class="lead">{words.about.lead}</p>
            <Install />
            <section class="step about">
                <h2>{words.about.which_version}</h2>
                {move || match said.get() {
                    None => view! { <p class="small">{words.about.looking}</p> }.into_any(),
                    Some(Ok(made_from)) => view! { <Version made_from /> }.into_any(),
                    Some(Err(why)) => {
                        let sentence = match why {
                            Unknown::NoAnswer => words.about.no_answer,
                            Unknown::NotSaid => words.about.not_said,
                            Unknown::AnotherVersion => words.about.another_version,
                        };
                        view! { <p class="notice" role="alert">{sentence}</p> }.into_any()
                    }
                }}
            </section>
            <section class="step about">
                <h2>{words.about.what_it_proves[0]}</h2>
                <p>{words.about.what_it_proves[1]}</p>
                <h2>{words.about.what_it_does_not[0]}</h2>
                <p>{words.about.what_it_does_not[1]}</p>
                <p>{words.about.checked_from_outside}</p>
                <p class="command" dir="ltr"><code>"cargo xtask verify "{address::origin()}</code></p>
            </section>
            <section class="step about">
                <h2>{words.connection.two_ways[0]}</h2>
                <p>{words.connection.two_ways[1]}</p>
            </section>
            <div class="step">
                <button class="button" type="button" on:click=move |_| screens.start()>{words.back_to_start}</button>
            </div>
            <footer class="small-print">
                <p>{words.what_the_relay_sees}</p>
                <p>{words.about.licence}</p>
            </footer>
        </Sheet>
    }
}

#[component]
fn Version(made_from: MadeFrom) -> impl IntoView {
    let words = words();
    let MadeFrom { version, commit, compiler, files, fingerprint } = made_from;
    let grouped = grouped(&fingerprint);
    // The build writes a bare hash when the sources are those of a commit.
    let in_no_commit = !commit.chars().all(|letter| letter.is_ascii_hexdigit());
    let copied = RwSignal::new(None::<bool>);
    let text = grouped.clone();
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let done = clipboard::copy(&text).await.is_ok();
            copied.try_set(Some(done));
        });
    };
    view! {
        <dl class="facts">
            <dt>{words.about.version}</dt>
            <dd dir="ltr">{version}</dd>
            <dt>{words.about.commit}</dt>
            <dd dir="ltr"><code>{commit}</code></dd>
            <dt>{words.about.compiler}</dt>
            <dd dir="ltr">{compiler}</dd>
            <dt>{words.about.fingerprint}</dt>
            <dd dir="ltr"><code class="fingerprint">{grouped}</code></dd>
        </dl>
        {in_no_commit.then(|| view! { <p class="notice">{words.about.in_no_commit}</p> })}
        <button class="button" type="button" on:click=copy>{words.about.copy}</button>
        <p class="small" role="status">
            {move || copied.get().map(|copied| if copied { words.about.copied } else { words.about.copy_by_hand })}
        </p>
        <details>
            <summary>{(words.about.files)(files.len())}</summary>
            <dl class="facts" dir="ltr">
                {files
                    .into_iter()
                    .map(|(address, hash)| {
                        view! {
                            <dt><code>{address}</code></dt>
                            <dd><code>{hash}</code></dd>
                        }
                    })
                    .collect_view()}
            </dl>
        </details>
    }
}

#[component]
fn Install() -> impl IntoView {
    let words = words();
    view! {
        <section class="step about">
            <h2>{words.about.install}</h2>
            <p>{words.about.what_installing_does}</p>
            {tab::is_installed().then(|| view! { <p class="done">{words.about.installed}</p> })}
            <dl class="facts">
                {words
                    .about
                    .ways_to_install
                    .iter()
                    .map(|(browser, what_to_do)| {
                        view! {
                            <dt>{*browser}</dt>
                            <dd>{*what_to_do}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
            <p>{words.about.iphones_keep_apart}</p>
        </section>
    }
}

/// In hexadecimal, in groups of four, to be read out.
fn grouped(fingerprint: &[u8; 32]) -> String {
    fingerprint.chunks(2).fold(String::new(), |mut text, pair| {
        let space = if text.is_empty() { "" } else { " " };
        // Writing to a string does not fail.
        let _ = write!(text, "{space}{:02x}{:02x}", pair[0], pair[1]);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_sixteen_groups_of_four() {
        let text = grouped(&std::array::from_fn(|n| u8::try_from(n * 8).expect("below 256")));
        assert_eq!(text.split(' ').count(), 16);
        assert!(text.starts_with("0008 1018 ") && text.ends_with(" f0f8"), "{text}");
    }
}

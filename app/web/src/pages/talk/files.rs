//! The files of a room: given, fetched, saved; and how each stands.

use std::sync::Arc;

use files::{CHUNK_BYTES, Wish};
use leptos::html;
use leptos::prelude::*;
use record::{FileTerms, OpId, Release};
use talk::view::{FileView, NoteView};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DataTransfer, DragEvent};

use super::CloseSheet;
use crate::components::said::hue_class;
use crate::session::{self, FileState, GivingView, OpenTalk};
use crate::shell::file::Picture;
use crate::shell::{clock, file, given, storage};
use crate::talk_id::TalkId;
use crate::words::{Coming, intl, words};

/// How many files are listed at first, and how many more at a time.
const LISTED: usize = 50;
/// Fewer are found without searching.
const SEARCHED: usize = 8;
/// What a person can choose to come by itself, in bytes.
const LIMITS: [u64; 5] = [0, session::FETCH_PRESET, 50_000_000, 500_000_000, u64::MAX];
/// Files that are saved as one download at most, in bytes: the browser holds it until it is saved.
const DOWNLOAD_BYTES: u64 = 4_000_000_000;
/// Pictures up to this many bytes are shown here.
const PICTURE_BYTES: u64 = 20_000_000;
/// What is shown here, as its author says what it is: pictures made of dots, in formats that can run nothing.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"];

/// A file of the room, as the list has it.
#[derive(Clone)]
struct Listed {
    note: Arc<NoteView>,
    file: Arc<FileView>,
}

fn terms_of_files(talk: &OpenTalk) -> Memo<FileTerms> {
    let talk = talk.clone();
    Memo::new(move |_| session::terms(&talk).files)
}

/// Whether this seat may give files: by its role, and by the charter.
fn may_give(talk: &OpenTalk) -> Memo<bool> {
    let (view, terms) = (talk.view.clone(), terms_of_files(talk));
    Memo::new(move |_| view.with(|view| view.rights.give_files) && terms.get() != FileTerms::None)
}

/// All files of the room.
#[component]
pub fn Files(talk: OpenTalk) -> impl IntoView {
    let words = &words().files;
    let id = talk.id;
    let view = talk.view.clone();
    let all = Memo::new_with_compare(
        move |_| {
            view.with(|view| {
                let listed = |note: &Arc<NoteView>| Some(Listed { note: Arc::clone(note), file: note.file.clone()? });
                view.notes.iter().filter_map(listed).collect::<Vec<_>>()
            })
        },
        |one, other| match (one, other) {
            (Some(one), Some(other)) => {
                one.len() != other.len() || one.iter().zip(other).any(|(one, other)| one.note.id != other.note.id)
            }
            _ => true,
        },
    );
    let terms = terms_of_files(&talk);
    let may_give = may_give(&talk);
    let (search, order, shown) = (RwSignal::new(String::new()), RwSignal::new(0_usize), RwSignal::new(LISTED));
    let found = Memo::new_with_compare(
        move |_| {
            let wanted = search.get().to_lowercase();
            let fits = |listed: &&Listed| listed.file.path.text().to_lowercase().contains(&wanted);
            let mut found: Vec<Listed> = all.with(|all| all.iter().filter(fits).cloned().collect());
            let order = order.get();
            found.reverse();
            if order > 0 {
                found.sort_by(|one, other| match order {
                    1 => one.file.path.cmp(&other.file.path),
                    _ => other.file.size.cmp(&one.file.size),
                });
            }
            found
        },
        |_, _| true,
    );
    let listed = move || found.with(|found| found.iter().take(shown.get()).cloned().collect::<Vec<_>>());
    let more = Memo::new(move |_| found.with(Vec::len).saturating_sub(shown.get()));
    let many = Memo::new(move |_| all.with(|all| all.len() > SEARCHED));
    let (files, settings) = (talk.files.clone(), talk.files.clone());
    let later = files.clone();
    let later = Memo::new(move |_| later.with(|files| files.give_later));
    let giving = Memo::new(move |_| files.with(|files| files.giving.clone()));
    let empty = Memo::new(move |_| all.with(Vec::is_empty) && giving.with(Vec::is_empty));
    view! {
        <aside class="side files" id="files" popover="auto">
            <CloseSheet sheet="files" />
            <section aria-labelledby="files-title">
                <h2 id="files-title">{words.files}</h2>
                {move || empty.get().then(|| view! { <p class="quiet-line">{words.none_yet}</p> })}
                {move || {
                    many.get()
                        .then(|| {
                            view! {
                                <div class="find">
                                    <input
                                        type="search"
                                        autocomplete="off"
                                        spellcheck="false"
                                        aria-label=words.search
                                        placeholder=words.search
                                        on:input=move |event| {
                                            shown.set(LISTED);
                                            search.set(event_target_value(&event));
                                        }
                                    />
                                    <select
                                        aria-label=words.sorted_by
                                        on:change=move |event| order.set(event_target_value(&event).parse().unwrap_or(0))
                                    >
                                        {words
                                            .orders
                                            .into_iter()
                                            .enumerate()
                                            .map(|(place, name)| view! { <option value=place.to_string()>{name}</option> })
                                            .collect_view()}
                                    </select>
                                </div>
                            }
                        })
                }}
                {move || (later.get() > 0).then(|| view! { <p class="quiet-line">{(words.wait_to_be_given)(later.get())}</p> })}
                <ul role="list" class="file-list">
                    <For
                        each=move || giving.get()
                        key=|given| given.job
                        children=move |given| view! { <Given job=given.job giving /> }
                    />
                    <For
                        each=listed
                        key=|listed| listed.note.id
                        children=move |listed| view! { <File room=id terms listed /> }
                    />
                </ul>
                {move || {
                    let nothing = found.with(Vec::is_empty) && !empty.get() && giving.with(Vec::is_empty);
                    nothing.then(|| view! { <p class="quiet-line">{words.none_found}</p> })
                }}
                {move || {
                    (more.get() > 0)
                        .then(|| {
                            let next = move || more.get().min(LISTED);
                            view! {
                                <button class="button" type="button" on:click=move |_| shown.update(|shown| *shown += LISTED)>
                                    {move || (words.show_more)(next())}
                                </button>
                            }
                        })
                }}
                {move || {
                    may_give
                        .get()
                        .then(|| {
                            let choose = move |_| {
                                // Where there are no folders to be had, nothing happens.
                                let _ = given::choose_folder(move |given| session::give(id, given, None));
                            };
                            view! {
                                <button class="button attach-folder" type="button" on:click=choose>
                                    {words.attach_a_folder}
                                </button>
                            }
                        })
                }}
                <ComeByThemselves talk=id files=settings />
                <RoomHere terms />
            </section>
        </aside>
    }
}

/// What a file may have, and what there is room for here: told before one is chosen.
#[component]
fn RoomHere(terms: Memo<FileTerms>) -> impl IntoView {
    let words = &words().files;
    let room = RwSignal::new(None::<u64>);
    spawn_local(async move {
        let estimate = storage::room().await;
        room.try_set(estimate.map(|room| (room.allowed - room.used).max(0.0) as u64));
    });
    view! { <p class="quiet-line">{move || (words.limits)(terms.get(), room.get())}</p> }
}

/// Up to which size files come without being asked for.
#[component]
fn ComeByThemselves(talk: TalkId, files: ArcRwSignal<session::FilesView>) -> impl IntoView {
    let words = &words().files;
    let chosen = Memo::new(move |_| files.with(|files| files.fetch_up_to));
    let choose = move |event: web_sys::Event| {
        if let Some(limit) = event_target_value(&event).parse().ok().and_then(|place: usize| LIMITS.get(place)) {
            session::fetch_up_to(talk, *limit);
        }
    };
    view! {
        <label class="by-themselves">
            <span>{words.come_by_themselves}</span>
            <select on:change=choose>
                {LIMITS
                    .into_iter()
                    .enumerate()
                    .map(|(place, limit)| {
                        view! {
                            <option value=place.to_string() prop:selected=move || chosen.get() == limit>
                                {(words.up_to)((limit < u64::MAX).then_some(limit))}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
        {session::files_are_in_memory().then(|| view! { <p class="quiet-line">{words.in_memory}</p> })}
    }
}

/// The button beside the composer.
#[component]
pub fn AttachFiles(talk: OpenTalk, release: RwSignal<Option<Release>>) -> impl IntoView {
    let words = &words().files;
    let id = talk.id;
    let may_give = may_give(&talk);
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let chosen = move |_| {
        if let Some(input) = input.get_untracked() {
            session::give(id, given::chosen(&input), release.get_untracked());
        }
    };
    move || {
        may_give.get().then(|| {
            view! {
                <button class="button attach" type="button" aria-label=words.attach_files title=words.attach_files on:click=choose>
                    "+"
                </button>
                <input type="file" multiple hidden spellcheck="false" node_ref=input on:change=chosen />
            }
        })
    }
}

/// Gives what was dropped or pasted.
pub fn give(talk: TalkId, data: &DataTransfer, release: Option<Release>) {
    let given = given::handed(data);
    spawn_local(async move { session::give(talk, given.await, release) });
}

/// Takes what is dropped anywhere on the page; what may not be given does not replace the page either.
#[component]
pub fn DropHere(talk: OpenTalk) -> impl IntoView {
    let id = talk.id;
    let over = RwSignal::new(false);
    let may_give = may_give(&talk);
    let files_of = |event: &DragEvent| event.data_transfer().filter(given::has_files);
    let entered = window_event_listener(leptos::ev::dragover, move |event| {
        if files_of(&event).is_some() {
            event.prevent_default();
            over.set(may_give.get_untracked());
        }
    });
    let left = window_event_listener(leptos::ev::dragleave, move |event| {
        // Of the window, not of one of its elements.
        if event.related_target().is_none() {
            over.set(false);
        }
    });
    let dropped = window_event_listener(leptos::ev::drop, move |event| {
        if let Some(data) = files_of(&event) {
            event.prevent_default();
            over.set(false);
            if may_give.get_untracked() {
                give(id, &data, None);
            }
        }
    });
    on_cleanup(move || {
        entered.remove();
        left.remove();
        dropped.remove();
    });
    move || over.get().then(|| view! { <p class="drop-here">{words().files.drop_here}</p> })
}

/// A file that is being read and sealed.
#[component]
fn Given(job: u32, giving: Memo<Vec<GivingView>>) -> impl IntoView {
    let (all, words) = (words(), &words().files);
    let given = Memo::new(move |_| giving.with(|giving| giving.iter().find(|given| given.job == job).cloned()));
    let name = given.with_untracked(|given| given.as_ref().map(|given| given.name.clone()).unwrap_or_default());
    let failed = Memo::new(move |_| given.with(|given| given.as_ref().and_then(|given| given.failed)));
    view! {
        <li class="file">
            <bdi class="file-name">{name.clone()}</bdi>
            {move || match failed.get() {
                Some(why) => view! { <p class="wrong" role="alert">{(words.not_given)(why)}</p> }.into_any(),
                None => {
                    let progress = move || given.get().map_or((0, 0), |given| (given.done, given.size));
                    view! {
                        <Progress progress=Signal::derive(progress) />
                        <p class="file-state">
                            {move || {
                                let (done, size) = progress();
                                (words.sealing)(done, size)
                            }}
                        </p>
                    }
                        .into_any()
                }
            }}
            <div class="file-buttons">
                <button
                    class="quiet"
                    type="button"
                    aria-label=move || format!("{} {name}", if failed.get().is_some() { words.put_away } else { all.cancel })
                    on:click=move |_| session::dismiss_given(job)
                >
                    {move || if failed.get().is_some() { words.put_away } else { all.cancel }}
                </button>
            </div>
        </li>
    }
}

#[component]
fn Progress(progress: Signal<(u64, u64)>) -> impl IntoView {
    view! {
        <progress
            max="1"
            aria-hidden="true"
            prop:value=move || {
                let (done, size) = progress.get();
                if size == 0 { 1.0 } else { done as f64 / size as f64 }
            }
        ></progress>
    }
}

/// How many seats there are: one memo for all that is told of files.
#[derive(Clone, Copy)]
pub struct AtTheTable(pub Memo<usize>);

/// How a file stands, followed.
#[derive(Clone, Copy)]
struct Followed {
    size: u64,
    state: RwSignal<FileState>,
    held: Memo<u64>,
    wish: Memo<Wish>,
    seats: Memo<usize>,
}

impl Followed {
    fn new(talk: TalkId, id: OpId, size: u64) -> Self {
        let state = RwSignal::from(session::file_state(talk, id));
        let held = move |_: Option<&u64>| {
            let held = state.get().standing.map_or(0, |standing| standing.held);
            (u64::from(held) * u64::from(CHUNK_BYTES)).min(size)
        };
        let wish = Memo::new(move |_| state.get().standing.map_or(Wish::None, |standing| standing.wish));
        Self { size, state, held: Memo::new(held), wish, seats: expect_context::<AtTheTable>().0 }
    }

    /// How much of it is here while it comes or waits to, of its size.
    fn progress(self) -> Option<Signal<(u64, u64)>> {
        let comes = matches!(self.wish.get(), Wish::Fetch | Wish::Pause);
        comes.then(|| Signal::derive(move || (self.held.get(), self.size)))
    }

    /// In words.
    fn words(self) -> String {
        let (words, size) = (&words().files, self.size);
        let FileState { standing, began, .. } = self.state.get();
        let (held, Some(standing)) = (self.held.get(), standing) else { return words.not_here.to_owned() };
        let here = || (words.here)(standing.holders.min(self.seats.get()), self.seats.get());
        match standing.wish {
            Wish::Here => here(),
            Wish::None => format!("{} · {}", words.not_here, here()),
            Wish::Pause if standing.full => words.no_room.to_owned(),
            Wish::Pause => (words.paused)(held, size),
            Wish::Fetch if standing.comes => {
                (words.comes)(Coming { held, size, rate: began.and_then(|began| rate(began, standing.held)) })
            }
            Wish::Fetch => (words.waits)(held, size),
        }
    }
}

/// Bytes in a second since a file began to come.
fn rate((since, held_then): (u64, u32), held: u32) -> Option<u64> {
    let millis = clock::now().saturating_sub(since);
    let came = u64::from(held.saturating_sub(held_then)) * u64::from(CHUNK_BYTES);
    (millis > 1_000 && came > 0).then(|| came * 1_000 / millis)
}

/// A file of the room with all that can be done with it.
#[component]
fn File(room: TalkId, terms: Memo<FileTerms>, listed: Listed) -> impl IntoView {
    let (all, words) = (words(), &words().files);
    let Listed { note, file } = listed;
    let (id, size) = (note.id, file.size);
    let name: Arc<str> = file.path.name().into();
    let followed = Followed::new(room, id, size);
    let (wish, state) = (followed.wish, Memo::new(move |_| followed.words()));
    let saving = Memo::new(move |_| followed.state.with(|state| state.saving));
    let path = file.path.clone();
    let beyond = Memo::new(move |_| wish.get() == Wish::None && !terms.get().let_in(&path, size));
    let picture = ArcRwSignal::new(None::<Picture>);
    let shown = picture.clone();
    let wants = move |wish: Wish| move || session::wish(room, id, wish);
    let button = {
        let name = name.clone();
        move |label: &'static str, does: Box<dyn Fn()>| {
            view! {
                <button class="quiet" type="button" aria-label=format!("{label} {name}") on:click=move |_| does()>
                    {label}
                </button>
            }
            .into_any()
        }
    };
    let media = media_of(&file);
    let buttons = move || {
        let button = button.clone();
        let picture = picture.clone();
        match wish.get() {
            Wish::None => vec![button(words.fetch, Box::new(wants(Wish::Fetch)))],
            Wish::Fetch => {
                vec![button(words.pause, Box::new(wants(Wish::Pause))), button(all.cancel, Box::new(wants(Wish::None)))]
            }
            Wish::Pause => {
                vec![button(words.go_on, Box::new(wants(Wish::Fetch))), button(all.cancel, Box::new(wants(Wish::None)))]
            }
            Wish::Here => {
                let mut buttons = Vec::new();
                if size <= DOWNLOAD_BYTES {
                    buttons.push(button(words.save, Box::new(move || session::save(room, id))));
                }
                if file::saves_where_asked() {
                    buttons.push(button(words.save_as, Box::new(move || session::save_as(room, id))));
                }
                if let Some(media) = media {
                    let is_shown = picture.with(Option::is_some);
                    let toggle = move || match is_shown {
                        true => picture.set(None),
                        false => session::show(room, id, media, picture.clone()),
                    };
                    buttons.push(button(if is_shown { words.hide } else { words.show }, Box::new(toggle)));
                }
                buttons.push(button(words.delete, Box::new(wants(Wish::None))));
                buttons
            }
        }
    };
    let too_large = size > DOWNLOAD_BYTES && !file::saves_where_asked();
    view! {
        <li class="file">
            <bdi class="file-name" title=file.path.text().to_string()>{file.path.text()}</bdi>
            <p class="file-about">
                <bdi>{intl::bytes(size)}</bdi> " · " {words.from} " "
                <bdi class=hue_class(note.hue)>{note.author.clone()}</bdi>
            </p>
            {move || followed.progress().map(|progress| view! { <Progress progress /> })}
            <p class="file-state">{move || state.get()}</p>
            {move || beyond.get().then(|| view! { <p class="file-state">{words.not_let_in}</p> })}
            {move || saving.get().map(|saving| match saving.failed {
                Some(why) => view! { <p class="wrong" role="alert">{(words.not_saved)(why)}</p> }.into_any(),
                None => view! { <p class="file-state" role="status">{(words.saving)(saving.done, size)}</p> }.into_any(),
            })}
            {too_large.then(|| view! { <p class="file-state">{(words.too_large_to_save)(DOWNLOAD_BYTES)}</p> })}
            {
                let name = name.clone();
                move || shown.get().map(|picture| {
                    view! { <img class="picture" src=picture.address().to_owned() alt=name.to_string() /> }
                })
            }
            <div class="file-buttons">{buttons}</div>
        </li>
    }
}

/// As what a file can be shown here; None for all else, which is only saved.
fn media_of(file: &FileView) -> Option<&'static str> {
    let claimed = file.media.as_ref()?.text();
    PICTURES.into_iter().find(|media| *media == &*claimed && file.size <= PICTURE_BYTES)
}

/// A file where it was given, among the notes.
#[component]
pub fn FileInNotes(id: OpId, file: Arc<FileView>) -> impl IntoView {
    let words = &words().files;
    let followed = Followed::new(expect_context::<OpenTalk>().id, id, file.size);
    let state = Memo::new(move |_| followed.words());
    view! {
        <div class="file in-notes">
            <bdi class="file-name">{file.path.text()}</bdi>
            " "
            <bdi class="file-about">{intl::bytes(file.size)}</bdi>
            {move || followed.progress().map(|progress| view! { <Progress progress /> })}
            <p class="file-state">{move || state.get()}</p>
            <button class="quiet narrow-only" type="button" popovertarget="files">{words.in_files}</button>
        </div>
    }
}

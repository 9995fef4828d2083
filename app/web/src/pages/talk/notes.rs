//! The notes of a room, in their one order.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use record::{Conveyed, OpId, Release, Role};
use talk::Millis;
use talk::view::{Invites, NoteView};
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use super::briefing::Briefing;
use super::convey::{Conveying, Elsewhere};
use super::files::FileInNotes;
use super::{Inviting, JumpToNew, Whom};
use crate::components::said::{PartyName, Said, hue_class};
use crate::session::{self, NoteRow, OpenTalk, Unread};
use crate::shell::{resize, scrolling, sight, tab};
use crate::words::{intl, words};

/// How far from the end, in CSS pixels, still counts as seeing the end.
const NEAR_THE_END: i32 = 64;
/// How many notes are drawn at first: more than anybody sees at once.
const FIRST: usize = 100;
/// How many earlier ones are drawn in one frame of the screen: a piece, which is laid out while it is in sight.
const MORE: usize = 10;
/// How near to the first note drawn somebody comes before earlier ones are drawn, in heights of what is seen.
const NEAR_THE_TOP: i32 = 3;
/// How far from what is seen, in heights of that, a piece gives up its elements: of thousands of notes they would take
/// hundreds of megabytes.
const FAR: u32 = 6;
/// A note of more paragraphs than this is one block: a hostile one could have thousands of empty ones.
const MOST_PARAGRAPHS: usize = 500;

/// The notes, scrolled to what is new.
#[component]
pub fn Notes(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let id = talk.id;
    let jump = expect_context::<JumpToNew>();
    let log = NodeRef::<html::Section>::new();
    let end = NodeRef::<html::Div>::new();
    let line = NodeRef::<html::Div>::new();
    let earlier = Earlier::of(&talk, log);
    let newest = earlier.newest(&talk);
    let list = talk.notes.clone();
    let empty = Memo::new(move |_| list.with(|list| list.is_empty()));
    let unread = talk.unread.clone();
    let unread = Memo::new(move |_| unread.with(|unread| unread.count()));
    let (at_end, follows) = (StoredValue::new(true), RwSignal::new(true));

    let look = move || {
        if let Some(log) = log.try_get_untracked().flatten() {
            let seen = log.scroll_height() - log.scroll_top() - log.client_height() <= NEAR_THE_END;
            at_end.try_set_value(seen);
            let attends = seen && tab::is_visible();
            if follows.try_get_untracked().is_some_and(|before| before != attends) {
                follows.set(attends);
            }
            session::attend(id, attends);
            earlier.draw_if_near();
        }
    };
    let show = move |what: NodeRef<html::Div>, position: ScrollLogicalPosition| {
        if let Some(element) = what.try_get_untracked().flatten() {
            let options = ScrollIntoViewOptions::new();
            options.set_block(position);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
        look();
    };
    let go_on = move || {
        let has_line = line.try_get_untracked().flatten().is_some();
        if has_line && unread.try_get_untracked().unwrap_or_default() > 0 {
            show(line, ScrollLogicalPosition::Start);
        } else {
            show(end, ScrollLogicalPosition::End);
        }
    };

    let jump_there = move |_| {
        go_on();
        if let Some(log) = log.get_untracked() {
            // Fails only for an element that cannot have the focus.
            let _ = log.focus();
        }
    };

    // Kept for as long as this screen stands.
    StoredValue::new_local(tab::on_visibility(look));
    on_cleanup(move || session::attend(id, false));
    // Where the person was reading stays where it is; who is at the end stays at the end.
    let (list, follower) = (talk.notes.clone(), talk.clone());
    Effect::new(move |before: Option<usize>| {
        let follower = follower.clone();
        let now = list.with(Vec::len);
        let own = list.with_untracked(|list| list.last().is_some_and(|row| row.note.with_untracked(|note| note.own)));
        request_animation_frame(move || {
            let follows = at_end.try_get_value() == Some(true) && tab::is_visible();
            if follows {
                earlier.let_go(&follower);
            }
            match before {
                None => go_on(),
                Some(before) if follows || now > before && own => show(end, ScrollLogicalPosition::End),
                Some(_) => look(),
            }
        });
        now
    });
    // And stays there when the composer, or the line above it, takes more room.
    let watched = StoredValue::new_local(None);
    Effect::new(move |_| {
        let keep_end = move || {
            if at_end.try_get_value() == Some(true) && tab::is_visible() {
                show(end, ScrollLogicalPosition::End);
            }
        };
        watched.set_value(log.get().and_then(|log| resize::on_resize(&log, keep_end)));
    });
    let unread_from = talk.unread.clone();
    let reader = talk.clone();
    Effect::new(move |_| {
        // A note may be counted before it is drawn.
        reader.notes.track();
        if let Some(first) = unread_from.with(first_to_read) {
            earlier.draw_to(&reader, first);
        }
    });
    Effect::new(move |before: Option<()>| {
        jump.0.track();
        if before.is_some() {
            go_on();
        }
    });

    view! {
        <div class="notes-frame">
            <section
                class="notes"
                class:follows=move || follows.get()
                role="log"
                aria-label=words.notes
                tabindex="0"
                node_ref=log
                on:scroll=move |_| look()
            >
                <BeforeYou talk=talk.clone() />
                <NotDrawn earlier />
                {
                    let talk = talk.clone();
                    move || empty.get().then(|| view! { <NothingYet talk=talk.clone() /> })
                }
                // Who hears the page is not read aloud what the person scrolls up to.
                <div class="earlier" aria-live="off">
                    <For
                        each=move || earlier.pieces()
                        key=|number| *number
                        children=move |number| {
                            let rows = earlier.piece(&talk, number);
                            view! { <Piece rows stays=earlier.stays(number) log line /> }
                        }
                    />
                </div>
                <Rows rows=newest line />
                <div class="end" node_ref=end></div>
            </section>
            {move || {
                let count = unread.get();
                (count > 0)
                    .then(|| {
                        view! {
                            <button class="button jump" type="button" on:click=jump_there>
                                <span aria-hidden="true">"↓ "</span>
                                {(words.jump_to_new)(count)}
                            </button>
                        }
                    })
            }}
        </div>
    }
}

/// Which notes are drawn: the newest, and earlier ones as the person scrolls up to them.
#[derive(Clone, Copy)]
struct Earlier {
    log: NodeRef<html::Section>,
    /// So many of the first notes are not drawn.
    undrawn: RwSignal<usize>,
    /// So many of the first notes stand apart from the newest.
    apart: RwSignal<usize>,
    /// The first piece that stays drawn wherever the person goes.
    whole: RwSignal<usize>,
    wants_all: StoredValue<bool>,
    drawing: StoredValue<bool>,
}

impl Earlier {
    fn of(talk: &OpenTalk, log: NodeRef<html::Section>) -> Self {
        let apart = Self::not_among_the_newest(talk, talk.unread.with_untracked(Unread::first));
        Self {
            log,
            undrawn: RwSignal::new(apart),
            apart: RwSignal::new(apart),
            whole: RwSignal::new(apart / MORE),
            wants_all: StoredValue::new(false),
            drawing: StoredValue::new(false),
        }
    }

    /// How many notes do not have to be drawn before the person scrolls: whole pieces, and none that is unread.
    fn not_among_the_newest(talk: &OpenTalk, first_unread: Option<OpId>) -> usize {
        talk.notes.with_untracked(|notes| {
            let unread = first_unread.and_then(|first| notes.iter().rposition(|row| row.id == first));
            notes.len().saturating_sub(FIRST).min(unread.unwrap_or(usize::MAX)) / MORE * MORE
        })
    }

    /// Gives up what was drawn far above somebody who is at the end: notes, and files of whole folders, come without end.
    fn let_go(self, talk: &OpenTalk) {
        let Some(apart) = self.apart.try_get_untracked() else { return };
        let among_the_newest = talk.notes.with_untracked(Vec::len).saturating_sub(apart);
        let next = Self::not_among_the_newest(talk, talk.unread.with_untracked(first_to_read));
        if among_the_newest <= 2 * FIRST || next <= apart || self.is_in_use() {
            return;
        }
        if self.wants_all.try_get_value() == Some(false) {
            self.undrawn.set(next);
            self.whole.set(next / MORE);
        }
        self.apart.set(next);
    }

    /// Whether some of it is marked, or has the focus.
    fn is_in_use(self) -> bool {
        let log = self.log.try_get_untracked().flatten();
        log.is_some_and(|log| {
            sight::is_marked(&log) || log.query_selector(":focus").is_ok_and(|focused| focused.is_some())
        })
    }

    /// Draws as far up as this note: an unread one may come in far above what is drawn.
    fn draw_to(self, talk: &OpenTalk, note: OpId) {
        let at = talk.notes.with_untracked(|notes| notes.iter().rposition(|row| row.id == note));
        if let Some(at) = at.filter(|at| *at < self.undrawn.get_untracked()) {
            self.undrawn.set(at / MORE * MORE);
        }
    }

    fn draw_all(self) {
        self.wants_all.set_value(true);
        self.draw_if_near();
    }

    /// Draws some earlier notes when the person is near, or wants all; and again in the next frame.
    fn draw_if_near(self) {
        let Some(log) = self.log.try_get_untracked().flatten() else { return };
        let (Some(undrawn), Some(whole)) = (self.undrawn.try_get_untracked(), self.whole.try_get_untracked()) else {
            return;
        };
        let wants_all = self.wants_all.try_get_value() == Some(true) && whole > 0;
        let near = log.scroll_top() < NEAR_THE_TOP * log.client_height() && undrawn > 0;
        if !(wants_all || near) || self.drawing.try_get_value() != Some(false) {
            return;
        }
        let (top, height) = (log.scroll_top(), log.scroll_height());
        self.drawing.set_value(true);
        if wants_all {
            self.whole.set(whole - 1);
            self.undrawn.set(undrawn.min((whole - 1) * MORE));
        } else {
            self.undrawn.set(undrawn.saturating_sub(MORE));
        }
        request_animation_frame(move || {
            if !scrolling::keeps_place() {
                log.set_scroll_top(top + log.scroll_height() - height);
            }
            self.drawing.try_set_value(false);
            self.draw_if_near();
        });
    }

    /// Numbers of the pieces that are drawn.
    fn pieces(self) -> Vec<usize> {
        (self.undrawn.get() / MORE..self.apart.get() / MORE).collect()
    }

    /// The rows of one of the pieces before the newest notes.
    fn piece(self, talk: &OpenTalk, number: usize) -> Signal<Vec<Row>> {
        let from = number * MORE;
        let undrawn = self.undrawn;
        let first = Memo::new(move |_| undrawn.get() == from);
        rows(talk, Signal::stored(from), MORE, Signal::derive(move || first.get()))
    }

    /// Whether a piece stays drawn wherever the person goes.
    fn stays(self, number: usize) -> Signal<bool> {
        let whole = self.whole;
        let stays = Memo::new(move |_| whole.get() <= number);
        Signal::derive(move || stays.get())
    }

    /// The rows of the newest notes.
    fn newest(self, talk: &OpenTalk) -> Signal<Vec<Row>> {
        rows(talk, self.apart.into(), usize::MAX, Signal::stored(false))
    }
}

/// The first note that has still to be read.
fn first_to_read(unread: &Unread) -> Option<OpId> {
    unread.first().filter(|_| unread.count() > 0)
}

/// The rows of some of the notes: of so many `from` one on. Above the `first` one drawn always stands its day.
fn rows(talk: &OpenTalk, from: Signal<usize>, most: usize, first: Signal<bool>) -> Signal<Vec<Row>> {
    let (notes, unread) = (talk.notes.clone(), talk.unread.clone());
    let first_unread = Memo::new(move |_| unread.with(Unread::first));
    Signal::derive(move || {
        let (from, first, first_unread) = (from.get(), first.get(), first_unread.get());
        notes.with(|notes| {
            let before = from.checked_sub(1).and_then(|before| notes.get(before));
            let mut day = before.filter(|_| !first).map(NoteRow::day);
            let mut rows = Vec::new();
            for row in notes.iter().skip(from).take(most) {
                let today = row.day();
                if day.replace(today) != Some(today) {
                    rows.push(Row::Day(row.id, row.note.with_untracked(|note| note.written_at)));
                }
                if first_unread == Some(row.id) {
                    rows.push(Row::New);
                }
                rows.push(Row::Note(row.clone()));
            }
            rows
        })
    })
}

/// Says that there are earlier notes: what the browser's own search finds is what is drawn.
#[component]
fn NotDrawn(earlier: Earlier) -> impl IntoView {
    let words = words();
    let any = Memo::new(move |_| earlier.whole.get() > 0);
    let sentence = move || match earlier.undrawn.get() {
        0 => words.only_notes_in_sight_are_drawn.to_owned(),
        undrawn => (words.earlier_notes_come)(undrawn),
    };
    move || {
        any.get().then(|| {
            view! {
                <p class="not-drawn" aria-live="off">
                    <span>{sentence}</span>
                    " "
                    <button class="button" type="button" on:click=move |_| earlier.draw_all()>
                        {words.show_all_notes}
                    </button>
                </p>
            }
        })
    }
}

/// Some of the earlier notes. Far from what the person sees it gives up its elements and keeps its height.
#[component]
fn Piece(
    rows: Signal<Vec<Row>>,
    stays: Signal<bool>,
    log: NodeRef<html::Section>,
    line: NodeRef<html::Div>,
) -> impl IntoView {
    let piece = NodeRef::<html::Div>::new();
    // The height of what was given up, in CSS pixels.
    let given_up = RwSignal::new(None::<f64>);
    let watched = StoredValue::new_local(None);
    Effect::new(move |_| {
        let (Some(element), Some(log)) = (piece.get(), log.get_untracked()) else { return };
        // Elsewhere what is read would move when a piece above it is drawn again at another width.
        if !scrolling::keeps_place() {
            return;
        }
        let observed = element.clone();
        watched.set_value(sight::on_near(&element, &log, FAR, move |near| {
            let holds_the_line = || rows.with_untracked(|rows| rows.iter().any(|row| matches!(row, Row::New)));
            if near || sight::is_marked(&observed) || holds_the_line() {
                given_up.set(None);
            } else if given_up.get_untracked().is_none() {
                given_up.set(Some(observed.get_bounding_client_rect().height()));
            }
        }));
    });
    let height = Memo::new(move |_| given_up.get().filter(|_| !stays.get()));
    let drawn = Memo::new(move |_| height.get().is_none());
    view! {
        <div class="piece" node_ref=piece style:block-size=move || height.get().map(|height| format!("{height}px"))>
            {move || drawn.get().then(|| view! { <Rows rows line /> })}
        </div>
    }
}

#[component]
fn Rows(rows: Signal<Vec<Row>>, line: NodeRef<html::Div>) -> impl IntoView {
    let words = words();
    view! {
        <For
            each=move || rows.get()
            key=Row::key
            children=move |row| match row {
                Row::Day(_, at) => view! { <p class="day">{intl::day(at)}</p> }.into_any(),
                Row::New => view! { <div class="new-line" node_ref=line>{words.new}</div> }.into_any(),
                Row::Note(row) => view! { <Note row /> }.into_any(),
            }
        />
    }
}

#[derive(Clone)]
enum Row {
    Day(OpId, Millis),
    New,
    Note(NoteRow),
}

impl Row {
    fn key(&self) -> (u8, Option<OpId>) {
        match self {
            Self::Day(first, _) => (0, Some(*first)),
            Self::New => (1, None),
            Self::Note(row) => (2, Some(row.id)),
        }
    }
}

#[component]
fn Note(row: NoteRow) -> impl IntoView {
    let words = words();
    // All but who holds it is fixed by its id.
    let note: Arc<NoteView> = row.note.get_untracked();
    let shown = row.note.clone();
    let held = Memo::new(move |_| shown.with(|note| (note.held, note.readers)));
    let (conveying, elsewhere) = (expect_context::<Conveying>(), expect_context::<Elsewhere>());
    let carried = StoredValue::new(note.clone());
    let may_leave = note.may_leave(Release::Substance);
    let convey = move || {
        (may_leave && elsewhere.0.get()).then(|| {
            let convey = move |_| conveying.0.set(Some(carried.get_value()));
            view! { <button class="quiet convey" type="button" on:click=convey>{words.convey}</button> }
        })
    };
    // Of a file it is told apart who holds its bytes.
    let say_held = if note.file.is_some() { words.files.known_to } else { words.held_by };
    let briefing = Memo::new(move |_| row.note.with(|note| note.briefing.clone()));
    view! {
        <article class=format!("note {}", hue_class(note.hue))>
            <header>
                <b><bdi>{note.author.clone()}</bdi></b>
                " "
                {note.own.then(|| view! { <span>{words.you_wrote}</span> " " })}
                <PartyName name=note.party.clone() hue=note.hue />
                " "
                <span>{(words.role)(note.role)}</span>
                " "
                <time datetime=intl::machine_time(note.written_at)>{intl::time_of_day(note.written_at)}</time>
            </header>
            {came(note.conveyed.as_ref())}
            {match (&note.briefing, &note.file) {
                (Some(_), _) => view! { <Briefing by=note.author.clone() briefing /> }.into_any(),
                (None, Some(file)) => view! { <FileInNotes id=note.id file=file.clone() /> }.into_any(),
                (None, None) => view! { <Body text=note.text.clone() /> }.into_any(),
            }}
            <footer class:all=move || { held.get().0 >= held.get().1 }>
                <span>
                    {move || {
                        let (held, readers) = held.get();
                        say_held(held, readers)
                    }}
                </span>
                {note.release.map(|release| view! { <span class="released">{(words.release)(Some(release))}</span> })}
                {convey}
            </footer>
        </article>
    }
}

/// How a note came from another room.
pub fn came(conveyed: Option<&Conveyed>) -> impl IntoView + use<> {
    let words = words();
    let phrase = conveyed.map(|conveyed| match conveyed {
        Conveyed::Substance => vec![words.conveyed_in_own_words.into()],
        Conveyed::Verbatim { author, written_at } => (words.conveyed_word_for_word)(&author.text(), *written_at),
    });
    phrase.map(|phrase| view! { <p class="conveyed"><Said phrase /></p> })
}

/// The text exactly as typed: the line breaks between paragraphs stand between their elements.
#[component]
pub fn Body(text: Arc<str>) -> impl IntoView {
    let pieces = paragraphs(&text).into_iter().map(|(paragraph, gap)| {
        view! {
            <p dir="auto">{paragraph.to_owned()}</p>
            {gap.to_owned()}
        }
    });
    view! { <div class="body">{pieces.collect_view()}</div> }
}

/// Splits a text into paragraphs, each with the line breaks behind it.
fn paragraphs(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(gap) = rest.find("\n\n") {
        let (paragraph, behind) = rest.split_at(gap);
        let next = behind.len() - behind.trim_start_matches('\n').len();
        found.push((paragraph, &behind[..next]));
        rest = &behind[next..];
        if found.len() > MOST_PARAGRAPHS {
            return vec![(text, "")];
        }
    }
    found.push((rest, ""));
    found
}

#[component]
fn BeforeYou(talk: OpenTalk) -> impl IntoView {
    let withheld = Memo::new(move |_| {
        talk.view.with(|view| {
            let opened_it = view.seats.iter().any(|seat| seat.you && seat.role == Role::Convener);
            (!opened_it && view.withheld > 0).then_some(view.withheld)
        })
    });
    move || {
        withheld.get().map(|count| view! { <p class="before-you">{(words().earlier_notes_are_not_shown)(count)}</p> })
    }
}

/// What stands where notes will be.
#[component]
fn NothingYet(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let inviting = expect_context::<Inviting>();
    let situation = Memo::new(move |_| {
        talk.view.with(|view| (view.seats.len() <= 1 && view.rights.invite != Invites::None, view.rights.write))
    });
    move || {
        let (alone, may_write) = situation.get();
        if alone {
            view! {
                <div class="nothing-yet">
                    <h2>{words.nobody_else_yet}</h2>
                    <p>{words.how_to_begin}</p>
                    <button class="button main" type="button" on:click=move |_| inviting.0.set(Some(Whom::Another))>
                        {words.make_a_link}
                    </button>
                </div>
            }
            .into_any()
        } else {
            let sentence = if may_write { words.no_notes_yet } else { words.no_notes_to_read };
            view! { <p class="nothing-yet">{sentence}</p> }.into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> String {
        paragraphs(text).into_iter().flat_map(|(paragraph, gap)| [paragraph, gap]).collect()
    }

    #[test]
    fn paragraphs_are_split_at_blank_lines_and_lose_nothing() {
        assert_eq!(paragraphs("a\nb\n\n\nc"), [("a\nb", "\n\n\n"), ("c", "")]);
        for text in ["", "\n", "\n\n", "a\n\n", "\n\na", "a\n\nb\n\n\n\nc\n"] {
            assert_eq!(joined(text), text);
        }
    }

    #[test]
    fn a_note_of_countless_paragraphs_is_one_block() {
        let text = "a\n\n".repeat(20_000);
        assert_eq!(paragraphs(&text), [(text.as_str(), "")]);
    }
}

//! The one place where engine, view signals and dispatcher meet: the talks of this page.
//!
//! Talks live outside Leptos' owner tree, so leaving a screen ends nothing. Pages get an [`OpenTalk`], which is signals
//! only, and send commands. What happens to a talk is handled one at a time, and its effects are performed in order.

mod backup;
mod copied;
mod dismissed;
mod ended;
mod files;
mod idle;
mod keeper;
mod keeping;
mod notes;
mod side_rooms;
mod unread;
mod ways;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use ::files::Desk;
use gloo::timers::callback::Timeout;
use leptos::prelude::{ArcRwSignal, GetUntracked, Set, Update, WithUntracked};
use record::{LinkId, Role, Terms, WhoAdmits};
use talk::view::{AlarmView, Phase, TalkView};
use talk::{
    Asking, Batch, Command, Effect, Error, Event, Input, Invitation, Millis, Opening, PartyChoice, Suite, Talk,
};

pub use self::backup::{Backed, NotOpened, back_up, open_file, restore};
pub use self::copied::{copied, copied_elsewhere};
use self::dismissed::Dismissed;
pub use self::ended::{End, delete_copy, kept_until};
use self::files::Shelf;
pub use self::files::{
    FETCH_PRESET, FileState, FilesView, GivingView, NotGiven, dismiss_given, fetch_up_to, file_state,
    files_are_in_memory, give, save, save_as, show, wish,
};
pub use self::idle::{IDLE_MINUTES, idle_minutes, set_idle_minutes, watch};
use self::keeper::{DISMISSED, DRAFT, ENDED_AT, Keeper, OPENED_AT, Rows};
pub use self::keeping::{
    Choice, Gate, Kept, NotChosen, WhyNothing, begin, choose, code_is_written_down, gate, keeps, leave_this_computer,
    lock_up, offers_passkeys, stuck, take_over, try_again, unlock, unlock_by_code, unlock_by_passkey, unreadable,
};
pub use self::notes::NoteRow;
use self::notes::refresh_rows;
pub use self::side_rooms::{
    convey, first_said, is_plenary, open_side_room, plenary, room_name, rooms_of, rooms_to_write_in, terms,
};
pub use self::unread::Unread;
pub use self::ways::{Change, NotChanged, Prepared, carry_out, change};
pub use crate::shell::passkey::NoSecret;
use crate::shell::socket::{Connection, Happened, Socket};
use crate::shell::timer::Timer;
use crate::shell::{address, clock, entropy, tab};
use crate::talk_id::TalkId;

/// Milliseconds between two drawings while frames keep coming: one frame of the screen.
const DRAW_EVERY: u32 = 16;
/// The same for a tab that nobody sees, whose timers browsers hold back for up to a minute.
const DRAW_UNSEEN_EVERY: Millis = 1_000;
/// Milliseconds without typing after which a draft is kept.
const DRAFT_RESTS: u32 = 500;

/// What pages see of a talk.
#[derive(Clone)]
pub struct OpenTalk {
    /// Its name within this browser.
    pub id: TalkId,
    /// What to show, but for changes of single notes.
    pub view: ArcRwSignal<TalkView>,
    /// The notes, in order; each row tells of its own changes.
    pub notes: ArcRwSignal<Vec<NoteRow>>,
    /// How the connection stands.
    pub connection: ArcRwSignal<Connection>,
    /// What is written in the composer, kept while other screens are shown.
    pub draft: ArcRwSignal<String>,
    /// What came in while nobody looked.
    pub unread: ArcRwSignal<Unread>,
    /// Whether it has ended, and how far it is from being deleted here.
    pub end: ArcRwSignal<End>,
    /// What is to be told of its files, beside how each stands: [`file_state`].
    pub files: ArcRwSignal<FilesView>,
}

/// Opens a talk with this browser as its convener.
pub fn open(
    title: String,
    name: String,
    party: String,
    who_admits: WhoAdmits,
    terms: Terms,
) -> Result<OpenTalk, Error> {
    let opening = Opening { title, name, party, who_admits, terms, seed: entropy::seed(), suite: Suite::Hybrid };
    let (talk, effects) = Talk::open(opening, clock::now())?;
    Ok(Running::begin(talk, effects))
}

/// Knocks with an invitation.
pub fn ask(invitation: Invitation, name: String, party: String) -> Result<OpenTalk, Error> {
    let (talk, effects) = Talk::ask(Asking { invitation, name, party, seed: entropy::seed() }, clock::now())?;
    Ok(Running::begin(talk, effects))
}

/// Does what the person wants; what changed is in the signals as soon as it is kept.
pub fn command(id: TalkId, command: Command) -> Result<(), Error> {
    let Some(running) = find(id) else { return Err(Error::NotNow) };
    let own_note = matches!(command, Command::Write(_));
    running.handle(Input::Command(command))?;
    if own_note && running.attended.get() {
        running.shown.unread.update(Unread::clear);
    }
    running.draw();
    Ok(())
}

/// Takes what is written in the composer. It is kept a moment after it came to rest, and at once when it is empty: then the note
/// that was made of it is kept in the same moment.
pub fn draft(id: TalkId, text: String) {
    let Some(running) = find(id) else { return };
    let done = text.is_empty();
    running.shown.draft.set(text);
    let this = Rc::downgrade(&running);
    let keep = move || {
        if let Some(running) = this.upgrade() {
            running.keep_draft();
        }
    };
    if done {
        keep();
    } else {
        running.draft_at_rest.replace(Some(Timeout::new(DRAFT_RESTS, keep)));
    }
}

/// Puts a warning away, until it is noticed again.
pub fn dismiss(id: TalkId, alarm: &AlarmView) {
    let Some(running) = find(id) else { return };
    running.dismissed.borrow_mut().insert((alarm.what, alarm.seat), alarm.times);
    let row = dismissed::encode(&running.dismissed.borrow());
    running.keep(vec![Effect::Persist(Batch { puts: vec![(DISMISSED.to_vec(), row)], deletes: Vec::new() })]);
    running.draw();
}

/// Makes an invitation link, and returns which; `None` when the talk cannot just now.
pub fn invite(id: TalkId, party: PartyChoice, role: Role) -> Option<LinkId> {
    let running = find(id)?;
    let links = || running.view().links.into_iter().map(|link| link.id).collect::<BTreeSet<_>>();
    let before = links();
    command(id, Command::Invite { party, role }).ok()?;
    links().difference(&before).next().copied()
}

/// Tells whether the person sees the end of a talk's notes, so that what comes in now is read.
pub fn attend(id: TalkId, attending: bool) {
    let Some(running) = find(id) else { return };
    running.attended.set(attending);
    if attending && running.shown.unread.with_untracked(|unread| unread.count() > 0) {
        running.shown.unread.update(Unread::read);
    }
}

/// Drops a talk: its connection closes, and what is kept of it is deleted.
pub fn forget(id: TalkId) {
    let dropped = PAGE.with(|page| page.running.borrow_mut().remove(&id));
    if let Some(talk) = dropped {
        talk.end();
        files::forget(id, talk.names());
        if let Some(keeper) = keeping::keeper() {
            keeper.forget(&talk, talk.rows.take());
        }
    }
    PAGE.with(|page| page.list.update(|list| list.retain(|talk| talk.id != id)));
}

/// Drops all talks of this page. What is kept of them stays.
fn drop_all() {
    let dropped = PAGE.with(|page| page.running.take());
    files::stop();
    dropped.values().for_each(|talk| talk.end());
    PAGE.with(|page| page.list.set(Vec::new()));
}

/// Returns the talks of this page, oldest first; tells when one comes or goes.
pub fn talks() -> ArcRwSignal<Vec<OpenTalk>> {
    PAGE.with(|page| page.list.clone())
}

/// Returns a talk of this page.
pub fn talk(id: TalkId) -> Option<OpenTalk> {
    find(id).map(|running| running.shown.clone())
}

/// Returns whether closing the page would lose a seat, or a knock somebody may be answering.
pub fn would_lose() -> bool {
    if keeps() {
        return stuck().is_some_and(|stuck| stuck.get_untracked());
    }
    let turned_away = |talk: &OpenTalk| talk.view.with_untracked(|view| matches!(view.phase, Phase::TurnedAway(_)));
    PAGE.with(|page| page.list.with_untracked(|list| list.iter().any(|talk| !turned_away(talk))))
}

struct Page {
    running: RefCell<BTreeMap<TalkId, Rc<Running>>>,
    list: ArcRwSignal<Vec<OpenTalk>>,
    gate: ArcRwSignal<Gate>,
    /// The writer of the store, if anything is kept.
    keeper: RefCell<Option<Rc<Keeper>>>,
    /// What is kept, while it is locked.
    locked: RefCell<Option<keeping::Locked>>,
    /// Whether the choice of the first talk is being carried out.
    choosing: Cell<bool>,
    /// How many of the talks that are kept cannot be read.
    unreadable: Cell<usize>,
    /// Whether passkeys can be a way here.
    offers_passkeys: ArcRwSignal<bool>,
    /// After how many minutes without use what is kept locks.
    idle_minutes: Cell<u8>,
}

thread_local! {
    static PAGE: Page = Page {
        running: RefCell::default(),
        list: ArcRwSignal::new(Vec::new()),
        gate: ArcRwSignal::new(Gate::Opening),
        keeper: RefCell::default(),
        locked: RefCell::default(),
        choosing: Cell::new(false),
        unreadable: Cell::new(0),
        offers_passkeys: ArcRwSignal::new(false),
        idle_minutes: Cell::new(idle::PRESET),
    };
}

fn find(id: TalkId) -> Option<Rc<Running>> {
    PAGE.with(|page| page.running.borrow().get(&id).map(Rc::clone))
}

fn all() -> Vec<Rc<Running>> {
    PAGE.with(|page| page.running.borrow().values().cloned().collect())
}

struct Running {
    shown: OpenTalk,
    talk: RefCell<Talk>,
    /// The names of the rows that are kept of it.
    rows: RefCell<BTreeSet<Vec<u8>>>,
    timer: Timer,
    socket: RefCell<Option<Socket>>,
    attended: Cell<bool>,
    /// Warnings the person has read and put away: no view has them.
    dismissed: RefCell<Dismissed>,
    drawing: RefCell<Option<Timeout>>,
    drawn_at: Cell<Millis>,
    /// Something changed that is not shown yet, because it is not on the disk yet.
    undrawn: Cell<bool>,
    /// Nothing happens to it any more, though what waits to be written may still hold it.
    over: Cell<bool>,
    draft_at_rest: RefCell<Option<Timeout>>,
    /// Until its end is looked at again.
    looking_again: RefCell<Option<Timeout>>,
    /// What to show as soon as what is on its way is on the disk.
    looked_at: RefCell<Option<TalkView>>,
    shelf: Shelf,
}

impl Running {
    /// A talk that begins here and now.
    fn begin(talk: Talk, mut effects: Vec<Effect>) -> OpenTalk {
        if let Some(Effect::Persist(batch)) = effects.first_mut() {
            batch.puts.push((OPENED_AT.to_vec(), clock::now().to_be_bytes().to_vec()));
        }
        Self::start(TalkId::fresh(), talk, BTreeSet::new(), effects)
    }

    /// A talk as it was kept.
    fn reopen(id: TalkId, rows: Rows) -> Result<OpenTalk, Error> {
        let talk = Talk::reopen(&rows, entropy::seed())?;
        let beside = Beside::of(&rows);
        let shown = Self::start(id, talk, rows.keys().cloned().collect(), Vec::new());
        if let Some(running) = find(id) {
            running.shelf.remember(&rows);
            beside.show(&running);
            running.draw();
        }
        Ok(shown)
    }

    /// A talk as a backup held it.
    fn restore(talk: Talk, rows: Rows) {
        let beside = Beside::of(&rows);
        let batch = Batch { puts: rows.into_iter().collect(), deletes: Vec::new() };
        let shown = Self::start(TalkId::fresh(), talk, BTreeSet::new(), vec![Effect::Persist(batch)]);
        if let Some(running) = find(shown.id) {
            beside.show(&running);
            running.draw();
        }
    }

    fn start(id: TalkId, mut talk: Talk, rows: BTreeSet<Vec<u8>>, effects: Vec<Effect>) -> OpenTalk {
        let view = talk.view(clock::now());
        let shown = OpenTalk {
            id,
            notes: ArcRwSignal::new(refresh_rows(&[], &view.notes).unwrap_or_default()),
            view: ArcRwSignal::new(view),
            connection: ArcRwSignal::new(Connection::Reconnecting),
            draft: ArcRwSignal::new(String::new()),
            unread: ArcRwSignal::new(Unread::default()),
            end: ArcRwSignal::default(),
            files: ArcRwSignal::default(),
        };
        let running = Rc::new_cyclic(|this: &std::rc::Weak<Self>| {
            let this = this.clone();
            let files = this.clone();
            let files = Timer::new(move || {
                if let Some(running) = files.upgrade() {
                    running.files_are_due();
                }
            });
            Self {
                shown: shown.clone(),
                shelf: Shelf::new(Desk::new(talk.me()), files),
                talk: RefCell::new(talk),
                rows: RefCell::new(rows),
                timer: Timer::new(move || {
                    if let Some(running) = this.upgrade() {
                        running.happened(Input::Timer);
                    }
                }),
                socket: RefCell::new(None),
                attended: Cell::new(false),
                dismissed: RefCell::default(),
                drawing: RefCell::new(None),
                drawn_at: Cell::new(0),
                undrawn: Cell::new(false),
                over: Cell::new(false),
                draft_at_rest: RefCell::default(),
                looking_again: RefCell::default(),
                looked_at: RefCell::default(),
            }
        });
        PAGE.with(|page| page.running.borrow_mut().insert(shown.id, Rc::clone(&running)));
        PAGE.with(|page| page.list.update(|list| list.push(shown.clone())));
        running.keep(effects);
        let this = Rc::downgrade(&running);
        let socket = Socket::open(shown.connection.clone(), move |happened| {
            let Some(running) = this.upgrade() else { return };
            running.happened(match happened {
                Happened::Opened => Input::Connected { host: address::host() },
                Happened::Frame(frame) => Input::Relay(frame),
                Happened::Lost => Input::Disconnected,
            });
        });
        running.socket.replace(Some(socket));
        shown
    }

    fn happened(self: &Rc<Self>, input: Input) {
        // Only commands can fail.
        let _ = self.handle(input);
        self.draw_soon();
    }

    fn handle(self: &Rc<Self>, input: Input) -> Result<(), Error> {
        if self.over.get() {
            return Err(Error::NotNow);
        }
        // The borrow ends before effects are performed: nothing they do can meet the engine half-way.
        let effects = self.talk.borrow_mut().handle(input, clock::now())?;
        self.keep(effects);
        Ok(())
    }

    fn end(&self) {
        self.over.set(true);
        self.socket.replace(None);
        self.draft_at_rest.replace(None);
        self.looking_again.replace(None);
    }

    /// Has what is written in the composer kept.
    fn keep_draft(self: &Rc<Self>) {
        self.draft_at_rest.replace(None);
        let text = self.shown.draft.get_untracked();
        let kept = self.rows.borrow().contains(DRAFT);
        let batch = match text.is_empty() {
            true if kept => Batch { puts: Vec::new(), deletes: vec![DRAFT.to_vec()] },
            true => return,
            false => Batch { puts: vec![(DRAFT.to_vec(), text.into_bytes())], deletes: Vec::new() },
        };
        self.keep(vec![Effect::Persist(batch)]);
    }

    /// Performs effects, in order: what is to be kept first, and the rest when it is.
    fn keep(self: &Rc<Self>, mut effects: Vec<Effect>) {
        let batch = match effects.first_mut() {
            Some(Effect::Persist(batch)) => Some(std::mem::take(batch)),
            Some(Effect::Send(_) | Effect::Schedule(_) | Effect::Told { .. } | Effect::Show(_)) | None => None,
        };
        if let Some(batch) = &batch {
            let mut rows = self.rows.borrow_mut();
            for row in &batch.deletes {
                rows.remove(row);
            }
            rows.extend(batch.puts.iter().map(|(row, _)| row.clone()));
        }
        match keeping::keeper() {
            Some(keeper) => keeper.keep(self, batch, effects),
            None => self.perform(effects),
        }
    }

    fn perform(self: &Rc<Self>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                // Kept before, if anything is.
                Effect::Persist(_) => {}
                Effect::Send(frame) => {
                    if let Some(socket) = &*self.socket.borrow() {
                        socket.send(&frame);
                    }
                }
                Effect::Schedule(at) => self.timer.set(at),
                Effect::Told { from, bytes } => self.told(from, &bytes),
                Effect::Show(Event::NoteArrived(note)) => {
                    if !self.attended.get() {
                        self.shown.unread.update(|unread| unread.arrived(note));
                    }
                }
                // The view has it.
                Effect::Show(Event::Changed | Event::Knocked(_)) => {}
            }
        }
    }

    /// Draws once for all frames that come within one frame of the screen.
    fn draw_soon(self: &Rc<Self>) {
        if !tab::is_visible() && clock::now().saturating_sub(self.drawn_at.get()) >= DRAW_UNSEEN_EVERY {
            // The count in the title must not wait for a timer.
            self.draw();
            return;
        }
        if self.drawing.borrow().is_some() {
            return;
        }
        let this = Rc::downgrade(self);
        let timeout = Timeout::new(0, move || {
            if let Some(running) = this.upgrade() {
                running.draw();
                running.rest();
            }
        });
        self.drawing.replace(Some(timeout));
    }

    fn rest(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        let timeout = Timeout::new(DRAW_EVERY, move || {
            if let Some(running) = this.upgrade() {
                running.drawing.replace(None);
                running.draw();
            }
        });
        self.drawing.replace(Some(timeout));
    }

    fn draw(self: &Rc<Self>) {
        if keeping::keeper().is_some_and(|keeper| keeper.is_behind()) {
            self.undrawn.set(true);
            return;
        }
        let view = self.view();
        self.draw_as(view);
    }

    /// Looks at what is about to be written.
    fn look(&self) {
        if self.undrawn.take() {
            self.looked_at.replace(Some(self.view()));
        }
    }

    /// Shows what was written.
    fn show(self: &Rc<Self>) {
        if let Some(view) = self.looked_at.take() {
            self.draw_as(view);
        }
    }

    /// Draws what was not shown while something was on its way to the disk.
    fn draw_if_wanted(self: &Rc<Self>) {
        if self.undrawn.take() {
            self.draw();
        }
    }

    fn view(&self) -> TalkView {
        let mut view = self.talk.borrow_mut().view(clock::now());
        Self::confirm_as_in_the_plenary(&mut view);
        let dismissed = self.dismissed.borrow();
        view.alarms.retain(|alarm| dismissed.get(&(alarm.what, alarm.seat)).is_none_or(|times| *times < alarm.times));
        view
    }

    fn draw_as(self: &Rc<Self>, view: TalkView) {
        self.drawn_at.set(clock::now());
        self.keep_side_rooms(&view);
        self.keep_files(&view);
        self.keep_to_the_end(&view);
        if !self.shown.view.with_untracked(|shown| Arc::ptr_eq(&shown.notes, &view.notes)) {
            let rows = self.shown.notes.with_untracked(|rows| refresh_rows(rows, &view.notes));
            if let Some(rows) = rows {
                self.shown.notes.set(rows);
            }
        }
        if self.shown.view.with_untracked(|shown| *shown != view) {
            self.shown.view.set(view);
        }
    }
}

/// What is kept beside the rows that are a talk's own.
struct Beside {
    draft: String,
    dismissed: Dismissed,
    end: End,
}

impl Beside {
    fn of(rows: &Rows) -> Self {
        let row = |key: &[u8]| rows.get(key).map(Vec::as_slice);
        Self {
            draft: row(DRAFT).map(|draft| String::from_utf8_lossy(draft).into_owned()).unwrap_or_default(),
            dismissed: row(DISMISSED).map(dismissed::decode).unwrap_or_default(),
            end: row(ENDED_AT).map(ended::decode).unwrap_or_default(),
        }
    }

    fn show(self, running: &Running) {
        running.dismissed.replace(self.dismissed);
        running.shown.draft.set(self.draft);
        running.shown.end.set(self.end);
    }
}

//! The one place where engine, view signals and dispatcher meet: the talks of this page.
//!
//! Talks live outside Leptos' owner tree, so leaving a screen ends nothing. Pages get an [`OpenTalk`], which is signals
//! only, and send commands. What happens to a talk is handled one at a time, and its effects are performed in order.

mod notes;
mod unread;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use leptos::prelude::{ArcRwSignal, Set, Update, WithUntracked};
use record::AuthorKey;
use talk::view::{Alarm, Phase, TalkView};
use talk::{Asking, Command, Effect, Error, Event, Input, Invitation, Millis, Opening, Suite, Talk};

pub use self::notes::NoteRow;
use self::notes::refresh_rows;
pub use self::unread::Unread;
use crate::shell::socket::{Connection, Happened, Socket};
use crate::shell::timer::Timer;
use crate::shell::{address, clock, entropy, tab};
use crate::talk_id::TalkId;

/// Milliseconds between two drawings while frames keep coming: one frame of the screen.
const DRAW_EVERY: u32 = 16;
/// The same for a tab that nobody sees, whose timers browsers hold back for up to a minute.
const DRAW_UNSEEN_EVERY: Millis = 1_000;

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
    /// Warnings the person has read and put away.
    pub dismissed: ArcRwSignal<BTreeSet<(Alarm, AuthorKey)>>,
}

/// Opens a talk with this browser as its convener.
pub fn open(title: String, name: String, party: String) -> Result<OpenTalk, Error> {
    let opening = Opening { title, name, party, seed: entropy::seed(), suite: Suite::Hybrid };
    let (talk, effects) = Talk::open(opening, clock::now())?;
    Ok(Running::start(talk, effects))
}

/// Knocks with an invitation.
pub fn ask(invitation: Invitation, name: String, party: String) -> Result<OpenTalk, Error> {
    let (talk, effects) = Talk::ask(Asking { invitation, name, party, seed: entropy::seed() }, clock::now())?;
    Ok(Running::start(talk, effects))
}

/// Does what the person wants; what changed is in the signals when this returns.
pub fn command(id: TalkId, command: Command) -> Result<(), Error> {
    let Some(running) = find(id) else { return Err(Error::NotNow) };
    let own_note = matches!(command, Command::Write(_));
    running.handle(Input::Command(command))?;
    if own_note {
        running.shown.unread.update(Unread::clear);
    }
    running.draw();
    Ok(())
}

/// Tells whether the person sees the end of a talk's notes, so that what comes in now is read.
pub fn attend(id: TalkId, attending: bool) {
    let Some(running) = find(id) else { return };
    running.attended.set(attending);
    if attending && running.shown.unread.with_untracked(|unread| unread.count() > 0) {
        running.shown.unread.update(Unread::read);
    }
}

/// Drops a talk of this page: its connection closes.
pub fn forget(id: TalkId) {
    let dropped = PAGE.with(|page| page.running.borrow_mut().remove(&id));
    drop(dropped);
    PAGE.with(|page| page.list.update(|list| list.retain(|talk| talk.id != id)));
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
    let turned_away = |talk: &OpenTalk| talk.view.with_untracked(|view| matches!(view.phase, Phase::TurnedAway(_)));
    PAGE.with(|page| page.list.with_untracked(|list| list.iter().any(|talk| !turned_away(talk))))
}

struct Page {
    running: RefCell<BTreeMap<TalkId, Rc<Running>>>,
    list: ArcRwSignal<Vec<OpenTalk>>,
}

thread_local! {
    static PAGE: Page = Page { running: RefCell::default(), list: ArcRwSignal::new(Vec::new()) };
}

fn find(id: TalkId) -> Option<Rc<Running>> {
    PAGE.with(|page| page.running.borrow().get(&id).map(Rc::clone))
}

struct Running {
    shown: OpenTalk,
    talk: RefCell<Talk>,
    timer: Timer,
    socket: RefCell<Option<Socket>>,
    attended: Cell<bool>,
    drawing: RefCell<Option<Timeout>>,
    drawn_at: Cell<Millis>,
}

impl Running {
    fn start(mut talk: Talk, effects: Vec<Effect>) -> OpenTalk {
        let view = talk.view(clock::now());
        let shown = OpenTalk {
            id: TalkId::fresh(),
            notes: ArcRwSignal::new(refresh_rows(&[], &view.notes).unwrap_or_default()),
            view: ArcRwSignal::new(view),
            connection: ArcRwSignal::new(Connection::Reconnecting),
            draft: ArcRwSignal::new(String::new()),
            unread: ArcRwSignal::new(Unread::default()),
            dismissed: ArcRwSignal::default(),
        };
        let running = Rc::new_cyclic(|this: &std::rc::Weak<Self>| {
            let this = this.clone();
            Self {
                shown: shown.clone(),
                talk: RefCell::new(talk),
                timer: Timer::new(move || {
                    if let Some(running) = this.upgrade() {
                        running.happened(Input::Timer);
                    }
                }),
                socket: RefCell::new(None),
                attended: Cell::new(false),
                drawing: RefCell::new(None),
                drawn_at: Cell::new(0),
            }
        });
        PAGE.with(|page| page.running.borrow_mut().insert(shown.id, Rc::clone(&running)));
        PAGE.with(|page| page.list.update(|list| list.push(shown.clone())));
        running.perform(effects);
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

    fn handle(&self, input: Input) -> Result<(), Error> {
        // The borrow ends before effects are performed: nothing they do can meet the engine half-way.
        let effects = self.talk.borrow_mut().handle(input, clock::now())?;
        self.perform(effects);
        Ok(())
    }

    fn perform(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                // Nothing is stored yet: a talk lives as long as its page.
                Effect::Persist(_) => {}
                Effect::Send(frame) => {
                    if let Some(socket) = &*self.socket.borrow() {
                        socket.send(&frame);
                    }
                }
                Effect::Schedule(at) => self.timer.set(at),
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

    fn draw(&self) {
        self.drawn_at.set(clock::now());
        let view = self.talk.borrow_mut().view(clock::now());
        let rows = self.shown.notes.with_untracked(|rows| refresh_rows(rows, &view.notes));
        if let Some(rows) = rows {
            self.shown.notes.set(rows);
        }
        if self.shown.view.with_untracked(|shown| *shown != view) {
            self.shown.view.set(view);
        }
    }
}

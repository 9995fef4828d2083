//! The room as it will be, on top of the room as it is: without storage and removals.

use std::collections::BTreeMap;

use record::{Add, AuthorKey, Body, Op, OpId, Role, StateId, Table};
use room::{Channel, Error, Event, Founding, KeyPackage, KeyPackageSecrets, Millis, SeatKey};
use wire::Topic;

/// Whether rooms can be stored, opened again and left.
pub(crate) const KEEPS: bool = false;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Row(pub(crate) Vec<u8>);

pub(crate) struct Batch {
    pub(crate) puts: Vec<(Row, Vec<u8>)>,
    pub(crate) deletes: Vec<Row>,
}

pub(crate) enum Input<'a> {
    Connected,
    Disconnected,
    Gap,
    Timer,
    Message(Topic, &'a [u8]),
    Write(Body),
    Admit(Add, Box<KeyPackage>),
    Remove(AuthorKey),
}

pub(crate) enum Effect {
    Persist(Batch),
    Attend(Channel),
    Leave(Topic),
    Send(Topic, Vec<u8>),
    Wake(Millis),
    Welcome { seat: AuthorKey, entry: Vec<u8> },
    Show(Event),
}

#[derive(PartialEq, Eq)]
pub(crate) enum Standing {
    Seated,
}

pub(crate) struct Room(room::Room);

impl Room {
    pub(crate) fn found(founding: Founding) -> Result<Self, Error> {
        room::Room::found(founding).map(Self)
    }

    pub(crate) fn enter(
        key: SeatKey,
        secrets: KeyPackageSecrets,
        inviter: AuthorKey,
        entry: &[u8],
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        room::Room::enter(key, secrets, inviter, entry, seed).map(Self)
    }

    pub(crate) fn open(_: SeatKey, _: &BTreeMap<Row, Vec<u8>>, _: [u8; 32]) -> Result<Self, Error> {
        Err(Error::NotNow)
    }

    pub(crate) fn handle(&mut self, input: Input<'_>, now: Millis) -> (Vec<Effect>, Result<(), Error>) {
        let input = match input {
            Input::Connected => room::Input::Connected,
            Input::Disconnected => room::Input::Disconnected,
            Input::Gap => room::Input::Gap,
            Input::Timer => room::Input::Timer,
            Input::Message(_, bytes) => room::Input::Message(bytes),
            Input::Write(body) => room::Input::Write(body),
            Input::Admit(add, key_package) => room::Input::Admit(add, key_package),
            Input::Remove(_) => return (Vec::new(), Err(Error::NotNow)),
        };
        let topic = self.0.channel().topic();
        let (effects, done) = self.0.handle(input, now);
        let effects = effects.into_iter().map(|effect| match effect {
            room::Effect::Send(message) => Effect::Send(topic, message),
            room::Effect::Wake(at) => Effect::Wake(at),
            room::Effect::Welcome { seat, entry } => Effect::Welcome { seat, entry },
            room::Effect::Show(event) => Effect::Show(event),
        });
        (effects.collect(), done)
    }

    pub(crate) fn channels(&self) -> impl Iterator<Item = &Channel> {
        std::iter::once(self.0.channel())
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing::Seated
    }

    pub(crate) fn state(&self) -> StateId {
        self.0.state()
    }

    pub(crate) fn roster(&self) -> BTreeMap<AuthorKey, Role> {
        self.0.roster()
    }

    pub(crate) fn table(&self) -> &Table {
        self.0.table()
    }

    pub(crate) fn ops(&self) -> impl DoubleEndedIterator<Item = &Op> {
        self.0.ops()
    }

    pub(crate) fn sizes(&self) -> Vec<(&'static str, usize, usize)> {
        Vec::new()
    }

    pub(crate) fn counts(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

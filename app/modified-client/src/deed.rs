//! What it does that nobody may.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use rand_core::RngCore;
use record::{Add, AuthorKey, Body, Invite, KeyPackageHash, LinkId, Name, Note, OpId, PartyRef, Remove, Role};
use room::Room;
use room::parts::{Hoard, Lie};

/// A deed, as one line names it.
pub enum Deed {
    /// `note TEXT`: a note, whatever its role.
    Note(String),
    /// `speak-as NAME TEXT`: a note in the name of another seat (its first name), signed with the own key.
    SpeakAs(String, String),
    /// `remove NAME`: an intent to take a seat away.
    Remove(String),
    /// `admit`: an intent that gives a seat to a key of its own making.
    Admit,
    /// `commit NAME`: an MLS commit that takes a seat out of the tree, which no intent asks for.
    Commit(String),
    /// `hide NAME`: the same, and its frame does not say so.
    Hide(String),
}

impl Deed {
    pub fn read(line: &str) -> anyhow::Result<Self> {
        let (deed, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.to_owned();
        Ok(match deed {
            "note" => Self::Note(rest),
            "speak-as" => {
                let (name, text) = rest.split_once(' ').context("speak-as NAME TEXT")?;
                Self::SpeakAs(name.to_owned(), text.to_owned())
            }
            "remove" => Self::Remove(rest),
            "admit" => Self::Admit,
            "commit" => Self::Commit(rest),
            "hide" => Self::Hide(rest),
            _ => bail!("no such deed: {line}"),
        })
    }

    /// The messages that do it.
    pub fn messages(self, room: &mut Room, hoard: &mut Hoard, rng: &mut impl RngCore) -> anyhow::Result<Vec<Vec<u8>>> {
        let me = room.me();
        let message = match self {
            Self::Note(text) => room.hostile_forgery(&me, Body::Note(Note::new(0, text))),
            Self::SpeakAs(name, text) => {
                let seat = seat(room, &name)?;
                room.hostile_forgery(&seat, Body::Note(Note::new(0, text)))
            }
            Self::Remove(name) => {
                let seat = seat(room, &name)?;
                let remove = Remove { seat, last: 0, last_id: OpId::NONE, last_control: OpId::NONE };
                room.hostile_forgery(&me, Body::Remove(remove))
            }
            Self::Admit => return admit(room, rng),
            Self::Commit(name) => return Ok(vec![commit(room, hoard, &name, Lie::None)?]),
            Self::Hide(name) => return Ok(vec![commit(room, hoard, &name, Lie::HidesRemovals)?]),
        };
        Ok(vec![message.context("no key to seal with")?])
    }
}

/// The seat of a person, by the beginning of the name.
fn seat(room: &Room, name: &str) -> anyhow::Result<AuthorKey> {
    let called = |seat: &&record::Seat| seat.name.text().starts_with(name);
    Ok(room.table().seats.iter().find(called).with_context(|| format!("nobody called {name}"))?.key)
}

fn commit(room: &mut Room, hoard: &mut Hoard, name: &str, lie: Lie) -> anyhow::Result<Vec<u8>> {
    let seat = seat(room, name)?;
    let on = room.state();
    Ok(hoard.commit(room, on, &BTreeSet::from([seat]), lie)?)
}

/// A link into the first party, and a seat for a key nobody knows.
fn admit(room: &mut Room, rng: &mut impl RngCore) -> anyhow::Result<Vec<Vec<u8>>> {
    let (me, mut link, mut key) = (room.me(), [0; 16], [0; 32]);
    rng.fill_bytes(&mut link);
    rng.fill_bytes(&mut key);
    let (link, party) = (LinkId(link), room.table().parties.first().context("no party")?.id);
    let invite = Invite { link, party: Some(party), role: Role::Head, expires_at: u64::MAX };
    let add = Add {
        seat: AuthorKey(key),
        key_package: KeyPackageHash(key),
        link,
        party: PartyRef::Existing(party),
        role: Role::Head,
        name: Name::typed("Mallory")?,
        digits_compared: true,
        call_key: None,
    };
    let messages = [Body::Invite(invite), Body::Add(add)].map(|body| room.hostile_forgery(&me, body));
    messages.into_iter().collect::<Option<Vec<_>>>().context("no key to seal with")
}

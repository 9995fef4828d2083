//! Talks joined by a relay that loses nothing, in virtual time.

mod alarms;
mod backup;
mod briefing;
mod charter;
mod files;
mod numbers;
mod removal;
mod side_rooms;
mod store;
mod two_sides;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use record::{AuthorKey, Role, WhoAdmits};
use room::Room;
use wire::{FromClient, FromRelay, Limits, Topic};

use crate::talk::Place;
use crate::view::{Phase, Standing, TalkView};
use crate::{Asking, Command, Effect, Error, Input, Invitation, Millis, Opening, PartyChoice, Suite, Talk};

/// Long enough for removals, key changes after a join, and the beacons that follow.
const SETTLED_MS: Millis = 20_000;

/// People at one table.
struct Table {
    now: Millis,
    people: Vec<Person>,
    published: VecDeque<(Topic, bytes::Bytes)>,
    sequences: BTreeMap<Topic, u64>,
}

struct Person {
    talk: Talk,
    attends: BTreeSet<Topic>,
    wake: Option<Millis>,
    /// What it stored.
    store: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What it was told, and by whom.
    told: Vec<(AuthorKey, Vec<u8>)>,
}

impl Table {
    /// A convener, and whoever else comes with these roles, each with a party of their own.
    fn of(others: &[(&str, Role)]) -> Self {
        let mut table = Self::opened(WhoAdmits::Convener);
        for (name, role) in others {
            let newcomer = table.knocks(name, PartyChoice::New, *role);
            table.admits(0);
            assert_eq!(table.view(newcomer).phase, Phase::Seated, "{name} is in");
        }
        table
    }

    /// A convener alone.
    fn opened(who_admits: WhoAdmits) -> Self {
        let mut table =
            Self { now: 1_767_225_600_000, people: Vec::new(), published: VecDeque::new(), sequences: BTreeMap::new() };
        let (title, name, party) = ("Transit".into(), "Amina".into(), "Mediator".into());
        let opening = Opening {
            title,
            name,
            party,
            who_admits,
            terms: record::Terms::default(),
            seed: [1; 32],
            suite: Suite::Classical,
        };
        let (talk, effects) = Talk::open(opening, table.now).expect("fair names");
        table.sits_down(talk, effects);
        table
    }

    /// Somebody comes to the convener's door with a fresh link.
    fn knocks(&mut self, name: &str, party: PartyChoice, role: Role) -> usize {
        self.knocks_at(0, name, party, role)
    }

    fn knocks_at(&mut self, host: usize, name: &str, party: PartyChoice, role: Role) -> usize {
        self.does(host, Command::Invite { party, role }).expect("may invite");
        let fragment = self.view(host).links[0].fragment.clone();
        self.knocks_with(&fragment, name)
    }

    /// Somebody admits whoever waits at the door first.
    fn admits(&mut self, host: usize) {
        let knock = self.view(host).door[0].id;
        self.does(host, Command::Admit(knock)).expect("may admit");
        self.settles();
    }

    fn knocks_with(&mut self, fragment: &str, name: &str) -> usize {
        let invitation = Invitation::parse(fragment).expect("a whole link");
        let seed = [self.people.len() as u8 + 1; 32];
        let asking = Asking { invitation, name: name.into(), party: format!("Party of {name}"), seed };
        let (talk, effects) = Talk::ask(asking, self.now).expect("fair names");
        let newcomer = self.sits_down(talk, effects);
        self.settles();
        newcomer
    }

    fn sits_down(&mut self, talk: Talk, effects: Vec<Effect>) -> usize {
        let who = self.people.len();
        let (attends, store) = (BTreeSet::new(), BTreeMap::new());
        self.people.push(Person { talk, attends, wake: None, store, told: Vec::new() });
        self.performs(who, effects);
        self.connects(who);
        who
    }

    fn connects(&mut self, who: usize) {
        self.happens(who, Input::Connected { host: "talks.example".into() });
        self.happens(who, Input::Relay(FromRelay::Hello { limits: Limits::default(), challenge: [7; 32] }));
    }

    fn does(&mut self, who: usize, command: Command) -> Result<(), Error> {
        let effects = self.people[who].talk.handle(Input::Command(command), self.now)?;
        self.performs(who, effects);
        Ok(())
    }

    fn happens(&mut self, who: usize, input: Input) {
        let effects = self.people[who].talk.handle(input, self.now).expect("only commands fail");
        self.performs(who, effects);
    }

    fn performs(&mut self, who: usize, effects: Vec<Effect>) {
        for (place, effect) in effects.into_iter().enumerate() {
            match effect {
                Effect::Persist(batch) => {
                    assert_eq!(place, 0, "nothing goes out before it is stored");
                    let store = &mut self.people[who].store;
                    for row in &batch.deletes {
                        store.remove(row);
                    }
                    store.extend(batch.puts);
                }
                Effect::Send(FromClient::Subscribe { topic }) => {
                    self.people[who].attends.insert(topic);
                }
                Effect::Send(FromClient::Unsubscribe { topic }) => {
                    self.people[who].attends.remove(&topic);
                }
                Effect::Send(FromClient::Publish { topic, payload, .. }) => self.published.push_back((topic, payload)),
                Effect::Send(FromClient::Prove { .. } | FromClient::Ping) | Effect::Show(_) => {}
                Effect::Told { from, bytes } => self.people[who].told.push((from, bytes)),
                Effect::Schedule(at) => self.people[who].wake = Some(at),
            }
        }
    }

    /// Delivers what was published, and lets time pass until only idle beacons are left.
    fn settles(&mut self) {
        let until = self.now + SETTLED_MS;
        loop {
            self.delivers();
            let due = self.people.iter().enumerate().filter_map(|(who, person)| person.wake.map(|at| (at, who))).min();
            let Some((at, who)) = due.filter(|(at, _)| *at <= until) else { break };
            self.now = self.now.max(at);
            self.people[who].wake = None;
            self.happens(who, Input::Timer);
        }
        self.now = until;
    }

    fn delivers(&mut self) {
        while let Some((topic, payload)) = self.published.pop_front() {
            let sequence = self.sequences.entry(topic).or_default();
            *sequence += 1;
            let sequence = *sequence;
            let listeners = |(who, person): (usize, &Person)| person.attends.contains(&topic).then_some(who);
            for who in self.people.iter().enumerate().filter_map(listeners).collect::<Vec<_>>() {
                let payload = payload.clone();
                self.happens(who, Input::Relay(FromRelay::Deliver { topic, sequence, payload }));
            }
        }
    }

    /// Publishes a frame as the room of somebody would, whatever is in it.
    fn says(&mut self, who: usize, frame: &[u8]) {
        let talk = &mut self.people[who].talk;
        let channel = talk.room().and_then(|room| room.channels().next()).cloned().expect("at the table");
        talk.publish(&channel, frame);
        let effects = std::mem::take(&mut talk.effects);
        self.performs(who, effects);
    }

    fn view(&mut self, who: usize) -> TalkView {
        self.people[who].talk.view(self.now)
    }

    fn standing(&mut self, who: usize) -> Standing {
        self.view(who).standing.expect("not at the door")
    }

    fn key(&mut self, who: usize) -> AuthorKey {
        self.room(who).me()
    }

    fn room(&mut self, who: usize) -> &mut Room {
        match &mut self.people[who].talk.place {
            Place::Seated(room) => room,
            Place::AtTheDoor(_) | Place::TurnedAway(_) => panic!("not at the table"),
        }
    }

    fn writes(&mut self, who: usize, text: &str) {
        self.does(who, Command::Write(text.into())).expect("may write");
        self.settles();
    }

    fn reads(&mut self, who: usize) -> Vec<String> {
        self.view(who).notes.iter().map(|note| note.text.to_string()).collect()
    }

    fn seated(&mut self, who: usize) -> Vec<String> {
        self.view(who).seats.iter().map(|seat| seat.name.to_string()).collect()
    }
}

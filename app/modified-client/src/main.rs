//! A client that breaks the rules: it joins a talk over a real relay like anybody else, and then does with its keys what no
//! page would. The browser tests start it and see that the honest pages take none of it.
//!
//! `modified-client LINK NAME PARTY`; then one line of standard input for each deed, see [`Deed`]. It says on standard output,
//! line by line, how it stands (`digits …`, `seated`, `removed`) and what it did (`done …`).

mod connection;
mod deed;

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use room::parts::Hoard;
use talk::view::{Phase, Standing};
use talk::{Asking, Effect, Input, Invitation, Millis, Talk};
use wire::{FrameId, FromClient};

use crate::connection::Connection;
use crate::deed::Deed;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [link, name, party] = &arguments[..] else { bail!("usage: modified-client LINK NAME PARTY") };
    let host = link.split('/').nth(2).context("a link with a host")?.to_owned();
    let fragment = link.split_once('#').context("a link with a fragment")?.1;
    let invitation = Invitation::parse(fragment)?;
    let asking = Asking { invitation, name: name.clone(), party: party.clone(), seed: seed()? };
    let (talk, effects) = Talk::ask(asking, now()?)?;
    let mut client = Client {
        talk,
        connection: Connection::open(&host)?,
        rng: ChaCha20Rng::from_seed(seed()?),
        hoard: Hoard::default(),
        wake: None,
        said: String::new(),
    };
    client.perform(effects)?;
    client.happens(Input::Connected { host })?;
    client.run(&lines())
}

fn seed() -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}

fn now() -> anyhow::Result<Millis> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().try_into()?)
}

/// The lines of standard input, as they come.
fn lines() -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

struct Client {
    talk: Talk,
    connection: Connection,
    rng: ChaCha20Rng,
    /// Every image it ever had: it deletes none.
    hoard: Hoard,
    wake: Option<Millis>,
    /// What it said last of how it stands.
    said: String,
}

impl Client {
    /// Goes on until there are no more deeds to do.
    fn run(mut self, deeds: &Receiver<String>) -> anyhow::Result<()> {
        loop {
            if let Some(frame) = self.connection.next()? {
                self.happens(Input::Relay(frame))?;
            }
            if self.wake.is_some_and(|at| now().is_ok_and(|now| at <= now)) {
                self.wake = None;
                self.happens(Input::Timer)?;
            }
            match deeds.try_recv() {
                Ok(line) => self.does(&line)?,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        }
    }

    fn happens(&mut self, input: Input) -> anyhow::Result<()> {
        let effects = self.talk.handle(input, now()?)?;
        self.perform(effects)
    }

    fn perform(&mut self, effects: Vec<Effect>) -> anyhow::Result<()> {
        for effect in effects {
            match effect {
                Effect::Send(frame) => self.connection.send(&frame)?,
                Effect::Schedule(at) => self.wake = Some(at),
                Effect::Persist(_) | Effect::Told { .. } | Effect::Show(_) => {}
            }
        }
        if let Some(room) = self.talk.room() {
            self.hoard.keep(room);
        }
        self.tell_how_it_stands()
    }

    fn tell_how_it_stands(&mut self) -> anyhow::Result<()> {
        let view = self.talk.view(now()?);
        let stands = match (view.phase, view.standing) {
            (Phase::AtTheDoor { digits: Some(digits), .. }, _) => format!("digits {digits}"),
            (Phase::AtTheDoor { digits: None, .. }, _) => String::new(),
            (Phase::TurnedAway(_), _) => "turned away".to_owned(),
            (Phase::Seated, Some(Standing::Removed { .. })) => "removed".to_owned(),
            (Phase::Seated, _) => "seated".to_owned(),
        };
        if !stands.is_empty() && stands != self.said {
            say(&stands)?;
            self.said = stands;
        }
        Ok(())
    }

    /// Does what no page would, on the topic of the state it stands in.
    fn does(&mut self, line: &str) -> anyhow::Result<()> {
        let deed = Deed::read(line)?;
        let room = self.talk.parts().context("not at the table yet")?;
        let messages = deed.messages(room, &mut self.hoard, &mut self.rng)?;
        let topic = room.current_topic().context("no channel")?;
        let mut payloads = Vec::new();
        for message in messages {
            let channel = room.channels().find(|channel| channel.topic() == topic).context("no channel")?;
            payloads.extend(channel.seal(&message, &mut self.rng).context("too long")?);
        }
        let sent: BTreeSet<usize> = payloads.iter().map(|payload| payload.len()).collect();
        for payload in payloads {
            self.connection.send(&FromClient::Publish { topic, id: FrameId(0), payload })?;
        }
        say(&format!("done {line} ({} bytes)", sent.into_iter().max().unwrap_or(0)))
    }
}

//! Rooms full of members, all of them connected and subscribed.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::arrivals::{Arrivals, Fault};
use crate::connection::{self, Incoming, Outgoing};
use crate::frames::Frame;
use crate::protocol::{Ear, Heard, Protocol, Voice};
use crate::settings::Settings;

/// How long the server gets to take one member in.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a crowd looks like.
#[derive(Clone, Copy)]
pub struct Shape {
    /// The kind of server.
    pub protocol: Protocol,
    /// Where it is.
    pub server: SocketAddr,
    /// How many rooms.
    pub rooms: usize,
    /// Members of each, the one who publishes included.
    pub members: usize,
}

impl Shape {
    /// Takes a shape out of the settings.
    pub fn read(settings: &mut Settings, rooms: usize, members: usize) -> anyhow::Result<Self> {
        let shape = Self {
            protocol: settings.or("protocol", Protocol::Ours)?,
            server: settings.address()?,
            rooms: settings.or("rooms", rooms)?,
            members: settings.or("members", members)?,
        };
        if shape.rooms == 0 || shape.members < 2 {
            bail!("there must be a room, and somebody in it to publish and somebody to read");
        }
        Ok(shape)
    }
}

/// A connection that the server has taken in.
pub struct Member {
    /// The room.
    pub room: usize,
    /// What it reads.
    pub incoming: Incoming,
    /// What it writes.
    pub outgoing: Rc<Outgoing>,
    /// What it understands.
    pub ear: Ear,
    /// How it publishes.
    pub voice: Voice,
}

/// How a member connects.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The room.
    pub room: usize,
    /// Whether it subscribes. With the broadcaster everybody does, and nobody hears itself.
    pub subscribes: bool,
    /// The size of its receive buffer, if not the usual one.
    pub receive_bytes: Option<u32>,
}

/// Connects a member and waits until the server has subscribed it.
pub async fn enter(protocol: Protocol, server: SocketAddr, entry: Entry) -> anyhow::Result<Member> {
    timeout(PATIENCE, enter_in_time(protocol, server, entry)).await.context("the server lets nobody in in time")?
}

async fn enter_in_time(protocol: Protocol, server: SocketAddr, entry: Entry) -> anyhow::Result<Member> {
    let stream = connection::dial(server, entry.receive_bytes).await.context("cannot connect")?;
    let (mut incoming, outgoing) = connection::shake_hands(stream, server, &protocol.path(entry.room)).await?;
    let (voice, mut ear) = protocol.begin(server, entry.room, entry.subscribes);
    let mut entering = Entering { outgoing: &outgoing, ready: false, wrong: None };
    ear.begin(|heard| entering.hear(&heard));
    while !entering.ready {
        let more = incoming.read(|frame| ear.hear(frame, |heard| entering.hear(&heard))).await?;
        if let Some(wrong) = entering.wrong {
            bail!("instead of subscribing somebody the server says {wrong}");
        }
        if !more {
            bail!("the server hangs up before it has subscribed somebody");
        }
    }
    Ok(Member { room: entry.room, incoming, outgoing: Rc::new(outgoing), ear, voice })
}

/// A member that waits to be subscribed.
struct Entering<'a> {
    outgoing: &'a Outgoing,
    ready: bool,
    wrong: Option<String>,
}

impl Entering<'_> {
    fn hear(&mut self, heard: &Heard<'_>) {
        match heard {
            Heard::Ready => self.ready = true,
            Heard::Answer(bytes) => {
                if let Err(error) = self.outgoing.push(bytes) {
                    self.wrong = Some(error.to_string());
                }
            }
            // Others may publish already.
            Heard::Delivery(_) | Heard::OutOfOrder | Heard::Gap => {}
            Heard::Refused | Heard::Drain(_) | Heard::Close(_) | Heard::Unknown => {
                self.wrong = Some(format!("{heard:?}"));
            }
        }
    }
}

/// Whoever publishes in a room.
pub struct Publisher {
    /// The room.
    pub room: usize,
    /// What it writes.
    pub outgoing: Rc<Outgoing>,
    /// How it publishes.
    pub voice: Voice,
}

/// Everybody.
pub struct Crowd {
    /// What it looks like.
    pub shape: Shape,
    /// What comes to its members, but for those that do not read.
    pub arrivals: Rc<Arrivals>,
    /// One for each room, in order; they do not read what they publish.
    pub publishers: Vec<Publisher>,
    /// Members who do not read anything.
    pub stalled: Vec<Member>,
}

impl Crowd {
    /// Connects everybody, one after the other. The last `stalled` members do not read, and their receive buffers are small.
    pub async fn gather(shape: Shape, publishers_subscribe: bool, stalled: usize) -> anyhow::Result<Self> {
        /// Else the system would take megabytes that the server never hears of.
        const STALLED_RECEIVE_BYTES: u32 = 16 * 1024;
        let all = shape.rooms * shape.members;
        if stalled > 0 && stalled >= shape.members - 1 {
            bail!("somebody must read beside those {stalled} who do not");
        }
        let fan_out = (shape.members - 1 - stalled) as u64;
        if stalled > 0 && shape.rooms > 1 {
            bail!("those who do not read stand in one room, and it must be the only one");
        }
        let mut crowd = Self {
            shape,
            arrivals: Rc::new(Arrivals::new(shape.rooms, fan_out)),
            publishers: Vec::new(),
            stalled: Vec::new(),
        };
        for number in 0..all {
            let publishes = number % shape.members == 0;
            let stalls = number >= all - stalled;
            let entry = Entry {
                room: number / shape.members,
                subscribes: publishers_subscribe || !publishes,
                receive_bytes: stalls.then_some(STALLED_RECEIVE_BYTES),
            };
            let member = enter(shape.protocol, shape.server, entry).await;
            let member = member.with_context(|| format!("member {number} of {all}"))?;
            if stalls {
                crowd.stalled.push(member);
                continue;
            }
            let Member { room, incoming, outgoing, ear, voice } = member;
            spawn_local(listen(incoming, ear, Rc::clone(&outgoing), room, Rc::clone(&crowd.arrivals)));
            if publishes {
                crowd.publishers.push(Publisher { room, outgoing, voice });
            }
        }
        Ok(crowd)
    }
}

/// Counts what comes to a member until its connection ends.
async fn listen(mut incoming: Incoming, mut ear: Ear, outgoing: Rc<Outgoing>, room: usize, arrivals: Rc<Arrivals>) {
    let goodbye = Cell::new(false);
    let mut take = |frame: Frame<'_>, now: Instant| {
        ear.hear(frame, |heard| match heard {
            Heard::Delivery(payload) => arrivals.delivered(room, payload, now),
            Heard::Answer(bytes) => drop(outgoing.push(&bytes)),
            Heard::Gap => arrivals.fault(Fault::Gap),
            Heard::OutOfOrder => arrivals.fault(Fault::OutOfOrder),
            Heard::Refused => arrivals.fault(Fault::Refused),
            Heard::Unknown => arrivals.fault(Fault::Unknown),
            Heard::Close(code) => {
                arrivals.closed(code);
                goodbye.set(true);
            }
            Heard::Ready | Heard::Drain(_) => {}
        });
    };
    loop {
        // What is read at once came at once; a look at the clock for each would be the most of the work.
        let mut now = None;
        let more = incoming.read(|frame| take(frame, *now.get_or_insert_with(Instant::now))).await;
        if goodbye.get() || !more.is_ok_and(|more| more) {
            return arrivals.fault(Fault::Closed);
        }
    }
}

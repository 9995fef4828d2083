//! What the three kinds of servers are told, and what is made of what they say.

use std::net::SocketAddr;
use std::str::FromStr;

use bytes::Bytes;

use crate::frames::{self, Frame};
use crate::nats::{self, NatsEar};
use crate::ours::{self, OurEar, Topics};

/// A kind of server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// The relay.
    Ours,
    /// nats-server with a listener for WebSockets; a room is a subject.
    Nats,
    /// `peers/ws.mjs`: everything is for everybody else of the room that the path names.
    Ws,
}

impl FromStr for Protocol {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "ours" => Ok(Protocol::Ours),
            "nats" => Ok(Protocol::Nats),
            "ws" => Ok(Protocol::Ws),
            _ => Err(()),
        }
    }
}

impl Protocol {
    /// Returns the path of the WebSocket.
    pub fn path(self, room: usize) -> String {
        match self {
            Protocol::Ours => "/v1/relay".to_owned(),
            Protocol::Nats => "/".to_owned(),
            Protocol::Ws => format!("/{room}"),
        }
    }

    /// Returns what a member of the room says and hears on a new connection.
    pub fn begin(self, server: SocketAddr, room: usize, subscribes: bool) -> (Voice, Ear) {
        match self {
            Protocol::Ours => {
                let topics = Topics::of_room(room);
                let voice = Voice::Ours { topic: topics.topic, published: 0 };
                (voice, Ear::Ours(Box::new(OurEar::new(server, topics, subscribes))))
            }
            Protocol::Nats => (Voice::Nats { room }, Ear::Nats(NatsEar::new(room, subscribes))),
            Protocol::Ws => (Voice::Ws, Ear::Ws { begun: false }),
        }
    }
}

/// Says what is to be published.
pub enum Voice {
    /// On a topic.
    Ours {
        /// The topic of the room.
        topic: wire::Topic,
        /// How many frames were published.
        published: u64,
    },
    /// On a subject.
    Nats {
        /// The room it stands for.
        room: usize,
    },
    /// As it is.
    Ws,
}

impl Voice {
    /// Appends the bytes by which a payload is published.
    pub fn publish(&mut self, out: &mut Vec<u8>, payload: &Bytes) {
        match self {
            Voice::Ours { topic, published } => {
                *published += 1;
                ours::publish(out, *topic, *published, payload.clone());
            }
            Voice::Nats { room } => nats::publish(out, *room, payload),
            Voice::Ws => frames::put(out, frames::BINARY, &[payload]),
        }
    }
}

/// What a server said.
#[derive(Debug)]
pub enum Heard<'a> {
    /// The connection is subscribed, and whatever was said to it before has its effect.
    Ready,
    /// Something that was published.
    Delivery(&'a [u8]),
    /// These bytes are the answer that the server waits for.
    Answer(Vec<u8>),
    /// A delivery does not follow the one before it.
    OutOfOrder,
    /// Deliveries were dropped, and the server says so.
    Gap,
    /// Something published was not forwarded.
    Refused,
    /// The server stops; come back after so many milliseconds.
    Drain(u32),
    /// The server closes the connection with this code.
    Close(u16),
    /// Something that this program does not understand.
    Unknown,
}

/// Hears what a server says on one connection.
pub enum Ear {
    /// The relay.
    Ours(Box<OurEar>),
    /// nats-server.
    Nats(NatsEar),
    /// The broadcaster, which says nothing of itself.
    Ws {
        /// Whether it was said that the connection is ready.
        begun: bool,
    },
}

impl Ear {
    /// Tells what there is to know before the server has said anything.
    pub fn begin(&mut self, mut tell: impl FnMut(Heard<'_>)) {
        match self {
            Ear::Ours(_) | Ear::Nats(_) => {}
            Ear::Ws { begun } => {
                if !std::mem::replace(begun, true) {
                    tell(Heard::Ready);
                }
            }
        }
    }

    /// Tells what a frame means.
    pub fn hear(&mut self, frame: Frame<'_>, mut tell: impl FnMut(Heard<'_>)) {
        match frame.opcode {
            frames::PING => {
                let mut pong = Vec::new();
                frames::put(&mut pong, frames::PONG, &[frame.payload]);
                tell(Heard::Answer(pong));
            }
            frames::PONG => {}
            frames::CLOSE => {
                tell(Heard::Close(frame.payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))))
            }
            frames::BINARY | frames::CONTINUATION => match self {
                // The bytes of NATS go on from message to message, so where those end does not matter.
                Ear::Nats(ear) => ear.hear(frame.payload, tell),
                // Neither the relay nor the broadcaster cuts messages up.
                Ear::Ours(_) | Ear::Ws { .. } if !frame.last || frame.opcode != frames::BINARY => tell(Heard::Unknown),
                Ear::Ours(ear) => ear.hear(frame.payload, tell),
                Ear::Ws { .. } => tell(Heard::Delivery(frame.payload)),
            },
            _ => tell(Heard::Unknown),
        }
    }
}

//! The fuzzer's bytes as things that happen.

use bytes::Bytes;
use wire::{CloseReason, FrameId, FromClient};

use crate::keys::{PEOPLE, TOPICS, proof, proof_elsewhere, topic_of};

/// One thing that happens.
pub(crate) enum Step {
    /// A person connects, unless connected. The host may be one byte too long for a proof.
    Open { person: u8, host_fits: bool },
    /// The socket of a person is gone.
    Leave { person: u8 },
    /// A message of a person comes in, a frame or not.
    Receive { person: u8, bytes: Bytes },
    /// So many bytes of a person come in that are no message.
    Noise { person: u8, bytes: usize },
    /// The owner of the sockets gives up on a person.
    GiveUp { person: u8, reason: CloseReason },
    /// The relay is about to stop, as far as this person is concerned.
    Drain { person: u8, retry_after_ms: u32 },
    /// So many frames of a person can be written.
    Write { person: u8, max: usize },
    /// Time has passed.
    Wait { ms: u64 },
}

/// The steps that bytes stand for: a byte for kind and person, then what the kind needs. Bytes cut short are no step.
pub(crate) struct Steps<'a> {
    bytes: &'a [u8],
}

impl<'a> Steps<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Steps { bytes }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn topic_seed(&mut self) -> Option<u8> {
        self.byte().map(|byte| byte % TOPICS)
    }

    /// Up to 255 bytes, their number before them.
    fn run(&mut self) -> Option<Bytes> {
        let length = usize::from(self.byte()?);
        let (run, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(Bytes::copy_from_slice(run))
    }

    /// A Publish with a payload of up to 63 bytes; payloads tell which frame they are of.
    fn publish(&mut self) -> Option<FromClient> {
        let topic = topic_of(self.topic_seed()?);
        let length = usize::from(self.byte()? % 64);
        let mark = self.byte()?;
        Some(FromClient::Publish { topic, id: FrameId(u64::from(mark)), payload: vec![mark; length].into() })
    }

    fn read(&mut self) -> Option<Step> {
        let first = self.byte()?;
        let person = (first >> 4) % PEOPLE;
        let receive = |frame: FromClient| Step::Receive { person, bytes: frame.encode() };
        Some(match first & 0x0f {
            0 => Step::Open { person, host_fits: true },
            1 => Step::Leave { person },
            2 => receive(FromClient::Subscribe { topic: topic_of(self.topic_seed()?) }),
            3 => receive(FromClient::Unsubscribe { topic: topic_of(self.topic_seed()?) }),
            4 => Step::Receive { person, bytes: proof(person, self.topic_seed()?) },
            5 => {
                // Of anybody's connection, or made out to another relay.
                let whose = self.byte()?;
                let seed = self.topic_seed()?;
                let bytes = if whose < 128 { proof(whose % PEOPLE, seed) } else { proof_elsewhere(person, seed) };
                Step::Receive { person, bytes }
            }
            6 | 7 => receive(self.publish()?),
            8 => receive(FromClient::Ping),
            9 => Step::Receive { person, bytes: self.run()? },
            10 => {
                // A frame with one byte changed, and perhaps cut short.
                let frame = self.publish()?.encode();
                let (at, change, length) = (self.byte()?, self.byte()?, self.byte()?);
                let mut bytes = frame.to_vec();
                let at = usize::from(at) % bytes.len();
                bytes[at] ^= change;
                bytes.truncate(usize::from(length));
                Step::Receive { person, bytes: bytes.into() }
            }
            11 => {
                let reason = CloseReason::ALL[usize::from(self.byte()?) % CloseReason::ALL.len()];
                Step::GiveUp { person, reason }
            }
            12 => match self.byte()? {
                0..170 => Step::Drain { person, retry_after_ms: 1 },
                170..200 => Step::Noise { person, bytes: usize::from(self.byte()?) << 10 },
                200.. => Step::Open { person, host_fits: false },
            },
            13 | 14 => Step::Write { person, max: usize::from(self.byte()?) % 9 },
            // At most about six seconds, most often far less.
            _ => Step::Wait { ms: u64::from(self.byte()?).pow(2) / 10 },
        })
    }
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.read()
    }
}

//! Frames to bytes and back.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::{CloseReason, FrameId, FromClient, FromRelay, Limits, Refusal, Topic};

const SUBSCRIBE: u8 = 0x01;
const UNSUBSCRIBE: u8 = 0x02;
const PROVE: u8 = 0x03;
const PUBLISH: u8 = 0x04;
const PING: u8 = 0x05;

const HELLO: u8 = 0x81;
const DELIVER: u8 = 0x82;
const REFUSED: u8 = 0x83;
const GAP: u8 = 0x84;
const DRAIN: u8 = 0x85;
const PONG: u8 = 0x86;
const CLOSE: u8 = 0x87;

const NOT_PROVEN: u8 = 0x01;
const TOO_LARGE: u8 = 0x02;

/// Why bytes are no frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes at all.
    #[error("the frame is empty")]
    Empty,
    /// No frame of this direction has this type.
    #[error("no frame has type {got:#04x}")]
    UnknownType {
        /// The type byte.
        got: u8,
    },
    /// The frame ends too early.
    #[error("the frame ends {missing} bytes too early")]
    Truncated {
        /// How many bytes the field that was being read still needs.
        missing: usize,
    },
    /// Bytes follow the last field.
    #[error("{extra} bytes follow the frame")]
    Trailing {
        /// How many.
        extra: usize,
    },
    /// A refusal that is not in the table of [`Refusal`].
    #[error("no refusal has code {got:#04x}")]
    UnknownRefusal {
        /// The refusal byte.
        got: u8,
    },
    /// A close code that is not in the table of [`CloseReason`].
    #[error("no close reason has code {got}")]
    UnknownCloseCode {
        /// The close code.
        got: u16,
    },
}

impl FromClient {
    /// Returns the bytes of the frame.
    ///
    /// # Panics
    ///
    /// If a payload is longer than 4 GiB.
    pub fn encode(&self) -> Bytes {
        match self {
            FromClient::Subscribe { topic } => frame(SUBSCRIBE, 32).topic(topic).done(),
            FromClient::Unsubscribe { topic } => frame(UNSUBSCRIBE, 32).topic(topic).done(),
            FromClient::Prove { topic, write_key, signature } => {
                frame(PROVE, 32 + 32 + 64).topic(topic).raw(write_key).raw(signature).done()
            }
            FromClient::Publish { topic, id, payload } => {
                frame(PUBLISH, 32 + 8 + 4 + payload.len()).topic(topic).u64(id.0).payload(payload).done()
            }
            FromClient::Ping => frame(PING, 0).done(),
        }
    }

    /// Reads a frame; a payload shares the memory of `bytes`.
    ///
    /// Does not judge the length of a payload: that is the relay's, by its limits.
    pub fn decode(bytes: Bytes) -> Result<FromClient, DecodeError> {
        let mut fields = Fields(bytes);
        let frame = match fields.kind()? {
            SUBSCRIBE => FromClient::Subscribe { topic: fields.topic()? },
            UNSUBSCRIBE => FromClient::Unsubscribe { topic: fields.topic()? },
            PROVE => {
                FromClient::Prove { topic: fields.topic()?, write_key: fields.array()?, signature: fields.array()? }
            }
            PUBLISH => {
                FromClient::Publish { topic: fields.topic()?, id: FrameId(fields.u64()?), payload: fields.payload()? }
            }
            PING => FromClient::Ping,
            got => return Err(DecodeError::UnknownType { got }),
        };
        fields.end()?;
        Ok(frame)
    }
}

impl FromRelay {
    /// Returns the bytes of the frame.
    ///
    /// # Panics
    ///
    /// If a payload is longer than 4 GiB.
    pub fn encode(&self) -> Bytes {
        match self {
            FromRelay::Hello { limits, challenge } => {
                frame(HELLO, 4 + 2 + 32).u32(limits.payload_bytes).u16(limits.topics).raw(challenge).done()
            }
            FromRelay::Deliver { topic, sequence, payload } => {
                frame(DELIVER, 32 + 8 + 4 + payload.len()).topic(topic).u64(*sequence).payload(payload).done()
            }
            FromRelay::Refused { topic, id, reason } => frame(REFUSED, 32 + 8 + 1)
                .topic(topic)
                .u64(id.0)
                .raw(&[match reason {
                    Refusal::NotProven => NOT_PROVEN,
                    Refusal::TooLarge => TOO_LARGE,
                }])
                .done(),
            FromRelay::Gap { topic } => frame(GAP, 32).topic(topic).done(),
            FromRelay::Drain { retry_after_ms } => frame(DRAIN, 4).u32(*retry_after_ms).done(),
            FromRelay::Pong => frame(PONG, 0).done(),
            FromRelay::Close { reason } => frame(CLOSE, 2).u16(reason.code()).done(),
        }
    }

    /// Reads a frame; a payload shares the memory of `bytes`.
    pub fn decode(bytes: Bytes) -> Result<FromRelay, DecodeError> {
        let mut fields = Fields(bytes);
        let frame = match fields.kind()? {
            HELLO => FromRelay::Hello {
                limits: Limits { payload_bytes: fields.u32()?, topics: fields.u16()? },
                challenge: fields.array()?,
            },
            DELIVER => {
                FromRelay::Deliver { topic: fields.topic()?, sequence: fields.u64()?, payload: fields.payload()? }
            }
            REFUSED => FromRelay::Refused {
                topic: fields.topic()?,
                id: FrameId(fields.u64()?),
                reason: match fields.array::<1>()? {
                    [NOT_PROVEN] => Refusal::NotProven,
                    [TOO_LARGE] => Refusal::TooLarge,
                    [got] => return Err(DecodeError::UnknownRefusal { got }),
                },
            },
            GAP => FromRelay::Gap { topic: fields.topic()? },
            DRAIN => FromRelay::Drain { retry_after_ms: fields.u32()? },
            PONG => FromRelay::Pong,
            CLOSE => {
                let got = fields.u16()?;
                let reason = CloseReason::from_code(got).ok_or(DecodeError::UnknownCloseCode { got })?;
                FromRelay::Close { reason }
            }
            got => return Err(DecodeError::UnknownType { got }),
        };
        fields.end()?;
        Ok(frame)
    }
}

/// Starts a frame whose fields take `length` bytes.
fn frame(kind: u8, length: usize) -> Writer {
    let mut bytes = BytesMut::with_capacity(1 + length);
    bytes.put_u8(kind);
    Writer(bytes)
}

struct Writer(BytesMut);

impl Writer {
    fn u16(mut self, value: u16) -> Self {
        self.0.put_u16(value);
        self
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.put_u32(value);
        self
    }

    fn u64(mut self, value: u64) -> Self {
        self.0.put_u64(value);
        self
    }

    fn raw(mut self, value: &[u8]) -> Self {
        self.0.put_slice(value);
        self
    }

    fn topic(self, topic: &Topic) -> Self {
        self.raw(&topic.0)
    }

    fn payload(self, payload: &Bytes) -> Self {
        let length = u32::try_from(payload.len()).expect("a payload is at most 4 GiB");
        self.u32(length).raw(payload)
    }

    fn done(self) -> Bytes {
        self.0.freeze()
    }
}

/// What is left of a frame that is being read.
struct Fields(Bytes);

impl Fields {
    fn kind(&mut self) -> Result<u8, DecodeError> {
        self.0.try_get_u8().map_err(|_| DecodeError::Empty)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        self.need(N)?;
        self.0.copy_to_slice(&mut array);
        Ok(array)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    fn topic(&mut self) -> Result<Topic, DecodeError> {
        Ok(Topic(self.array()?))
    }

    fn payload(&mut self) -> Result<Bytes, DecodeError> {
        let length = self.u32()? as usize;
        self.need(length)?;
        Ok(self.0.split_to(length))
    }

    fn need(&self, length: usize) -> Result<(), DecodeError> {
        match length.checked_sub(self.0.len()) {
            None | Some(0) => Ok(()),
            Some(missing) => Err(DecodeError::Truncated { missing }),
        }
    }

    fn end(&self) -> Result<(), DecodeError> {
        match self.0.len() {
            0 => Ok(()),
            extra => Err(DecodeError::Trailing { extra }),
        }
    }
}

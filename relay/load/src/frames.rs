//! WebSocket frames as a client writes and reads them, RFC 6455 section 5.2.

/// A frame that goes on with the message before it.
pub const CONTINUATION: u8 = 0;
/// A message of bytes.
pub const BINARY: u8 = 2;
/// The last frame; its payload begins with a code.
pub const CLOSE: u8 = 8;
/// Wants a [`PONG`] with the same payload.
pub const PING: u8 = 9;
/// Answers a [`PING`].
pub const PONG: u8 = 10;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// A frame of a server.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// What it is.
    pub opcode: u8,
    /// Whether its message ends with it.
    pub last: bool,
    /// What it carries.
    pub payload: &'a [u8],
}

/// Appends a frame whose payload is these parts, masked by the key zero, which changes nothing.
pub fn put(out: &mut Vec<u8>, opcode: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.push(FINAL | opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => out.push(MASKED | short),
        (_, Ok(middle)) => {
            out.push(MASKED | 126);
            out.extend(middle.to_be_bytes());
        }
        _ => {
            out.push(MASKED | 127);
            out.extend((length as u64).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Returns the first frame and its length in all, once the whole of it is there. A server does not mask.
pub fn first(bytes: &[u8]) -> Option<(Frame<'_>, usize)> {
    let [head, short, rest @ ..] = bytes else { return None };
    let (begin, length) = match short & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
        short => (2, usize::from(short)),
    };
    let end = begin + length;
    let payload = bytes.get(begin..end)?;
    Some((Frame { opcode: head & 0x0f, last: head & FINAL != 0, payload }, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes the mask away, as which a server would write it.
    fn unmasked(masked: &[u8], key_at: usize) -> Vec<u8> {
        let mut bytes = masked.to_vec();
        bytes.drain(key_at..key_at + 4);
        bytes[1] &= 0x7f;
        bytes
    }

    #[test]
    fn every_length_is_read_as_it_was_written() {
        for (length, key_at) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let payload = vec![7; length];
            let mut masked = Vec::new();
            put(&mut masked, BINARY, &[&payload[..length / 2], &payload[length / 2..]]);
            let bytes = unmasked(&masked, key_at);
            let (frame, end) = first(&bytes).expect("it is all there");
            assert_eq!((frame.opcode, frame.last, frame.payload, end), (BINARY, true, &payload[..], bytes.len()));
            assert!(first(&bytes[..bytes.len() - 1]).is_none(), "{length} bytes, one of them missing");
        }
    }
}

//! What is said to nats-server, and what it says: its client protocol inside of WebSocket messages.

use crate::frames;
use crate::protocol::Heard;

/// What ends every line and every payload.
const END: &[u8] = b"\r\n";

/// Appends a PUB.
pub fn publish(out: &mut Vec<u8>, room: usize, payload: &[u8]) {
    let line = format!("PUB room.{room} {}\r\n", payload.len());
    frames::put(out, frames::BINARY, &[line.as_bytes(), payload, END]);
}

/// Hears what nats-server says on one connection, and answers its INFO by subscribing.
pub struct NatsEar {
    room: usize,
    subscribes: bool,
    ready: bool,
    /// The beginning of what has not come in full.
    waiting: Vec<u8>,
}

impl NatsEar {
    /// Returns the ear of a member of a room.
    pub fn new(room: usize, subscribes: bool) -> Self {
        Self { room, subscribes, ready: false, waiting: Vec::new() }
    }

    /// Tells what further bytes mean.
    pub fn hear(&mut self, bytes: &[u8], mut tell: impl FnMut(Heard<'_>)) {
        if self.waiting.is_empty() {
            let end = self.whole(bytes, &mut tell);
            self.waiting.extend_from_slice(&bytes[end..]);
            return;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.extend_from_slice(bytes);
        let end = self.whole(&waiting, &mut tell);
        waiting.drain(..end);
        self.waiting = waiting;
    }

    /// Tells what the whole operations among the bytes mean, and returns where they end.
    fn whole(&mut self, bytes: &[u8], tell: &mut impl FnMut(Heard<'_>)) -> usize {
        let mut end = 0;
        while let Some(length) = bytes[end..].iter().position(|byte| *byte == b'\n') {
            let line = bytes[end..end + length].trim_ascii_end();
            let after = end + length + 1;
            let Some(sizes) = line.strip_prefix(b"MSG ") else {
                self.operation(line, tell);
                end = after;
                continue;
            };
            let Some(size) = last_number(sizes) else {
                tell(Heard::Unknown);
                end = after;
                continue;
            };
            let Some(payload) = bytes.get(after..after + size + END.len()) else { break };
            tell(Heard::Delivery(&payload[..size]));
            end = after + size + END.len();
        }
        end
    }

    fn operation(&mut self, line: &[u8], tell: &mut impl FnMut(Heard<'_>)) {
        match line.split(|byte| *byte == b' ').next() {
            Some(b"INFO") if !self.ready => tell(Heard::Answer(self.introduction())),
            Some(b"INFO") => {}
            Some(b"PING") => {
                let mut pong = Vec::new();
                frames::put(&mut pong, frames::BINARY, &[b"PONG\r\n"]);
                tell(Heard::Answer(pong));
            }
            Some(b"PONG") if !self.ready => {
                self.ready = true;
                tell(Heard::Ready);
            }
            Some(b"PONG" | b"+OK") => {}
            _ => tell(Heard::Unknown),
        }
    }

    fn introduction(&self) -> Vec<u8> {
        let connect = "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false,\"protocol\":1}\r\n";
        let subscribe = if self.subscribes { format!("SUB room.{} 1\r\n", self.room) } else { String::new() };
        let mut out = Vec::new();
        frames::put(&mut out, frames::BINARY, &[connect.as_bytes(), subscribe.as_bytes(), b"PING\r\n"]);
        out
    }
}

fn last_number(words: &[u8]) -> Option<usize> {
    std::str::from_utf8(words).ok()?.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_heard_wherever_the_bytes_are_cut() {
        let said = b"PING\r\nMSG room.1 1 5\r\na\r\nbc\r\nMSG room.1 1 0\r\n\r\n+OK\r\n";
        for cut in 0..said.len() {
            let mut ear = NatsEar::new(1, true);
            let (mut answers, mut delivered) = (0, Vec::new());
            for part in [&said[..cut], &said[cut..]] {
                ear.hear(part, |heard| {
                    if let Heard::Delivery(payload) = heard {
                        delivered.push(payload.to_vec());
                    } else {
                        assert!(matches!(heard, Heard::Answer(_)), "{heard:?}");
                        answers += 1;
                    }
                });
            }
            assert_eq!((answers, delivered), (1, vec![b"a\r\nbc".to_vec(), Vec::new()]), "cut at {cut}");
        }
    }
}

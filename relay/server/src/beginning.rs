//! What a socket says first, looked at without being read.

use std::io::{self, ErrorKind};

use rustix::net::{RecvFlags, recv};
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::serve::HTTP_BUFFER_BYTES;

/// Bytes that are looked at: as long a head as is taken.
const BEGINNING: usize = HTTP_BUFFER_BYTES;

/// The type of record that a handshake of TLS begins with, and the length of a record's header (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;
const TLS_HEADER: usize = 5;

/// Returns when a socket has sent the whole head of a request, the whole first record of TLS, what is neither, or its end.
///
/// # Errors
///
/// When the socket has failed.
pub(crate) async fn said_enough(tcp: &TcpStream) -> io::Result<()> {
    let mut seen = 0;
    tcp.async_io(Interest::READABLE, || {
        let mut beginning = [0; BEGINNING];
        let (_, length) = recv(tcp, &mut beginning[..], RecvFlags::PEEK)?;
        let said = beginning.get(..length).unwrap_or_default();
        // Woken by something else than more bytes: its end.
        let ended = length == seen;
        let enough = ended || length == BEGINNING || is_enough(said, seen);
        seen = length;
        if enough { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
    })
    .await
}

/// Says whether this need not be waited for any longer. What was `seen` was not enough, and is not searched again.
fn is_enough(said: &[u8], seen: usize) -> bool {
    match *said {
        [TLS_HANDSHAKE, _, _, high, low, ..] => said.len() >= TLS_HEADER + usize::from(u16::from_be_bytes([high, low])),
        [TLS_HANDSHAKE, ..] => false,
        // A request, maybe after empty lines, whose head ends with an empty line (RFC 9112, section 2.2, also for bare line feeds).
        [b'\r' | b'\n' | b'!'..=b'~', ..] => {
            let before = said.iter().take_while(|byte| b"\r\n".contains(byte)).count();
            let new = said.get(before.max(seen.saturating_sub(2))..).unwrap_or_default();
            new.windows(2).any(|two| two == b"\n\n") || new.windows(3).any(|three| three == b"\n\r\n")
        }
        [_, ..] => true,
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_or_a_record_is_waited_for_and_nothing_else() {
        let whole: [&[u8]; 6] = [
            b"GET / HTTP/1.1\r\nhost: relay.example\r\n\r\n",
            b"\r\n\r\nget / HTTP/1.1\nhost: relay.example\n\n",
            b"POST /v1/publish HTTP/1.1\r\ncontent-length: 3\r\n\r\n",
            b"\x16\x03\x01\x00\x03abc",
            b"\x16\x03\x01\x00\x00",
            b"\0",
        ];
        for said in whole {
            assert!(is_enough(said, 0), "{}", said.escape_ascii());
            assert!(is_enough(said, said.len() - 1), "{}", said.escape_ascii());
        }
        let begun: [&[u8]; 6] = [
            b"",
            b"G",
            b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nhost: relay.example\r\n",
            b"\x16\x03\x01\x00",
            b"\x16\x03\x01\x00\x03ab",
        ];
        for said in begun {
            assert!((0..=said.len()).all(|seen| !is_enough(said, seen)), "{}", said.escape_ascii());
        }
    }
}

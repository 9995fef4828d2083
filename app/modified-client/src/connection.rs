//! A connection to the relay that is waited on for a moment at a time.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, client};
use wire::{FromClient, FromRelay};

/// How long to wait for a frame before other things are looked at.
const MOMENT: Duration = Duration::from_millis(20);

pub struct Connection(WebSocket<TcpStream>);

impl Connection {
    /// Connects to the relay at an authority such as `localhost:8080`.
    pub fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).with_context(|| format!("no relay at {host}"))?;
        stream.set_nodelay(true)?;
        let (socket, _) = client(format!("ws://{host}/v1/relay"), stream).context("no WebSocket")?;
        socket.get_ref().set_read_timeout(Some(MOMENT))?;
        Ok(Self(socket))
    }

    /// The next frame, if one comes within a moment.
    pub fn next(&mut self) -> anyhow::Result<Option<FromRelay>> {
        match self.0.read() {
            Ok(Message::Binary(bytes)) => Ok(Some(FromRelay::decode(bytes).context("no frame")?)),
            Ok(Message::Close(_)) => bail!("the relay closed the connection"),
            Ok(Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Ok(None),
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &FromClient) -> anyhow::Result<()> {
        Ok(self.0.send(Message::Binary(frame.encode()))?)
    }
}

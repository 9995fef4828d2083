//! A relay on a port of its own, and clients that speak to it over real sockets.

pub mod nats;
pub mod process;
pub mod wires;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use futures_util::{SinkExt, StreamExt};
use relay::{Config, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{HOST, HeaderValue, ORIGIN};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use wire::{FrameId, FromClient, FromRelay, Limits, Topic, proof_bytes};

/// Far longer than anything here takes: what is not there by then will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something that must come.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// A relay in this process.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Starts a relay on a free port.
    pub async fn start(config: Config) -> Running {
        Running::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), config).await
    }

    /// Starts a relay at an address.
    pub async fn start_at(address: SocketAddr, config: Config) -> Running {
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(serve(listener, config, async {
            drop(stopped.await);
        }));
        Running { address, stop, done }
    }

    /// Tells the relay to stop and waits until it has.
    pub async fn stop(self) {
        drop(self.stop);
        soon("the end of the relay", self.done).await.expect("it does not panic").expect("it ends well");
    }

    /// Tells the relay to stop.
    pub fn begin_to_stop(self) -> JoinHandle<std::io::Result<()>> {
        drop(self.stop);
        self.done
    }
}

/// Returns the topic of the key made from a seed.
pub fn topic_of(seed: u8) -> Topic {
    Topic::of(&SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
}

/// How a client introduces itself.
#[derive(Default)]
pub struct Introduction<'a> {
    /// Host header, if not the address.
    pub host: Option<&'a str>,
    /// Origin header, if any.
    pub origin: Option<&'a str>,
    /// X-Forwarded-For header, if any.
    pub forwarded_for: Option<&'a str>,
    /// Size of the socket's receive buffer, if not the usual one.
    pub receive_buffer: Option<u32>,
}

/// A client that has read its Hello.
pub struct Client {
    socket: WebSocketStream<TcpStream>,
    /// The host its proofs name.
    pub host: String,
    /// What its proofs sign.
    pub challenge: [u8; 32],
    /// What the relay said it takes.
    pub limits: Limits,
}

impl Client {
    /// Connects to a relay.
    pub async fn connect(address: SocketAddr) -> Client {
        Client::introduce(address, Introduction::default()).await.expect("the relay takes the connection")
    }

    /// Connects to a relay with headers of one's own.
    pub async fn introduce(address: SocketAddr, introduction: Introduction<'_>) -> Result<Client, Error> {
        let mut request = format!("ws://{address}/v1/relay").into_client_request().expect("an address");
        let headers = request.headers_mut();
        let host = introduction.host.map_or(address.to_string(), str::to_owned);
        headers.insert(HOST, HeaderValue::from_str(&host).expect("a host"));
        if let Some(origin) = introduction.origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).expect("an origin"));
        }
        if let Some(source) = introduction.forwarded_for {
            headers.insert("x-forwarded-for", HeaderValue::from_str(source).expect("an address"));
        }
        let tcp = TcpSocket::new_v4().expect("a socket");
        if let Some(bytes) = introduction.receive_buffer {
            tcp.set_recv_buffer_size(bytes).expect("a size");
        }
        let stream = soon("the connection", tcp.connect(address)).await.map_err(Error::Io)?;
        let (socket, _) = soon("the handshake", client_async(request, stream)).await?;
        let limits = Limits { payload_bytes: 0, topics: 0 };
        let mut client = Client { socket, host, challenge: [0; 32], limits };
        let FromRelay::Hello { limits, challenge } = client.next().await else { panic!("Hello comes first") };
        Ok(Client { limits, challenge, ..client })
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: FromClient) {
        self.send_message(Message::Binary(frame.encode())).await.expect("the relay is there");
    }

    /// Sends any message.
    pub async fn send_message(&mut self, message: Message) -> Result<(), Error> {
        soon("room to send", self.socket.send(message)).await
    }

    /// Subscribes, and waits until that has happened.
    pub async fn subscribe(&mut self, seed: u8) {
        self.send(FromClient::Subscribe { topic: topic_of(seed) }).await;
        self.catch_up().await;
    }

    /// Proves a topic under the host the relay was addressed by.
    pub async fn prove(&mut self, seed: u8) {
        let host = self.host.clone();
        self.prove_for(&host, seed).await;
        self.catch_up().await;
    }

    /// Sends a proof made out to any host.
    pub async fn prove_for(&mut self, host: &str, seed: u8) {
        self.send(self.proof(host, seed)).await;
    }

    /// Returns a proof made out to any host.
    pub fn proof(&self, host: &str, seed: u8) -> FromClient {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let topic = topic_of(seed);
        let signature = key.sign(&proof_bytes(host, &self.challenge, &topic)).to_bytes();
        let write_key = key.verifying_key().to_bytes();
        FromClient::Prove { topic, write_key, signature }
    }

    /// Publishes.
    pub async fn publish(&mut self, seed: u8, id: u64, payload: impl Into<Bytes>) {
        self.send(FromClient::Publish { topic: topic_of(seed), id: FrameId(id), payload: payload.into() }).await;
    }

    /// Waits until the relay has handled everything sent so far; nothing else may come meanwhile.
    pub async fn catch_up(&mut self) {
        self.send(FromClient::Ping).await;
        assert_eq!(self.next().await, FromRelay::Pong);
    }

    /// Returns the next frame.
    pub async fn next(&mut self) -> FromRelay {
        match self.next_message().await {
            Some(Ok(Message::Binary(bytes))) => FromRelay::decode(bytes).expect("the relay keeps to the wire"),
            other => panic!("no frame but {other:?}"),
        }
    }

    /// Returns the next message that is no ping.
    pub async fn next_message(&mut self) -> Option<Result<Message, Error>> {
        soon("a message", async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Ping(_))) => {}
                    other => return other,
                }
            }
        })
        .await
    }

    /// Returns the socket under the WebSocket.
    pub fn tcp(&mut self) -> &mut TcpStream {
        self.socket.get_mut()
    }

    /// Reads everything up to the end, and returns the frames and the close code.
    pub async fn read_to_end(&mut self) -> (Vec<FromRelay>, Option<u16>) {
        let mut frames = Vec::new();
        loop {
            match self.next_message().await {
                Some(Ok(Message::Binary(bytes))) => {
                    frames.push(FromRelay::decode(bytes).expect("the relay keeps to the wire"));
                }
                Some(Ok(Message::Close(close))) => {
                    let code = close.map(|frame| CloseCode::into(frame.code));
                    // What is left is the end of the handshake.
                    while let Some(Ok(_)) = self.next_message().await {}
                    return (frames, code);
                }
                Some(Err(_)) | None => return (frames, None),
                Some(Ok(other)) => panic!("not expected: {other:?}"),
            }
        }
    }
}

/// An answer over plain HTTP.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case, as `name: value` lines.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Sends one request exactly as written and reads the answer to its end.
pub async fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    let mut tcp = TcpStream::connect(address).await.expect("the relay listens");
    let request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n");
    tcp.write_all(request.as_bytes()).await.expect("the relay reads");
    let mut answer = Vec::new();
    soon("the answer", tcp.read_to_end(&mut answer)).await.expect("the relay answers");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("headers have an end");
    let head = String::from_utf8(answer[..end].to_vec()).expect("headers are text");
    let (status_line, headers) = head.split_once("\r\n").expect("a status line");
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { status, headers: headers.replace('\r', ""), body: answer[end + 4..].to_vec() }
}

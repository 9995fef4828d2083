//! Every address of the relay, and who may use it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};

use crate::answers::{Answer, not_allowed, not_found, sentence, unavailable};
use crate::door::{Door, TurnedAway};
use crate::hub::Hub;
use crate::metrics::Handshake;
use crate::sources::{Sources, Stay};
use crate::visitors::Visitor;
use crate::{Config, events, headers, web_socket};

/// What every request may need.
pub(crate) struct Site {
    pub(crate) hub: Arc<Hub>,
    pub(crate) door: Door,
    pub(crate) sources: Sources,
    pub(crate) config: Arc<Config>,
}

/// Whose request it is.
pub(crate) struct Caller {
    pub(crate) address: IpAddr,
    pub(crate) visitor: Arc<Visitor>,
    pub(crate) over_tls: bool,
    /// What counts the socket, until it becomes a connection.
    stay: Mutex<Option<Stay>>,
    /// The first request came in with the socket.
    has_asked: AtomicBool,
}

impl Caller {
    pub(crate) fn new(address: IpAddr, visitor: Arc<Visitor>, over_tls: bool, stay: Option<Stay>) -> Self {
        Caller { address, visitor, over_tls, stay: Mutex::new(stay), has_asked: AtomicBool::new(false) }
    }
}

impl Site {
    /// Answers a request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, caller: &Caller) -> Answer {
        // What is posted may be a member's, which is seen only later.
        let is_post = request.method() == Method::POST && request.uri().path() == "/v1/publish";
        if caller.has_asked.swap(true, Ordering::Relaxed) && !is_post {
            self.hub.gate.pass().await;
        }
        let over_tls = caller.over_tls || headers::came_over_tls(request.headers());
        let mut answer = self.route(request, caller).await;
        headers::add(answer.headers_mut(), over_tls);
        answer
    }

    async fn route(&self, mut request: Request<Incoming>, caller: &Caller) -> Answer {
        match (request.uri().path(), request.method()) {
            // Before anybody is counted: what is no handshake becomes no connection.
            ("/v1/relay", &Method::GET) if !web_socket::is_asked_for(&request) => web_socket::not_asked_for(),
            ("/v1/relay", &Method::GET) => match self.admit(&request, caller) {
                Ok((host, stay)) => web_socket::accept(&mut request, host, stay, &self.hub, &self.config),
                Err(answer) => *answer,
            },
            ("/v1/events", &Method::GET) => match self.admit(&request, caller) {
                Ok((host, stay)) => events::open(host, stay, Arc::clone(&caller.visitor), &self.hub),
                Err(answer) => *answer,
            },
            ("/v1/publish", &Method::POST) => match self.door.admit(request.headers()) {
                Ok(_) => events::publish(request.into_body(), &self.hub).await,
                Err(why) => {
                    self.hub.gate.pass().await;
                    turned_away(why)
                }
            },
            ("/v1/relay" | "/v1/events", _) => not_allowed("GET"),
            ("/v1/publish", _) => not_allowed("POST"),
            (address, method) => match &self.config.app {
                Some(app) => app.answer(method, address, request.headers()),
                None => not_found(),
            },
        }
    }

    /// Returns the host that proofs on the connection must name, and what counts the connection to its source.
    fn admit(&self, request: &Request<Incoming>, caller: &Caller) -> Result<(String, Option<Stay>), Box<Answer>> {
        let count = |why| self.hub.metrics.handshake(why);
        let host = self.door.admit(request.headers()).map_err(|why| {
            count(Handshake::TurnedAway);
            Box::new(turned_away(why))
        })?;
        if !self.hub.is_ready() {
            count(Handshake::Full);
            return Err(Box::new(unavailable()));
        }
        let stay = self.sources.client(caller.address, request.headers()).map_err(|_| {
            count(Handshake::TooManyOfSource);
            let full = "There are too many connections from your address.\n";
            Box::new(sentence(StatusCode::TOO_MANY_REQUESTS, full))
        })?;
        count(Handshake::Admitted);
        let stay = stay.or_else(|| caller.stay.lock().unwrap_or_else(PoisonError::into_inner).take());
        Ok((host, stay))
    }
}

fn turned_away(why: TurnedAway) -> Answer {
    match why {
        TurnedAway::NoHost => sentence(StatusCode::BAD_REQUEST, "Which relay do you mean?\n"),
        TurnedAway::UnknownHost => {
            sentence(StatusCode::MISDIRECTED_REQUEST, "This relay does not go by this name; see --host.\n")
        }
        TurnedAway::ForeignOrigin => {
            sentence(StatusCode::FORBIDDEN, "Pages of this origin may not use this relay; see --allow-origin.\n")
        }
    }
}

//! Who may open a WebSocket, and the host their proofs must name.

use std::net::IpAddr;

use hyper::header::{self, HeaderMap, HeaderName};
use wire::HOST_BYTES;

use crate::Config;

/// The rule for requests that want a WebSocket.
pub(crate) struct Door {
    hosts: Hosts,
    allow_origins: Vec<String>,
}

enum Hosts {
    Any,
    /// `localhost`, `127.0.0.1` and `[::1]` with any port.
    Loopback,
    Named(Vec<String>),
}

/// Why a request gets no WebSocket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TurnedAway {
    /// No Host, several, or one that is no authority.
    NoHost,
    /// A Host this relay does not answer to.
    UnknownHost,
    /// A page of another origin.
    ForeignOrigin,
}

impl Door {
    /// Returns the rule for a relay that listens on an address.
    pub(crate) fn new(config: &Config, listens_on: IpAddr) -> Self {
        let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect::<Vec<_>>();
        let hosts = if !config.hosts.is_empty() {
            Hosts::Named(lower(&config.hosts))
        } else if listens_on.is_loopback() {
            Hosts::Loopback
        } else {
            Hosts::Any
        };
        Door { hosts, allow_origins: lower(&config.allow_origins) }
    }

    /// Returns the host that proofs on the connection must name: the authority of the page's
    /// address, or of the relay's for a client that is no browser and sends no Origin.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<String, TurnedAway> {
        let host = only(headers, header::HOST)
            .ok_or(TurnedAway::NoHost)?
            .filter(|host| !host.is_empty() && host.len() <= HOST_BYTES)
            .ok_or(TurnedAway::NoHost)?;
        let Some(origin) = only(headers, header::ORIGIN).ok_or(TurnedAway::ForeignOrigin)? else {
            return self.known(host);
        };
        let authority = authority(&origin).ok_or(TurnedAway::ForeignOrigin)?;
        if self.allow_origins.contains(&origin) {
            // The page signs its own address, and whoever runs the relay vouches for it.
            return Ok(authority.to_owned());
        }
        if authority != host {
            return Err(TurnedAway::ForeignOrigin);
        }
        self.known(host)
    }

    fn known(&self, host: String) -> Result<String, TurnedAway> {
        let known = match &self.hosts {
            Hosts::Any => true,
            Hosts::Loopback => is_loopback(&host),
            Hosts::Named(names) => names.contains(&host),
        };
        if known { Ok(host) } else { Err(TurnedAway::UnknownHost) }
    }
}

/// Returns the authority of an origin such as `https://relay.example:8443`.
fn authority(origin: &str) -> Option<&str> {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
    let plain = !authority.is_empty() && authority.len() <= HOST_BYTES && !authority.contains(['/', '@', '?', '#']);
    plain.then_some(authority)
}

fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| match host.strip_prefix(name) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()),
        None => false,
    })
}

/// Returns the value of a header in lower case: the outer None if it is there twice or is no ASCII,
/// the inner None if it is not there.
#[expect(clippy::option_option, reason = "both kinds of absence mean different things to the caller")]
fn only(headers: &HeaderMap, name: HeaderName) -> Option<Option<String>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Some(None) };
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok().map(|value| Some(value.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const EVERYWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

    fn door(hosts: &[&str], allow_origins: &[&str], listens_on: IpAddr) -> Door {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let config = Config { hosts: owned(hosts), allow_origins: owned(allow_origins), ..Config::default() };
        Door::new(&config, listens_on)
    }

    fn ask(door: &Door, headers: &[(HeaderName, &'static str)]) -> Result<String, TurnedAway> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        door.admit(&map)
    }

    fn from(door: &Door, host: &'static str, origin: &'static str) -> Result<String, TurnedAway> {
        ask(door, &[(header::HOST, host), (header::ORIGIN, origin)])
    }

    #[test]
    fn a_page_of_the_relay_itself_is_admitted_under_its_own_address() {
        let door = door(&[], &[], EVERYWHERE);
        assert_eq!(from(&door, "Relay.Example", "https://relay.example"), Ok("relay.example".to_owned()));
        assert_eq!(
            from(&door, "relay.example:8443", "https://relay.example:8443"),
            Ok("relay.example:8443".to_owned())
        );
    }

    #[test]
    fn a_page_of_another_origin_is_turned_away() {
        let door = door(&[], &[], EVERYWHERE);
        for origin in [
            "https://evil.example",
            "https://relay.example.evil.example",
            "https://relay.example:1",
            "https://relay.example/",
            "https://user@relay.example",
            "file://relay.example",
            "relay.example",
            "null",
            "",
        ] {
            assert_eq!(from(&door, "relay.example", origin), Err(TurnedAway::ForeignOrigin), "{origin}");
        }
        let twice = [
            (header::HOST, "relay.example"),
            (header::ORIGIN, "https://relay.example"),
            (header::ORIGIN, "https://evil.example"),
        ];
        assert_eq!(ask(&door, &twice), Err(TurnedAway::ForeignOrigin));
    }

    #[test]
    fn an_allowed_origin_is_admitted_under_the_address_of_its_page() {
        let door = door(&["relay.example"], &["https://Copy.example"], EVERYWHERE);
        assert_eq!(from(&door, "relay.example", "https://copy.example"), Ok("copy.example".to_owned()));
        assert_eq!(from(&door, "anything", "https://copy.example"), Ok("copy.example".to_owned()));
        assert_eq!(from(&door, "relay.example", "http://copy.example"), Err(TurnedAway::ForeignOrigin));
    }

    #[test]
    fn a_client_without_origin_is_admitted_under_the_relays_address() {
        let door = door(&[], &[], EVERYWHERE);
        assert_eq!(ask(&door, &[(header::HOST, "relay.example")]), Ok("relay.example".to_owned()));
    }

    #[test]
    fn a_relay_with_names_answers_to_no_other() {
        let door = door(&["relay.example"], &[], LOOPBACK);
        assert_eq!(from(&door, "evil.example", "https://evil.example"), Err(TurnedAway::UnknownHost));
        assert_eq!(ask(&door, &[(header::HOST, "localhost:8080")]), Err(TurnedAway::UnknownHost));
        assert!(ask(&door, &[(header::HOST, "RELAY.example")]).is_ok());
    }

    #[test]
    fn a_relay_on_loopback_answers_to_local_names_only() {
        let door = door(&[], &[], LOOPBACK);
        for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:65535"] {
            assert!(ask(&door, &[(header::HOST, host)]).is_ok(), "{host}");
        }
        for host in ["localhost.evil.example", "localhost:", "localhost:99999", "127.0.0.10", "evil.example:8080"] {
            assert_eq!(ask(&door, &[(header::HOST, host)]), Err(TurnedAway::UnknownHost), "{host}");
        }
    }

    #[test]
    fn a_request_without_one_plain_host_is_turned_away() {
        let door = door(&[], &[], EVERYWHERE);
        assert_eq!(ask(&door, &[]), Err(TurnedAway::NoHost));
        assert_eq!(ask(&door, &[(header::HOST, "")]), Err(TurnedAway::NoHost));
        assert_eq!(ask(&door, &[(header::HOST, "a"), (header::HOST, "b")]), Err(TurnedAway::NoHost));
    }
}

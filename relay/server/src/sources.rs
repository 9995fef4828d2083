//! How many connections come from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::{HeaderMap, HeaderName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Counts connections by the address they come from, where it is known: that of the client itself, or the one a trusted proxy
/// names last in `X-Forwarded-For`. Clients on a loopback address that is no trusted proxy are not counted: an onion service or a
/// proxy that was not told of may stand before all of them.
pub(crate) struct Sources {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
    trusted_proxies: Vec<IpAddr>,
}

/// The address has as many connections as are taken.
pub(crate) struct TooMany;

/// A connection that is counted until this is dropped.
pub(crate) struct Stay {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    source: IpAddr,
}

impl Sources {
    pub(crate) fn new(most: usize, trusted_proxies: Vec<IpAddr>) -> Self {
        Sources { counts: Arc::default(), most, trusted_proxies }
    }

    /// Counts a socket. Nothing is counted of a proxy: its clients are, by [`Sources::client`].
    pub(crate) fn socket(&self, peer: IpAddr) -> Result<Option<Stay>, TooMany> {
        let peer = peer.to_canonical();
        if peer.is_loopback() || self.trusted_proxies.contains(&peer) { Ok(None) } else { self.count(peer).map(Some) }
    }

    /// Counts a client that has come by way of a trusted proxy; nothing of others, whose sockets are counted.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Result<Option<Stay>, TooMany> {
        if !self.trusted_proxies.contains(&peer.to_canonical()) {
            return Ok(None);
        }
        // What stands before the last address was said by the client.
        let last = headers.get_all(FORWARDED_FOR).iter().next_back();
        let last = last.and_then(|value| value.to_str().ok()).and_then(|value| value.rsplit(',').next());
        match last.and_then(|address| address.trim().parse::<IpAddr>().ok()) {
            Some(source) => self.count(source.to_canonical()).map(Some),
            None => Ok(None),
        }
    }

    fn count(&self, address: IpAddr) -> Result<Stay, TooMany> {
        let source = network(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(source).or_default();
        if *count >= self.most {
            return Err(TooMany);
        }
        *count += 1;
        Ok(Stay { counts: Arc::clone(&self.counts), source })
    }
}

/// Whoever has an IPv6 address has the 2^64 of its network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn forwarded(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(FORWARDED_FOR, HeaderValue::from_static(value))])
    }

    #[test]
    fn an_address_has_so_many_connections_and_more_when_one_is_gone() {
        let sources = Sources::new(2, Vec::new());
        let one = sources.socket(address("203.0.113.7"));
        let two = sources.socket(address("::ffff:203.0.113.7"));
        assert!(matches!((&one, &two), (Ok(Some(_)), Ok(Some(_)))));
        assert!(sources.socket(address("203.0.113.7")).is_err());
        assert!(sources.socket(address("203.0.113.8")).is_ok());
        drop(one);
        assert!(sources.socket(address("203.0.113.7")).is_ok());
        drop(two);
        assert!(sources.counts.lock().expect("nobody panics").is_empty());
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let sources = Sources::new(1, Vec::new());
        let _one = sources.socket(address("2001:db8:1:2::1"));
        assert!(sources.socket(address("2001:db8:1:2:ffff::2")).is_err());
        assert!(sources.socket(address("2001:db8:1:3::1")).is_ok());
    }

    #[test]
    fn loopback_is_not_counted() {
        let sources = Sources::new(0, Vec::new());
        assert!(matches!(sources.socket(address("127.0.0.1")), Ok(None)));
        assert!(matches!(sources.socket(address("::1")), Ok(None)));
        assert!(sources.socket(address("203.0.113.7")).is_err());
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_word() {
        let proxy = address("127.0.0.1");
        let sources = Sources::new(1, vec![proxy]);
        assert!(matches!(sources.socket(proxy), Ok(None)));
        let _one = sources.client(proxy, &forwarded("198.51.100.1, 203.0.113.7"));
        assert!(sources.client(proxy, &forwarded("198.51.100.2, 203.0.113.7")).is_err());
        assert!(sources.client(proxy, &forwarded("203.0.113.7, 198.51.100.2")).is_ok());
        assert!(matches!(sources.client(address("203.0.113.7"), &forwarded("198.51.100.9")), Ok(None)));
        for odd in ["", "unknown", "203.0.113.7:80"] {
            assert!(matches!(
                sources
                    .client(proxy, &HeaderMap::from_iter([(FORWARDED_FOR, HeaderValue::from_str(odd).expect("text"))])),
                Ok(None)
            ));
        }
    }
}

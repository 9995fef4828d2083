//! What the relay is told when it is started.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use async_nats::ServerAddr;

pub(crate) const HELP: &str = "\
Orders sealed frames and hands them to whoever is subscribed. Keeps nothing.

relay [OPTION VALUE]...

  --listen ADDR           where to listen, 127.0.0.1:8080 unless told
  --app DIR               a built app to serve beside the relay
  --host NAME             name under which clients reach this relay, such as relay.example or
                          relay.example:8443; wanted whenever that is not this machine itself
  --allow-origin ORIGIN   a page served elsewhere that may use this relay, such as
                          https://copy.example
  --health ADDR           where to answer /live, /ready and /metrics, such as 127.0.0.1:9090;
                          not for the public
  --trusted-proxy IP      a proxy whose X-Forwarded-For is believed; connections are counted by it
  --tls-cert FILE         certificates and
  --tls-key FILE          key, as PEM, for TLS without a proxy
  --nats URL              act as one with all relays at this NATS, such as nats://127.0.0.1:4222
  --hold TIME             hold sealed frames for members who are away, such as 1h: in memory, or
                          with --nats in JetStream; 0 unless told
  --hold-bytes SIZE       most bytes to hold, such as 64MiB (the default)
  --hold-replicas N       servers of the NATS cluster that each hold them, 1 unless told
  --help                  this text

--host, --allow-origin and --trusted-proxy may be given several times.
";

/// What the command line asks for.
pub(crate) struct Asked {
    pub(crate) listen: SocketAddr,
    pub(crate) app: Option<PathBuf>,
    pub(crate) hosts: Vec<String>,
    pub(crate) allow_origins: Vec<String>,
    pub(crate) health: Option<SocketAddr>,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) tls_cert: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) nats: Option<String>,
    pub(crate) hold: Duration,
    pub(crate) hold_bytes: Option<u64>,
    pub(crate) hold_replicas: usize,
}

impl Asked {
    /// Reads the words after the program's name.
    pub(crate) fn read(words: &[String]) -> anyhow::Result<Asked> {
        let mut asked = Asked {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            app: None,
            hosts: Vec::new(),
            allow_origins: Vec::new(),
            health: None,
            trusted_proxies: Vec::new(),
            tls_cert: None,
            tls_key: None,
            nats: None,
            hold: Duration::ZERO,
            hold_bytes: None,
            hold_replicas: 1,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, mut value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut value = || {
                let value = value.take().or_else(|| words.next().cloned());
                value.with_context(|| format!("{name} wants a value; see --help."))
            };
            match name {
                "--listen" => asked.listen = address(&value()?)?,
                "--app" => asked.app = Some(value()?.into()),
                "--host" => asked.hosts.push(value()?),
                "--allow-origin" => asked.allow_origins.push(value()?),
                "--health" => asked.health = Some(address(&value()?)?),
                "--trusted-proxy" => asked.trusted_proxies.push(ip(&value()?)?),
                "--tls-cert" => asked.tls_cert = Some(value()?.into()),
                "--tls-key" => asked.tls_key = Some(value()?.into()),
                "--nats" => asked.nats = Some(nats(value()?)?),
                "--hold" => asked.hold = time(&value()?)?,
                "--hold-bytes" => asked.hold_bytes = Some(size(&value()?)?),
                "--hold-replicas" => asked.hold_replicas = replicas(&value()?)?,
                _ => bail!("`{word}` is not known here; --help lists what is."),
            }
        }
        if asked.tls_cert.is_some() != asked.tls_key.is_some() {
            bail!("--tls-cert and --tls-key belong together.");
        }
        if asked.hold_bytes.is_some() && asked.hold.is_zero() {
            bail!("--hold-bytes says how much, but --hold not for how long.");
        }
        Ok(asked)
    }
}

fn address(value: &str) -> anyhow::Result<SocketAddr> {
    value.parse().with_context(|| format!("`{value}` is no address; it looks like 127.0.0.1:8080"))
}

/// Reads addresses of NATS, and says none of them again: they may hold a password.
fn nats(value: String) -> anyhow::Result<String> {
    let is_one = |address: &str| {
        let parsed = address.parse::<ServerAddr>();
        parsed.is_ok_and(|address| matches!(address.scheme(), "nats" | "tls") && !address.host().is_empty())
    };
    if !value.split(',').all(is_one) {
        bail!("--nats wants addresses such as nats://127.0.0.1:4222, with commas between them.");
    }
    Ok(value)
}

fn replicas(value: &str) -> anyhow::Result<usize> {
    let replicas = value.parse().ok().filter(|replicas| (1..=5).contains(replicas));
    replicas.with_context(|| format!("`{value}` is no number of servers; 1 to 5 can hold frames"))
}

fn ip(value: &str) -> anyhow::Result<IpAddr> {
    value.parse().with_context(|| format!("`{value}` is no address; it looks like 10.0.0.2"))
}

/// Reads a time such as `90s`, `30m`, `72h`, or `0`.
fn time(value: &str) -> anyhow::Result<Duration> {
    let seconds = with_unit(value, &[("s", 1), ("m", 60), ("h", 3600), ("", 0)]);
    // Without a unit only nothing makes sense.
    let seconds = seconds.filter(|seconds| *seconds > 0 || value == "0");
    seconds.map(Duration::from_secs).with_context(|| format!("`{value}` is no time; it looks like 90s, 30m or 72h"))
}

/// Reads a size such as `64MiB`.
fn size(value: &str) -> anyhow::Result<u64> {
    let bytes = with_unit(value, &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)]);
    bytes.with_context(|| format!("`{value}` is no size; it looks like 64MiB"))
}

fn with_unit(value: &str, units: &[(&str, u64)]) -> Option<u64> {
    let number = value.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit = &value[number.len()..];
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        for (value, seconds) in [("90s", 90), ("30m", 1_800), ("72h", 259_200), ("0", 0)] {
            assert_eq!(time(value).expect(value), Duration::from_secs(seconds));
        }
        for value in ["", "h", "90", "-1h", "1d", "1.5h", "99999999999999999999h", "9999999999999999999h", "0h"] {
            assert!(time(value).is_err(), "{value}");
        }
    }

    #[test]
    fn sizes_may_have_a_unit() {
        for (value, bytes) in [("64MiB", 64 << 20), ("1GiB", 1 << 30), ("5KiB", 5 << 10), ("100", 100)] {
            assert_eq!(size(value).expect(value), bytes);
        }
        for value in ["", "MiB", "64MB", "-1", "99999999999GiB"] {
            assert!(size(value).is_err(), "{value}");
        }
    }
}

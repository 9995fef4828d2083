//! What stands behind the mode on the command line: words `name=value`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};

/// The settings that nobody has asked for yet.
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads the words.
    pub fn read(words: &[String]) -> anyhow::Result<Self> {
        let pairs = words.iter().map(|word| {
            let (name, value) = word.split_once('=').with_context(|| format!("`{word}` is not name=value"))?;
            Ok((name.to_owned(), value.to_owned()))
        });
        Ok(Self(pairs.collect::<anyhow::Result<_>>()?))
    }

    /// Takes a setting out, or what it is unless told.
    pub fn or<T: FromStr>(&mut self, name: &str, unless_told: T) -> anyhow::Result<T> {
        Ok(self.optional(name)?.unwrap_or(unless_told))
    }

    /// Takes a number of seconds out.
    pub fn seconds_or(&mut self, name: &str, unless_told: f64) -> anyhow::Result<Duration> {
        let seconds = self.or(name, unless_told)?;
        Duration::try_from_secs_f64(seconds).with_context(|| format!("{name} takes seconds, not `{seconds}`"))
    }

    /// Takes the address of the server out, which must be told.
    pub fn address(&mut self) -> anyhow::Result<SocketAddr> {
        self.optional_address("address")?.context("address=127.0.0.1:PORT is missing")
    }

    /// Takes an address out, if it was told; it must be on loopback: this program harms what it talks to.
    pub fn optional_address(&mut self, name: &str) -> anyhow::Result<Option<SocketAddr>> {
        let address: Option<SocketAddr> = self.optional(name)?;
        match address {
            Some(address) if !address.ip().is_loopback() => bail!("{address} is not on this machine"),
            _ => Ok(address),
        }
    }

    /// Takes a setting out, if it was told.
    pub fn optional<T: FromStr>(&mut self, name: &str) -> anyhow::Result<Option<T>> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => bail!("{name} cannot be `{text}`"),
        }
    }

    /// Sees to it that nothing was told which nobody asked for.
    pub fn end(self) -> anyhow::Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => bail!("this mode has no setting `{name}`"),
        }
    }
}

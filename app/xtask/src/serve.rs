//! `cargo xtask serve`: from sources to an address a browser can open.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use crate::say::say;
use crate::workspace::Workspace;
use crate::{app_build, relay_build, toolchain};

const DEFAULT_ADDRESS: &str = "127.0.0.1:8080";

/// Reads what follows `serve`.
pub fn listen_address(words: &[&str]) -> anyhow::Result<SocketAddr> {
    let text = match words {
        [] => DEFAULT_ADDRESS,
        ["--listen", address] => address,
        [word] if word.starts_with("--listen=") => &word["--listen=".len()..],
        _ => bail!("`serve` knows one option: --listen ADDR, such as --listen {DEFAULT_ADDRESS}"),
    };
    text.parse().with_context(|| format!("`{text}` is no address; it looks like {DEFAULT_ADDRESS}"))
}

/// Builds app and relay and becomes the relay. Returns only when something failed.
pub fn run(workspace: &Workspace, listen: SocketAddr) -> anyhow::Result<ExitCode> {
    // Before minutes are spent on building.
    check_address(listen)?;
    toolchain::prepare(workspace)?;
    app_build::build(workspace)?;
    let relay = relay_build::build(workspace)?;
    say("· Starting the relay, which says where to find it; Ctrl-C ends it\n");
    // The relay takes this process's place, so Ctrl-C and every other signal reach it without a middleman.
    let error = Command::new(&relay).args(["--listen", &listen.to_string()]).arg("--app").arg(workspace.app()).exec();
    Err(error).with_context(|| format!("{} cannot be started", relay.display()))
}

/// Says it when the address cannot be listened on.
fn check_address(listen: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(listen) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {} is taken by another program; end that one, or choose another port: \
             cargo xtask serve --listen {}",
            listen.port(),
            SocketAddr::new(listen.ip(), listen.port().checked_add(1).unwrap_or(8080)),
        ),
        Err(error) => Err(error).with_context(|| format!("{listen} cannot be listened on")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_before_anything_is_built() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = taken.local_addr().expect("bound");
        let error = check_address(address).expect_err("taken").to_string();
        assert!(error.contains(&format!("port {} is taken", address.port())), "{error}");
    }

    #[test]
    fn any_free_port_is_an_address() {
        check_address("127.0.0.1:0".parse().expect("an address")).expect("loopback has free ports");
    }

    #[test]
    fn what_is_no_address_is_said() {
        assert_eq!(listen_address(&[]).expect("the default"), DEFAULT_ADDRESS.parse().expect("an address"));
        assert_eq!(listen_address(&["--listen", "[::1]:9000"]).expect("an address").port(), 9000);
        assert!(listen_address(&["--listen", "8080"]).is_err());
        assert!(listen_address(&["--port", "8080"]).is_err());
    }
}

//! The front door of the project: everything a developer or CI runs is `cargo xtask COMMAND`.

mod app_build;
mod assets;
mod bench;
mod browser;
mod browser_tests;
mod chromium;
mod compress;
mod firefox;
mod fuzz;
mod kill;
mod nats_server;
mod pictures;
mod relay_build;
mod reproducible;
mod rust_tests;
mod say;
mod serve;
mod service_unit;
mod sim;
mod static_checks;
mod steps;
mod styles;
mod tally;
mod test;
mod toolchain;
mod verify;
mod workspace;

use std::process::ExitCode;

use anyhow::Context;

use crate::say::say;
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask serve [--listen ADDR]   build everything and serve it (default 127.0.0.1:8080)
cargo xtask test [PART…]            run every check; PART is static, rust or browser
cargo xtask test browser NAME       only the browser tests whose file name contains NAME
cargo xtask build                   build the app into target/app; prints its fingerprint
cargo xtask verify URL              build the app and compare what a host serves with it
cargo xtask sim --seeds A..B        schedules of faults, one for each seed; [--jobs N] [--family NAME] [--trace]
cargo xtask sim --mutants [NAME…]   break the engine on purpose; fails when nothing notices
cargo xtask fuzz [TARGET] [--executions N]  libFuzzer on the relay; TARGET is decode or core (default both, 100,000,000)
cargo xtask kill [--cycles N]       kill the browser at a random moment after Send, N times (default 200)
cargo xtask bench notes             time from Send to visible at the other seat
cargo xtask bench store             what a talk of 10,000 notes costs: opening, memory, scrolling, typing
cargo xtask bench files [--size N] [PART…]  a file of N bytes to other browsers; scp, magic-wormhole (default 2,000,000,000);
                                    PART is transfer, deaths, notes, many, small, sealing or peers
cargo xtask bench page [--runs N]   Lighthouse on the page, and how long it takes to be there (default 5 runs)
cargo xtask bench relay [--peers] [--runs N] [PART…]  the relay under load, beside nats-server and ws with --peers (default 3 runs);
                                    PART is small-rooms, large-rooms, large-frames, rate, idle, stalled, flood, file or restart
cargo xtask pictures                take the pictures; refreshes e2e/pictures/talk.png and those of the manifest";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(code) => code,
        Err(error) => {
            // The alternate form joins the causes in one line: what was tried, then why it failed.
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> anyhow::Result<ExitCode> {
    match words {
        ["serve", rest @ ..] => {
            let listen = serve::listen_address(rest)?;
            serve::run(&Workspace::find()?, listen)
        }
        ["test", rest @ ..] => test::run(&Workspace::find()?, &test::Plan::parse(rest)?),
        ["build"] => {
            app_build::run(&Workspace::find()?)?;
            Ok(ExitCode::SUCCESS)
        }
        ["verify", host] => verify::run(&Workspace::find()?, host),
        ["bench", "notes"] => bench::notes(&Workspace::find()?),
        ["bench", "store"] => bench::store(&Workspace::find()?),
        ["bench", "page"] => bench::page(&Workspace::find()?, 5),
        ["bench", "page", "--runs", runs] => {
            let runs = runs.parse().with_context(|| format!("--runs takes a number, not `{runs}`"))?;
            bench::page(&Workspace::find()?, runs)
        }
        ["bench", "files", "--size", size, parts @ ..] => {
            let size = size.parse().with_context(|| format!("--size takes a number of bytes, not `{size}`"))?;
            bench::files(&Workspace::find()?, size, parts)
        }
        ["bench", "files", parts @ ..] => bench::files(&Workspace::find()?, 2_000_000_000, parts),
        ["bench", "relay", rest @ ..] => bench::relay::run(&Workspace::find()?, rest),
        ["kill"] => kill::run(&Workspace::find()?, 200),
        ["kill", "--cycles", cycles] => {
            let cycles = cycles.parse().with_context(|| format!("--cycles takes a number, not `{cycles}`"))?;
            kill::run(&Workspace::find()?, cycles)
        }
        ["fuzz", rest @ ..] => fuzz::run(&Workspace::find()?, rest),
        ["sim", rest @ ..] => sim::run(&Workspace::find()?, rest),
        ["pictures"] => pictures::run(&Workspace::find()?),
        [] | ["help" | "--help" | "-h"] => {
            say(USAGE);
            Ok(ExitCode::SUCCESS)
        }
        other => anyhow::bail!("there is no command `{}`\n\n{USAGE}", other.join(" ")),
    }
}

//! `cargo xtask test`: every check there is, each step's minutes, one plain count at the end.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

use crate::browser_tests::Programs;
use crate::say::say;
use crate::steps::Run;
use crate::tally;
use crate::workspace::Workspace;
use crate::{
    app_build, browser_tests, firefox, nats_server, relay_build, reproducible, rust_tests, sim, static_checks,
    toolchain,
};

/// Schedules with faults, run at every change.
const SEEDS: &str = "0..2000";

/// Which parts to run.
pub struct Plan {
    statics: bool,
    rust: bool,
    browser: bool,
    /// Only browser tests whose file name contains one of these; all if empty.
    only: Vec<String>,
}

impl Plan {
    /// Reads what follows `test`; nothing means everything.
    pub fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let mut plan = Self { statics: false, rust: false, browser: false, only: Vec::new() };
        for word in words {
            match *word {
                "static" => plan.statics = true,
                "rust" => plan.rust = true,
                "browser" => plan.browser = true,
                name if plan.browser => plan.only.push(name.to_owned()),
                other => bail!("`{other}` is no part of the tests; the parts are static, rust and browser"),
            }
        }
        if words.is_empty() {
            (plan.statics, plan.rust, plan.browser) = (true, true, true);
        }
        Ok(plan)
    }
}

/// Runs the plan and reports. A failing step does not keep later ones from running, so one run tells everything.
pub fn run(workspace: &Workspace, plan: &Plan) -> anyhow::Result<ExitCode> {
    let mut run = Run::default();
    if run.step("what the build needs", |_| toolchain::prepare(workspace)).is_some() {
        if plan.statics {
            static_checks::run(workspace, &mut run);
        }
        let nats_server = if plan.rust || plan.browser {
            run.step("nats-server", |_| nats_server::find_or_install(workspace))
        } else {
            None
        };
        if plan.rust {
            match &nats_server {
                Some(program) => rust_tests::run(workspace, program, &mut run),
                None => did_not_run("Rust tests", &mut run),
            }
            run.step("schedules of rooms", |_| sim::schedules(workspace, SEEDS));
        }
        if plan.browser {
            browser_part(workspace, nats_server.as_deref(), &plan.only, &mut run);
        }
    }
    say(&format!("\n{}", tally::report(run.steps())));
    Ok(if tally::all_well(run.steps()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn browser_part(workspace: &Workspace, nats_server: Option<&Path>, only: &[String], run: &mut Run) {
    let app = run.step("app", |_| app_build::build(workspace));
    if app.is_some() && only.is_empty() {
        run.step("the same app from another folder", |_| reproducible::check(workspace));
    }
    let relay = run.step("relay", |_| relay_build::build(workspace));
    let browser = run.step("browser and its driver", |_| browser_tests::prepare(workspace));
    let (Some(()), Some(relay), Some(browser), Some(nats_server)) = (app, relay, browser, nats_server) else {
        did_not_run("browser tests", run);
        return;
    };
    let firefox = run.step("Firefox", |_| firefox::find_or_install(workspace)).flatten();
    let programs = Programs { relay: &relay, browser: &browser, firefox: firefox.as_deref(), nats_server };
    run.step("browser tests", |tally| browser_tests::run(workspace, &programs, only, tally));
}

fn did_not_run(tests: &str, run: &mut Run) {
    run.step::<()>(tests, |_| bail!("did not run, because what they need is missing (see above)"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_words_mean_everything() {
        let plan = Plan::parse(&[]).expect("nothing to misread");
        assert!(plan.statics && plan.rust && plan.browser && plan.only.is_empty());
    }

    #[test]
    fn names_after_browser_choose_among_the_browser_tests() {
        let plan = Plan::parse(&["browser", "inviter"]).expect("a part and a name");
        assert!(!plan.statics && !plan.rust && plan.browser);
        assert_eq!(plan.only, ["inviter"]);
        assert!(Plan::parse(&["brouser"]).is_err());
    }
}

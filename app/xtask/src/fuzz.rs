//! `cargo xtask fuzz`: libFuzzer on the relay's frames and on the relay without sockets.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::browser::installed_by_apt;
use crate::say::{say, step};
use crate::toolchain::host;
use crate::workspace::{Workspace, on_path};

const EXECUTIONS: u64 = 100_000_000;

/// What is fuzzed: its name, its share of the executions in percent, and its longest input.
struct Target {
    name: &'static str,
    percent: u64,
    longest: u32,
}

/// A story of the relay takes a hundred times as long as a frame, and there are fewer frames to find.
const TARGETS: [Target; 2] =
    [Target { name: "decode", percent: 90, longest: 512 }, Target { name: "core", percent: 10, longest: 256 }];

/// More seconds or MiB than an input can take.
const OPTIONS: [&str; 3] = ["-print_final_stats=1", "-timeout=10", "-rss_limit_mb=1024"];

/// What is asked for: the targets with their executions.
struct Plan(Vec<(&'static Target, u64)>);

impl Plan {
    fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let (names, count) = match words {
            [names @ .., "--executions", count] => (names, Some(*count)),
            names => (names, None),
        };
        let count = count.map(|count| count.replace('_', "").parse::<u64>());
        let count = count.transpose().context("--executions takes a number")?.unwrap_or(EXECUTIONS);
        match names {
            [] => Ok(Self(TARGETS.iter().map(|target| (target, count / 100 * target.percent)).collect())),
            [name] => {
                let target = TARGETS.iter().find(|target| target.name == *name);
                Ok(Self(vec![(target.context("what can be fuzzed is decode and core")?, count)]))
            }
            more => bail!("one of decode and core, or none for both; not `{}`", more.join(" ")),
        }
    }
}

/// What libFuzzer said at the end.
#[derive(Default, PartialEq, Eq, Debug)]
struct Figures {
    executions: u64,
    /// Edges of our code that were reached.
    coverage: u64,
}

impl Figures {
    fn hear(&mut self, line: &str) {
        let after = |name: &str| {
            let rest = line.split_once(name)?.1;
            rest.split_whitespace().next()?.parse().ok()
        };
        let here =
            [(&mut self.executions, after("stat::number_of_executed_units:")), (&mut self.coverage, after(" cov:"))];
        for (figure, heard) in here {
            *figure = heard.unwrap_or(*figure);
        }
    }
}

/// Fuzzes what the words ask for.
pub fn run(workspace: &Workspace, words: &[&str]) -> anyhow::Result<ExitCode> {
    let plan = Plan::parse(words)?;
    let binaries = step("Building with coverage", || build(workspace))?;
    let mut broken = false;
    for (target, executions) in plan.0 {
        say(&format!("· {}: {executions} executions …", target.name));
        let begin = Instant::now();
        let (Figures { executions, coverage }, well) = fuzz(workspace, &binaries, target, executions)?;
        let per_second = executions as f64 / begin.elapsed().as_secs_f64();
        let verdict = if well { "nothing found" } else { "BROKEN" };
        say(&format!(
            "{:6}  {executions} executions, {per_second:.0} a second, coverage {coverage} edges: {verdict}",
            target.name
        ));
        broken |= !well;
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Builds both targets and returns their folder.
fn build(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    if on_path("c++").is_none() && !(installed_by_apt("g++") && on_path("c++").is_some()) {
        bail!("libFuzzer takes a C++ compiler; on Debian or Ubuntu run `apt-get install g++`");
    }
    let (host, folder) = (host()?, workspace.target().join("fuzz/build"));
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--quiet", "--package", "relay-fuzz"]);
    // With a target named, what only runs during the build is left as it is.
    cargo.args(["--target", &host]);
    for checks in ["overflow-checks", "debug-assertions"] {
        cargo.args(["--config", &format!("profile.release.{checks}=true")]);
        cargo.args(["--config", &format!(r#"profile.release.package."*".{checks}=false"#)]);
    }
    cargo.env("CARGO_TARGET_DIR", &folder).env("RUSTFLAGS", "--cfg fuzzing");
    cargo.env("RUSTC_WORKSPACE_WRAPPER", workspace.root().join("relay/fuzz/with_coverage.sh"));
    if !cargo.status().context("cargo cannot be started")?.success() {
        bail!("the targets do not build");
    }
    Ok(folder.join(host).join("release"))
}

/// Runs a target; tells what it said, and whether it went well.
fn fuzz(workspace: &Workspace, binaries: &Path, target: &Target, executions: u64) -> anyhow::Result<(Figures, bool)> {
    let folder = workspace.target().join("fuzz").join(target.name);
    let (corpus, found) = (folder.join("corpus"), folder.join("found"));
    for folder in [&corpus, &found] {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut fuzzer = Command::new(binaries.join(format!("fuzz-{}", target.name)));
    fuzzer.args([format!("-runs={executions}"), format!("-max_len={}", target.longest)]).args(OPTIONS);
    fuzzer.arg(format!("-artifact_prefix={}/", found.display()));
    // New inputs go to the first folder; those that are kept in the sources are only read.
    fuzzer.arg(corpus).arg(workspace.root().join("relay/fuzz/corpus").join(target.name));
    let mut child = fuzzer.stderr(Stdio::piped()).spawn().context("the fuzzer cannot be started")?;
    let said = child.stderr.take().context("the output was asked for")?;
    let mut figures = Figures::default();
    for line in BufReader::new(said).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        figures.hear(&line);
        if worth_showing(&line) {
            say(&line);
        }
    }
    let well = child.wait()?.success();
    if !well {
        say(&format!("what did it is in {}; a file of it under relay/fuzz/corpus becomes a test", found.display()));
    }
    Ok((figures, well))
}

/// All but news of the corpus, of which there are thousands, and libFuzzer's advice on dictionaries.
fn worth_showing(line: &str) -> bool {
    let news = line.starts_with('#') && ["NEW", "REDUCE", "RELOAD"].iter().any(|word| line.contains(word));
    let advice = line.starts_with("######") || line.contains("# Uses:");
    !news
        && !advice
        && !line.trim_start().starts_with("NEW_FUNC")
        && !line.starts_with("stat::")
        && !line.starts_with("WARNING: Failed to find function")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(words: &[&str]) -> Option<Vec<(&'static str, u64)>> {
        let plan = Plan::parse(words).ok()?;
        Some(plan.0.into_iter().map(|(target, executions)| (target.name, executions)).collect())
    }

    #[test]
    fn both_targets_share_the_executions() {
        assert_eq!(planned(&[]), Some(vec![("decode", 90_000_000), ("core", 10_000_000)]));
        assert_eq!(planned(&["--executions", "1_000"]), Some(vec![("decode", 900), ("core", 100)]));
        assert_eq!(planned(&["core", "--executions", "7"]), Some(vec![("core", 7)]));
        assert_eq!(planned(&["cord"]), None);
        assert_eq!(planned(&["--executions", "many"]), None);
    }

    #[test]
    fn figures_are_read_from_what_libfuzzer_says() {
        let mut figures = Figures::default();
        for line in [
            "#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 27Mb",
            "#1000\tDONE   cov: 1172 ft: 7822 corp: 1782/235Kb lim: 1024 exec/s: 4098 rss: 32Mb",
            "Done 1000 runs in 0 second(s)",
            "stat::number_of_executed_units: 1000",
        ] {
            figures.hear(line);
        }
        assert_eq!(figures, Figures { executions: 1_000, coverage: 1_172 });
    }
}

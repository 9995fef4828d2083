//! `cargo xtask sim`: schedules of faults, and whether the suite notices when the engine is broken on purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use crate::say::{say, step};
use crate::workspace::Workspace;

/// As released, but a panic is caught and told as the verdict of its seed, and no sum overflows unseen.
const PROFILE: [&str; 2] = [r#"profile.release.panic="unwind""#, "profile.release.overflow-checks=true"];

/// Builds the simulator and runs it with these words, or runs the mutants.
pub fn run(workspace: &Workspace, words: &[&str]) -> anyhow::Result<ExitCode> {
    if let ["--mutants", names @ ..] = words {
        return mutants(workspace, names);
    }
    let binary = build(workspace.cargo(), workspace.target())?;
    let status = Command::new(binary).args(words).status().context("the simulator cannot be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs these seeds; an error when one of them fails.
pub fn schedules(workspace: &Workspace, seeds: &str) -> anyhow::Result<()> {
    let binary = build(workspace.cargo(), workspace.target())?;
    let status = Command::new(binary).args(["--seeds", seeds]).status().context("the simulator cannot be started")?;
    if !status.success() {
        bail!("a schedule failed: `cargo xtask sim --seeds N..N+1 --trace` replays its seed");
    }
    Ok(())
}

fn build(mut cargo: Command, target: &Path) -> anyhow::Result<PathBuf> {
    cargo.args(["build", "--release", "--quiet", "--package", "simulator", "--bin", "sim"]);
    for setting in PROFILE {
        cargo.args(["--config", setting]);
    }
    if !cargo.env("CARGO_TARGET_DIR", target).status().context("cargo cannot be started")?.success() {
        bail!("the simulator does not build");
    }
    Ok(target.join("release/sim"))
}

/// A patch that breaks one rule, and what must notice.
struct Mutant {
    name: String,
    patch: PathBuf,
    /// The invariant that schedules see broken, such as `I7`, or none when it is a matter of one component.
    trips: Option<String>,
    kills: Vec<Kill>,
}

/// Invariants that have a check in the simulator: each must be seen to notice something.
const CHECKED: [&str; 9] = ["I1", "I2", "I3", "I4", "I5", "I7", "I10", "I12", "I13"];

/// Something that fails when the rule is broken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kill {
    /// Seeds, as the simulator is told them.
    Seeds(Vec<String>),
    /// Tests, as `cargo test` is told them.
    Tests(Vec<String>),
}

impl Kill {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        match words.split_first() {
            Some((first, rest)) if first == "test" && !rest.is_empty() => Ok(Kill::Tests(rest.to_vec())),
            Some(_) if words.iter().any(|word| word == "--seeds") => Ok(Kill::Seeds(words)),
            Some(_) | None => bail!("`{text}` is neither `--seeds …` nor `test …`"),
        }
    }

    fn words(&self) -> String {
        match self {
            Kill::Seeds(words) => words.join(" "),
            Kill::Tests(words) => format!("test {}", words.join(" ")),
        }
    }
}

impl Mutant {
    /// Reads the lines `# kills: …` above the patch.
    fn read(patch: PathBuf) -> anyhow::Result<Self> {
        let name = patch.file_stem().and_then(|name| name.to_str()).context("a mutant without a name")?.to_owned();
        let text = std::fs::read_to_string(&patch).with_context(|| format!("{} cannot be read", patch.display()))?;
        let lines = || text.lines().take_while(|line| line.starts_with('#'));
        let trips = lines().find_map(|line| line.strip_prefix("# trips:")).map(|trips| trips.trim().to_owned());
        let kills: anyhow::Result<Vec<Kill>> =
            lines().filter_map(|line| line.strip_prefix("# kills:")).map(Kill::parse).collect();
        let kills = kills.with_context(|| name.clone())?;
        if kills.is_empty() {
            bail!("{name}: no line `# kills: …` says what must notice");
        }
        Ok(Self { name, patch, trips, kills })
    }
}

/// A second checkout in which the mutants live, one at a time.
struct Tree {
    root: PathBuf,
    target: PathBuf,
}

impl Tree {
    fn make(workspace: &Workspace) -> anyhow::Result<Self> {
        let folder = workspace.target().join("mutants");
        let tree = Self { root: folder.join("tree"), target: folder.join("build") };
        git(workspace.root(), &["worktree", "prune"])?;
        if !tree.root.join("Cargo.toml").is_file() {
            let root = tree.root.to_str().context("a path that is UTF-8")?;
            git(workspace.root(), &["worktree", "add", "--force", "--detach", root, "HEAD"])?;
        }
        let head = git(workspace.root(), &["rev-parse", "HEAD"])?;
        git(&tree.root, &["checkout", "--quiet", "--force", "--detach", &head])?;
        Ok(tree)
    }

    /// Undoes the last mutant.
    fn mend(&self) -> anyhow::Result<()> {
        git(&self.root, &["checkout", "--quiet", "--force", "HEAD", "--", "."])?;
        git(&self.root, &["clean", "--quiet", "-d", "--force"]).map(drop)
    }

    fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        // Nobody looks for a mutant in a debugger, and each is built once.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    }

    /// Whether something fails, built from the tree as it is; of schedules, what is said of the seeds that do.
    fn fails(&self, kill: &Kill) -> anyhow::Result<Option<String>> {
        match kill {
            Kill::Seeds(words) => {
                let binary = build(self.cargo(), &self.target)?;
                let run = Command::new(binary).args(words).output();
                let run = run.context("the simulator cannot be started")?;
                let said = String::from_utf8_lossy(&run.stdout);
                let seeds: Vec<&str> = said.lines().filter(|line| line.starts_with("seed ")).collect();
                Ok((!run.status.success()).then(|| seeds.join("\n")))
            }
            Kill::Tests(words) => {
                if !self.cargo().args(["test", "--quiet", "--no-run"]).args(words).status()?.success() {
                    bail!("the tests do not build");
                }
                let run = self.cargo().arg("test").args(words).output()?;
                let said = String::from_utf8_lossy(&run.stdout);
                let ran = said.lines().any(|line| line.starts_with("test ") && line.contains(" ... "));
                if !ran {
                    bail!("no test is called so");
                }
                Ok((!run.status.success()).then(String::new))
            }
        }
    }
}

fn mutants(workspace: &Workspace, names: &[&str]) -> anyhow::Result<ExitCode> {
    let folder = workspace.root().join("app/simulator/mutants");
    let mut patches: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "patch"))
        .collect();
    patches.sort();
    let mut mutants: Vec<Mutant> = patches.into_iter().map(Mutant::read).collect::<anyhow::Result<_>>()?;
    mutants.retain(|mutant| names.is_empty() || names.contains(&mutant.name.as_str()));
    if mutants.is_empty() {
        bail!("no mutant to run");
    }
    if !git(workspace.root(), &["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
        say("· what is not committed is not in what the mutants are made of");
    }
    let tree = Tree::make(workspace)?;
    tree.mend()?;
    let sound = step("what must notice is silent as long as nothing is broken", || sound(&tree, &mutants))?;
    let (mut survivors, mut tripped) = (0, BTreeSet::new());
    for mutant in &mutants {
        match verdict(&tree, mutant, &sound) {
            Ok((by, trips)) => {
                say(&format!("killed    {}  by {by}", mutant.name));
                tripped.extend(trips);
            }
            Err(why) => {
                say(&format!("SURVIVED  {}: {why:#}", mutant.name));
                survivors += 1;
            }
        }
    }
    tree.mend()?;
    let idle: Vec<&str> =
        CHECKED.into_iter().filter(|checked| names.is_empty() && !tripped.contains(*checked)).collect();
    if !idle.is_empty() {
        say(&format!("no mutant trips {} in any schedule", idle.join(", ")));
    }
    say(&format!("mutants {}  killed {}  survived {survivors}", mutants.len(), mutants.len() - survivors));
    Ok(if survivors == 0 && idle.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tries everything that must notice without any mutant: what fails then proves nothing.
fn sound(tree: &Tree, mutants: &[Mutant]) -> anyhow::Result<BTreeMap<Kill, bool>> {
    let mut sound = BTreeMap::new();
    for kill in mutants.iter().flat_map(|mutant| &mutant.kills) {
        if !sound.contains_key(kill) {
            let fails = tree.fails(kill).with_context(|| kill.words())?.is_some();
            if fails {
                say(&format!("· `{}` fails without any mutant", kill.words()));
            }
            sound.insert(kill.clone(), !fails);
        }
    }
    Ok(sound)
}

/// Returns what killed the mutant and, when schedules did, which invariant they saw broken.
fn verdict(tree: &Tree, mutant: &Mutant, sound: &BTreeMap<Kill, bool>) -> anyhow::Result<(String, Option<String>)> {
    tree.mend()?;
    let patch = mutant.patch.to_str().context("a path that is UTF-8")?;
    git(&tree.root, &["apply", patch]).context("the patch does not apply")?;
    let sound: Vec<&Kill> = mutant.kills.iter().filter(|kill| sound.get(*kill) == Some(&true)).collect();
    if sound.is_empty() {
        bail!("what must notice it fails without it, too");
    }
    let (mut by, mut tripped) = (Vec::new(), None);
    for kill in sound {
        let Some(said) = tree.fails(kill)? else { bail!("`{}` does not notice it", kill.words()) };
        by.push(kill.words());
        if let (Kill::Seeds(_), Some(trips)) = (kill, &mutant.trips) {
            if !said.split_whitespace().any(|word| word == trips) {
                bail!("{trips} was not what tripped: {said}");
            }
            tripped = Some(trips.clone());
        }
    }
    let trips = tripped.as_ref().map(|trips| format!(" ({trips})")).unwrap_or_default();
    Ok((by.join(" and ") + &trips, tripped))
}

/// Runs git and returns what it said.
fn git(at: &Path, words: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").arg("-C").arg(at).args(words).output().context("git cannot be started")?;
    if !output.status.success() {
        bail!("git {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_notice_is_seeds_or_tests() {
        let seeds = Kill::parse(" --family churn --seeds 0..400").expect("seeds");
        assert_eq!(seeds.words(), "--family churn --seeds 0..400");
        assert_eq!(
            Kill::parse("test -p room walks").expect("tests"),
            Kill::Tests(["-p", "room", "walks"].map(str::to_owned).to_vec())
        );
        assert!(Kill::parse("").is_err() && Kill::parse("test").is_err() && Kill::parse("nothing").is_err());
    }
}

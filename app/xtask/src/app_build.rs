//! The app: Rust to wasm, wasm-bindgen, hashed names, compressed copies, in `target/app`.
//!
//! What is served is described in [`crate::assets`]. wasm-bindgen's files are called `web.js` and `web.wasm` there,
//! so `static/boot.js` starts the app by `import("{{web.js}}")` and can stream `{{web.wasm}}`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::assets::{self, Files};
use crate::compress;
use crate::say::{say, size, step};
use crate::styles;
use crate::toolchain::{self, WASM};
use crate::workspace::Workspace;

/// What is done with wasm and static files: an input too, since a change of it changes the app.
const RECIPE: [&str; 4] =
    [include_str!("app_build.rs"), include_str!("assets.rs"), include_str!("compress.rs"), include_str!("styles.rs")];

/// What the files that every browser keeps may have together, in bytes of brotli: a little more than today, so that growth is noticed. The goal is 600 kB.
const BUDGET: usize = 992_000;

/// Builds the app after checking that the machine has what it takes.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    toolchain::prepare(workspace)?;
    build(workspace)?;
    let told = fs::read(workspace.app().join("integrity.json")).context("the app has no integrity.json")?;
    say(&format!("Fingerprint: {}", fingerprint_of(&told)));
    Ok(())
}

/// Builds the app into `target/app`, which changes only when everything went well.
pub fn build(workspace: &Workspace) -> anyhow::Result<()> {
    let (wasm, statics) = parts(workspace, workspace)?;
    let mark = workspace.target().join("app.made-from");
    let made_from = made_from(&wasm, &statics)?;
    if workspace.app().is_dir() && fs::read_to_string(&mark).is_ok_and(|text| text == made_from) {
        say(&format!("· {} is up to date", workspace.app().display()));
        return Ok(());
    }
    let published = put_together(workspace, &wasm, statics)?;
    let sizes = step("Compressing", || write_app(&workspace.app(), &published))?;
    print_sizes(&sizes);
    within_budget(&sizes)?;
    fs::write(&mark, made_from).with_context(|| format!("{} cannot be written", mark.display()))
}

/// Builds the app and returns it as it would be served. It says that it is made from the commit of `original`.
pub fn publish(workspace: &Workspace, original: &Workspace) -> anyhow::Result<Files> {
    let (wasm, statics) = parts(workspace, original)?;
    put_together(workspace, &wasm, statics)
}

/// Returns the app that was built last, without compressed copies.
pub fn published(workspace: &Workspace) -> anyhow::Result<Files> {
    let mut files = read_folder(&workspace.app())?;
    files.retain(|name, _| !name.ends_with(".br") && !name.ends_with(".gz"));
    Ok(files)
}

/// Fails for a compressed copy that is not of its file.
pub fn check_compressed(workspace: &Workspace, published: &Files) -> anyhow::Result<()> {
    for (name, bytes) in published.iter().filter(|(name, _)| compress::worthwhile(name)) {
        let copy = |ending| fs::read(workspace.app().join(format!("{name}.{ending}")));
        let (br, gz) = (compress::from_brotli(&copy("br")?)?, compress::from_gzip(&copy("gz")?)?);
        if br != *bytes || gz != *bytes {
            bail!("a compressed copy of {name} is another file");
        }
    }
    Ok(())
}

fn parts(workspace: &Workspace, original: &Workspace) -> anyhow::Result<(PathBuf, Files)> {
    let wasm = step("Building the app (release wasm)", || compile(workspace))?;
    let mut statics = read_folder(&workspace.root().join("static")).context("static/ cannot be read")?;
    styles::join(&mut statics)?;
    say_what_it_is_made_from(original, &mut statics)?;
    Ok((wasm, statics))
}

fn put_together(workspace: &Workspace, wasm: &Path, statics: Files) -> anyhow::Result<Files> {
    let bound = step("Binding wasm to JavaScript", || bind(wasm, &workspace.target().join("app.bindgen")))?;
    assets::publish(&with_both(statics, bound)?)
}

fn compile(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    // Paths of this machine would otherwise be in the panic messages, and the file would differ from folder to folder.
    let cargo_home = toolchain::cargo_home()?;
    let renamed = [(workspace.root(), "/nonpaper"), (workspace.target(), "/target"), (&cargo_home, "/cargo")];
    let mut flags: Vec<String> =
        renamed.iter().map(|(from, to)| format!("'--remap-path-prefix={}={to}'", from.display())).collect();
    // Where the sources of the standard library are installed, the compiler names them there; elsewhere it names them so.
    let (library, name) = toolchain::library()?;
    flags.push(format!("'--remap-path-prefix={}={name}'", library.display()));
    // Leptos then holds views by their interface instead of compiling each for its own type: a thirteenth less code.
    flags.extend(["'--cfg'", "'erase_components'"].map(str::to_owned));
    let mut cargo = workspace.cargo();
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PROFILE_")) {
        cargo.env_remove(name);
    }
    let status = cargo
        .args(["build", "--package", "web", "--profile", "web", "--target", WASM])
        .args(["--config", &format!("target.{WASM}.rustflags=[{}]", flags.join(","))])
        // Either would replace the flags above.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .context("cargo cannot be started")?;
    if !status.success() {
        bail!("the app does not compile (the compiler's own words are above)");
    }
    Ok(workspace.target().join(WASM).join("web/web.wasm"))
}

/// Fills in version, commit and compiler, from which anybody can build the same files.
fn say_what_it_is_made_from(workspace: &Workspace, statics: &mut Files) -> anyhow::Result<()> {
    let commit = workspace.git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed = workspace.git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
    let commit = if changed { format!("{commit} with changes") } else { commit };
    let compiler = toolchain::compiler()?;
    // The page, so that it can tell whether integrity.json is about itself; the service worker, so that it is another one with it.
    for name in ["integrity.json", "sw.js", "index.html"] {
        let template = statics.get_mut(name).with_context(|| format!("static/{name} is missing"))?;
        let text = std::str::from_utf8(template).with_context(|| format!("static/{name} is not UTF-8"))?;
        let text = text.replace("{{built.version}}", env!("CARGO_PKG_VERSION")).replace("{{built.commit}}", &commit);
        *template = text.replace("{{built.compiler}}", &compiler).into_bytes();
    }
    Ok(())
}

/// Returns the fingerprint as the page About shows it: SHA-256 of `integrity.json` in groups of four.
fn fingerprint_of(told: &[u8]) -> String {
    let hash = hex(&Sha256::digest(told));
    (0..hash.len()).step_by(4).map(|at| &hash[at..at + 4]).collect::<Vec<_>>().join(" ")
}

fn made_from(wasm: &Path, statics: &Files) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(fs::read(wasm).with_context(|| format!("{} cannot be read", wasm.display()))?));
    for part in RECIPE {
        hash.update(Sha256::digest(part));
    }
    for (name, bytes) in statics {
        hash.update(Sha256::digest(name));
        hash.update(Sha256::digest(bytes));
    }
    Ok(hex(&hash.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bind(wasm: &Path, folder: &Path) -> anyhow::Result<Files> {
    remove_folder(folder)?;
    Bindgen::new()
        .input_path(wasm)
        .out_name("web")
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .omit_default_module_path(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(folder)
        })
        .context("wasm-bindgen refuses the app")?;
    let mut files = Files::new();
    for (name, bytes) in read_folder(folder)? {
        let (name, bytes) = match name.as_str() {
            "web_bg.wasm" => ("web.wasm".to_owned(), bytes),
            "web.js" => (name, with_placeholders(&bytes)?),
            _ => (name, bytes),
        };
        files.insert(name, bytes);
    }
    Ok(files)
}

/// Returns wasm-bindgen's JavaScript with placeholders for the files it names.
fn with_placeholders(javascript: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut text = std::str::from_utf8(javascript)?.replace("'web_bg.wasm'", "'{{web.wasm}}'");
    if !text.contains("{{web.wasm}}") {
        bail!("wasm-bindgen's JavaScript does not name its wasm file the way it used to");
    }
    let opening = "from './snippets/";
    while let Some(start) = text.find(opening) {
        let name_start = start + opening.len();
        let name_end = text[name_start..].find('\'').map(|length| name_start + length);
        let name_end = name_end.context("an import of wasm-bindgen's JavaScript does not end")?;
        let import = format!("from '{{{{snippets/{}}}}}", &text[name_start..name_end]);
        text.replace_range(start..name_end, &import);
    }
    Ok(text.into_bytes())
}

fn with_both(mut statics: Files, bound: Files) -> anyhow::Result<Files> {
    for (name, bytes) in bound {
        if statics.insert(name.clone(), bytes).is_some() {
            bail!("static/{name} has the name of a file that wasm-bindgen makes");
        }
    }
    Ok(statics)
}

/// The brotli size of each file, or its plain size where brotli is not worthwhile.
type Sizes = BTreeMap<String, usize>;

fn write_app(app: &Path, published: &Files) -> anyhow::Result<Sizes> {
    let new = app.with_extension("new");
    let old = app.with_extension("old");
    remove_folder(&new)?;
    let mut sizes = Sizes::new();
    for (address, bytes) in published {
        let file = new.join(address);
        fs::create_dir_all(file.parent().context("an address has a folder")?)?;
        fs::write(&file, bytes)?;
        if !compress::worthwhile(address) {
            sizes.insert(address.clone(), bytes.len());
            continue;
        }
        let kept = |suffix: &str| {
            // The hash in the name vouches for the content, so an earlier build's compression still fits.
            let hashed = address.starts_with("assets/");
            hashed.then(|| fs::read(app.join(format!("{address}{suffix}"))).ok()).flatten()
        };
        let brotli = kept(".br").map_or_else(|| compress::brotli(bytes), Ok)?;
        let gzip = kept(".gz").map_or_else(|| compress::gzip(bytes), Ok)?;
        fs::write(new.join(format!("{address}.br")), &brotli)?;
        fs::write(new.join(format!("{address}.gz")), &gzip)?;
        sizes.insert(address.clone(), brotli.len());
    }
    remove_folder(&old)?;
    if app.is_dir() {
        fs::rename(app, &old)?;
    }
    fs::rename(&new, app)?;
    remove_folder(&old)?;
    Ok(sizes)
}

fn print_sizes(sizes: &Sizes) {
    for (address, bytes) in sizes {
        say(&format!("    {:>9}  {address}", size(*bytes)));
    }
    say(&format!("    {:>9}  that every browser keeps, brotli", size(kept(sizes))));
}

/// Fails when the app has grown beyond [`BUDGET`].
fn within_budget(sizes: &Sizes) -> anyhow::Result<()> {
    let total = kept(sizes);
    if total > BUDGET {
        bail!("the app has {}, and may have {}: see `BUDGET` in app_build.rs", size(total), size(BUDGET));
    }
    Ok(())
}

fn kept(sizes: &Sizes) -> usize {
    sizes.iter().filter(|(address, _)| assets::kept(address)).map(|(_, bytes)| bytes).sum()
}

fn remove_folder(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

fn read_folder(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder)?.to_str().context("a file name is not UTF-8")?;
            files.insert(name.to_owned(), fs::read(&path)?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bound_javascript_names_its_files_by_placeholder() {
        let javascript = b"import { a } from './snippets/gloo-1/inline0.js';\nnew URL('web_bg.wasm', import.meta.url)";
        let text = String::from_utf8(with_placeholders(javascript).expect("both names are there")).expect("UTF-8");
        assert_eq!(
            text,
            "import { a } from '{{snippets/gloo-1/inline0.js}}';\nnew URL('{{web.wasm}}', import.meta.url)"
        );
    }

    #[test]
    fn javascript_without_a_wasm_file_is_refused() {
        assert!(with_placeholders(b"export default 1").is_err());
    }
}

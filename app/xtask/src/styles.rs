//! One style sheet of many files: `style.css` imports them, and each takes the place of its import, so that browsers ask once.

use anyhow::{Context, bail};

use crate::assets::Files;

const SHEET: &str = "style.css";
const PARTS: &str = "style/";

/// Puts the parts into the sheet. Fails for one that is missing, and for one that nothing imports.
pub fn join(files: &mut Files) -> anyhow::Result<()> {
    let sheet = text(files, SHEET)?;
    let mut joined = String::new();
    for line in sheet.lines() {
        let import = line.strip_prefix("@import \"").and_then(|rest| rest.strip_suffix("\";"));
        joined.push_str(&import.map_or_else(|| Ok(format!("{line}\n")), |part| text(files, part))?);
    }
    if let Some(part) = files.keys().find(|name| name.starts_with(PARTS)) {
        bail!("{SHEET} does not import {part}");
    }
    files.insert(SHEET.to_owned(), joined.into_bytes());
    Ok(())
}

fn text(files: &mut Files, name: &str) -> anyhow::Result<String> {
    let bytes = files.remove(name).with_context(|| format!("static/{name} is missing"))?;
    String::from_utf8(bytes).with_context(|| format!("static/{name} is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn parts_take_the_places_of_their_imports() {
        let sheet = "/* All */\n@import \"style/b.css\";\n@import \"style/a.css\";\n";
        let mut all =
            files(&[("style.css", sheet), ("style/a.css", "a {}\n"), ("style/b.css", "b {}\n"), ("c.js", "")]);
        join(&mut all).expect("both are there");
        assert_eq!(all, files(&[("style.css", "/* All */\nb {}\na {}\n"), ("c.js", "")]));
    }

    #[test]
    fn a_missing_part_and_a_forgotten_one_are_named() {
        let missing = join(&mut files(&[("style.css", "@import \"style/a.css\";")])).expect_err("it is missing");
        assert!(missing.to_string().contains("style/a.css"));
        let forgotten = join(&mut files(&[("style.css", ""), ("style/a.css", "")])).expect_err("nothing imports it");
        assert!(forgotten.to_string().contains("style/a.css"));
    }
}

//! From a saved source file to the picture: `vitrine plugin dev` beside a show on air, in each language.

use super::flicker::part;
use crate::guests::tools;
use crate::opening::OnTheAir;
use anyhow::{anyhow, bail};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Languages, and where each template says hello.
const TEMPLATES: [(&str, &str); 3] = [("rust", "src/lib.rs"), ("js", "src/plugin.js"), ("python", "app.py")];
const GREETING: &str = "Hello, world";
const EDITS: usize = 5;
/// The greeting's line on the canvas: the template's panel lies at 5 % of the upper left.
const LINE: (usize, usize, usize, usize) = (96 + 32, 54 + 20, 496, 60);
/// The longest that anything here may take: the first start of a Python guest on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// So long nothing may have changed before the next edit.
const CALM: Duration = Duration::from_secs(1);

/// What one language took.
#[derive(Serialize)]
pub(super) struct Edited {
    /// From an empty folder to a component, with what is in the caches of this machine.
    build_ms: u64,
    /// From each save to the first picture with the change on it.
    edit_to_screen_ms: Vec<u64>,
}

/// `vitrine plugin dev`, ended with the value.
struct Dev(Child);

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended by itself, and nobody waits for what it says.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Edits a new plugin of each language: `null` where its toolchain is missing. One that fails says why and costs the
/// others nothing.
pub(super) fn edits(show: &OnTheAir, folder: &Path) -> anyhow::Result<BTreeMap<&'static str, Value>> {
    let file = folder.join("show.toml");
    let before = fs::read_to_string(&file)?;
    let mut all = BTreeMap::new();
    for (lang, source) in TEMPLATES {
        let edited = edit(show, folder, lang, source);
        fs::write(&file, &before)?;
        show.studio.reload().map_err(|why| anyhow!("{why}"))?;
        all.insert(lang, edited.map_or_else(|why| json!({ "failed": format!("{why:#}") }), |edited| json!(edited)));
        std::thread::sleep(CALM);
    }
    Ok(all)
}

fn ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn edit(show: &OnTheAir, folder: &Path, lang: &str, source: &str) -> anyhow::Result<Option<Edited>> {
    let (name, file, tools) = (format!("edit-{lang}"), folder.join("show.toml"), tools()?);
    let run = |at: &Path, words: &[&str]| {
        let mut command = Command::new(&tools);
        command.args(words).current_dir(at).stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    let plugin = folder.join(&name);
    if !run(folder, &["new", &name, "--lang", lang]).status()?.success() {
        bail!("`vitrine plugin new` failed; see above");
    }
    let began = Instant::now();
    if !run(&plugin, &["build"]).status()?.success() {
        return Ok(None);
    }
    let build_ms = ms(began);
    let before = fs::read_to_string(&file)?;
    fs::write(&file, format!("{before}{}", overlay(&name)))?;
    show.studio.reload().map_err(|why| anyhow!("{why}"))?;
    let line = || Some(part(&*show.studio.programs.first()?.load_full()?, LINE));
    let plain = calm(&line)?;
    let dev = Dev(run(&plugin, &["dev", "--show", "../show.toml"]).spawn()?);
    until("the greeting", || line() != plain)?;
    let mut took = Vec::new();
    for edit in 0..EDITS {
        let shown = calm(&line)?;
        let path = plugin.join(source);
        let was = if edit == 0 { GREETING.to_owned() } else { greeting(edit - 1) };
        let text = fs::read_to_string(&path)?.replace(&was, &greeting(edit));
        let saved = Instant::now();
        fs::write(&path, text)?;
        until("an edit", || line() != shown)?;
        took.push(ms(saved));
    }
    drop(dev);
    Ok(Some(Edited { build_ms, edit_to_screen_ms: took }))
}

fn greeting(edit: usize) -> String {
    format!("Hello, edit {edit}")
}

fn overlay(name: &str) -> String {
    format!(
        "[plugin.{name}]\n[[overlay]]\nname = \"{name} hello\"\nplugin = \"{name}\"\nslot = \"hello\"\n\
         place = {{ anchor = \"top-left\", x = \"5%\", y = \"5%\" }}\nshown = true\n"
    )
}

fn until(what: &str, is: impl Fn() -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    while !is() {
        if began.elapsed() > PATIENCE {
            bail!("{what} did not come to the picture");
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    Ok(())
}

/// What is on the picture once it has stood still for a while.
fn calm<T: PartialEq>(line: &impl Fn() -> T) -> anyhow::Result<T> {
    let (mut shown, mut since, began) = (line(), Instant::now(), Instant::now());
    while since.elapsed() < CALM {
        std::thread::sleep(Duration::from_millis(20));
        let now = line();
        if now != shown {
            (shown, since) = (now, Instant::now());
        }
        if began.elapsed() > PATIENCE {
            bail!("the picture does not come to rest");
        }
    }
    Ok(shown)
}

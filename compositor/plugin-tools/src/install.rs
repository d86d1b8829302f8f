//! `pack`, `sign`, `install`, `grant`, `revoke`, `list`, `logs`, `dev`: packages and what the operator says to them.

use crate::build::sources;
use crate::error::at;
use crate::{ToolError, build, check, show_file};
use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use vitrine_plugin_host::{
    Compiler, Consent, FolderError, Grants, Package, PluginFolder, generate_key, load_key, pack, read_package, sign,
};

/// Builds, checks and packs the folder's plugin.
pub(crate) fn pack_here(folder: &Path) -> Result<PathBuf, ToolError> {
    let component = build(folder)?;
    check(folder, &component)?;
    let (manifest, bytes) = pack(folder, &component)?;
    read_package(&bytes).map_err(|e| ToolError::Check(e.to_string()))?;
    let name = vitrine_plugin_host::short_name(&manifest.plugin.id);
    let path = folder.join(format!("{name}-{}.vpk", manifest.plugin.version));
    fs::write(&path, &bytes).map_err(at(&path))?;
    println!("packed {} ({} KiB)", path.display(), bytes.len() >> 10);
    Ok(path)
}

/// Signs a package, or makes a key.
pub(crate) fn sign_file(package: Option<&Path>, key: Option<&Path>, new_key: Option<&Path>) -> Result<(), ToolError> {
    if let Some(path) = new_key {
        let (secret, public) = generate_key()?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(at(path))?;
        writeln!(file, "{}", secret.reveal()).map_err(at(path))?;
        println!("{} holds a new signing key; keep it safe. Publisher: {public}", path.display());
        return Ok(());
    }
    let (Some(package), Some(key)) = (package, key) else {
        return Err(ToolError::Unknown(
            "say which: vitrine plugin sign FILE.vpk --key KEYFILE, or --new-key KEYFILE".to_owned(),
        ));
    };
    let bytes = fs::read(package).map_err(at(package))?;
    let signed = sign(&bytes, &load_key(key)?)?;
    fs::write(package, signed).map_err(at(package))?;
    println!("signed {}", package.display());
    Ok(())
}

fn ask_for_consent(package: &Package, missing: &[vitrine_plugin_manifest::Ask]) -> bool {
    println!("{} {} asks for:", package.manifest.plugin.name, package.manifest.plugin.version);
    for ask in missing {
        println!("  {} — {} (\"{}\")", ask.text, ask.reason, ask.key);
    }
    let signed = if package.publisher.is_empty() { "nobody: it is not signed" } else { &package.publisher };
    println!("signed by {signed}");
    if !std::io::stdin().is_terminal() {
        return false;
    }
    print!("grant all of this? [y/N] ");
    drop(std::io::stdout().flush());
    let mut answer = String::new();
    drop(std::io::stdin().read_line(&mut answer));
    matches!(answer.trim(), "y" | "Y" | "yes")
}

fn grant_keys(
    folder: &PluginFolder,
    package: &Package,
    keys: impl IntoIterator<Item = String>,
) -> Result<(), ToolError> {
    let mut grants = Grants::load(&folder.grants_path())?;
    let grant = grants.plugin.entry(package.manifest.plugin.id.clone()).or_default();
    grant.publisher.clone_from(&package.publisher);
    grant.granted.extend(keys);
    Ok(grants.save(&folder.grants_path())?)
}

/// Installs a package: checks it, asks, compiles it, and adds its layers to the show file.
pub(crate) fn install(file: &Path, show: &Path, grant_all: bool) -> Result<(), ToolError> {
    if !show.is_file() {
        let text = "there is no such show file; name yours with --show, or try the one that `vitrine plugin new` makes";
        return Err(ToolError::Show { path: show.to_owned(), text: text.to_owned() });
    }
    let folder = PluginFolder::beside(show);
    // Compiled before it is in its place: a show that is running takes it up the moment that it appears.
    let package = PluginFolder::examine(file)?;
    let program = std::env::current_exe().map_err(at(Path::new("vitrine-plugin")))?;
    let compiler = Compiler::Process { program, args: vec!["compile".to_owned(), "--all-cores".to_owned()] };
    let cache = folder.cache(compiler).map_err(FolderError::from)?;
    cache.prepare(&package.component_hash, &package.component).map_err(FolderError::from)?;
    let installed = folder.install(file)?;
    let package = &installed.package;
    println!("installed {} {} as `{}`", package.manifest.plugin.id, package.manifest.plugin.version, installed.name);
    if let Consent::Missing(missing) = &installed.consent {
        if grant_all || ask_for_consent(package, missing) {
            grant_keys(&folder, package, missing.iter().map(|a| a.key.clone()))?;
            println!("granted");
        } else {
            println!("it waits for consent: vitrine plugin grant {} --all --show {}", installed.name, show.display());
        }
    }
    for line in show_file::add(show, &installed.name, &package.manifest)? {
        println!("{line}");
    }
    Ok(())
}

fn find(folder: &PluginFolder, wanted: &str) -> Result<(String, Package), ToolError> {
    let list = folder.list();
    let names: Vec<String> = list.keys().cloned().collect();
    let found = list.into_iter().find(|(name, p)| name == wanted || p.manifest.plugin.id == wanted);
    found.ok_or_else(|| {
        ToolError::Unknown(format!(
            "there is no plugin `{wanted}` in {}; there are: {}",
            folder.root().display(),
            names.join(", ")
        ))
    })
}

/// Grants keys, or lists them.
pub(crate) fn grant(wanted: &str, keys: &[String], all: bool, show: &Path) -> Result<(), ToolError> {
    let folder = PluginFolder::beside(show);
    let (name, package) = find(&folder, wanted)?;
    let asks = package.manifest.asks();
    if keys.is_empty() && !all {
        let grant = Grants::load(&folder.grants_path())?.of(&package.manifest.plugin.id);
        for ask in &asks {
            let mark = if grant.granted.contains(&ask.key) { "granted" } else { "-" };
            println!("{mark:8} \"{}\": {} — {}", ask.key, ask.text, ask.reason);
        }
        return Ok(());
    }
    if let Some(unknown) = keys.iter().find(|k| asks.iter().all(|a| a.key != **k)) {
        return Err(ToolError::Unknown(format!(
            "{name} does not ask for \"{unknown}\"; see: vitrine plugin grant {name}"
        )));
    }
    let granted: Vec<String> = if all { asks.into_iter().map(|a| a.key).collect() } else { keys.to_vec() };
    let count = granted.len();
    grant_keys(&folder, &package, granted)?;
    println!("{name}: {count} granted");
    Ok(())
}

/// Takes keys back, or everything.
pub(crate) fn revoke(wanted: &str, keys: &[String], show: &Path) -> Result<(), ToolError> {
    let folder = PluginFolder::beside(show);
    let (name, package) = find(&folder, wanted)?;
    let mut grants = Grants::load(&folder.grants_path())?;
    match grants.plugin.get_mut(&package.manifest.plugin.id) {
        Some(grant) if !keys.is_empty() => grant.granted.retain(|k| !keys.contains(k)),
        _ => drop(grants.plugin.remove(&package.manifest.plugin.id)),
    }
    grants.save(&folder.grants_path())?;
    println!("{name}: revoked");
    Ok(())
}

/// Lists what is installed.
pub(crate) fn list(json: bool, show: &Path) -> Result<(), ToolError> {
    let folder = PluginFolder::beside(show);
    let grants = Grants::load(&folder.grants_path())?;
    let mut rows = Vec::new();
    for (name, package) in folder.list() {
        let about = &package.manifest.plugin;
        let consent = grants.of(&about.id).consent(&package.manifest, &package.publisher);
        let (state, missing) = match consent {
            Consent::Full => ("granted", Vec::new()),
            Consent::Missing(asks) => ("waits-for-consent", asks.into_iter().map(|a| a.key).collect()),
            Consent::OtherPublisher => ("other-publisher", Vec::new()),
        };
        if json {
            rows.push(serde_json::json!({
                "name": name, "id": about.id, "version": about.version, "publisher": package.publisher,
                "consent": state, "missing": missing, "exports": package.manifest.exports,
                "layers": package.manifest.permission.overlay.iter().map(|o| &o.layer).collect::<Vec<_>>(),
            }));
        } else {
            println!("{name:24} {:10} {state:18} {}", about.version, about.id);
        }
    }
    if json {
        println!("{}", serde_json::Value::Array(rows));
    }
    Ok(())
}

/// Prints the end of a plugin's log.
pub(crate) fn logs(plugin: &str, lines: usize, show: &Path) -> Result<(), ToolError> {
    let path = PluginFolder::beside(show).log_path(plugin);
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let all: Vec<&str> = text.lines().collect();
    for line in all.iter().skip(all.len().saturating_sub(lines)) {
        println!("{line}");
    }
    Ok(())
}

/// How often sources are looked at: a few dozen file times.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Builds and installs, again whenever something is saved. Ends with the terminal's interrupt.
pub(crate) fn dev(folder: &Path, show: &Path) -> Result<ExitCode, ToolError> {
    let mut last = BTreeMap::new();
    loop {
        let now = sources(folder);
        if now != last {
            last = now;
            let started = std::time::Instant::now();
            match pack_here(folder).and_then(|package| install(&package, show, true)) {
                Ok(()) => println!(
                    "on its way to the picture after {:.1} s; waiting for the next save",
                    started.elapsed().as_secs_f32()
                ),
                Err(error) => eprintln!("error [{}]: {error}", error.code()),
            }
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

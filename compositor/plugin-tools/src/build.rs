//! `build`: finds the language's toolchain, runs it, and leaves a component in `build/plugin.wasm`.

use crate::error::at;
use crate::new::write_kit;
use crate::{Lang, ToolError};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;
use vitrine_plugin_manifest::Manifest;
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";
const QJS: &str = "0.4.5";
const PY: &str = "0.25.1";

/// The folder's language, by what lies in it.
pub(crate) fn language(folder: &Path) -> Result<Lang, ToolError> {
    let has = |name: &str| folder.join(name).is_file();
    if !has("plugin.toml") {
        return Err(ToolError::NoPlugin("plugin.toml"));
    }
    match (has("Cargo.toml"), has("package.json"), has("app.py")) {
        (true, ..) => Ok(Lang::Rust),
        (_, true, _) => Ok(Lang::Js),
        (.., true) => Ok(Lang::Python),
        _ => Err(ToolError::NoPlugin("Cargo.toml, package.json or app.py")),
    }
}

/// Reads the folder's manifest.
pub(crate) fn manifest(folder: &Path) -> Result<Manifest, ToolError> {
    let path = folder.join("plugin.toml");
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    Ok(Manifest::parse(&text)?)
}

/// Builds the plugin of a folder and returns its component.
///
/// # Errors
/// [`ToolError::Toolchain`] says what to install; [`ToolError::Build`] that the language's own tool failed.
pub fn build(folder: &Path) -> Result<Vec<u8>, ToolError> {
    let lang = language(folder)?;
    let manifest = manifest(folder)?;
    if folder.join(".vitrine").is_dir() || lang != Lang::Rust {
        write_kit(folder, lang)?;
    }
    let out = folder.join("build");
    fs::create_dir_all(&out).map_err(at(&out))?;
    let path = out.join("plugin.wasm");
    let wit = if lang == Lang::Rust { PathBuf::new() } else { author_world(folder, &manifest)? };
    if lang != Lang::Rust && fresh(folder, &path) {
        return fs::read(&path).map_err(at(&path));
    }
    let component = match lang {
        Lang::Rust => rust(folder)?,
        Lang::Js => js(folder, &manifest, &wit)?,
        Lang::Python => python(folder, &wit)?,
    };
    fs::write(&path, &component).map_err(at(&path))?;
    println!("built {} ({} KiB)", path.display(), component.len() >> 10);
    Ok(component)
}

/// What a build or a show makes, and the show to try the plugin in: saving these is no change of the plugin.
const NOT_SOURCES: [&str; 10] = [
    "build",
    "target",
    "node_modules",
    "tests",
    "plugins",
    "recordings",
    "show.toml",
    "show.toml.new",
    "Cargo.lock",
    "__pycache__",
];

/// A plugin's sources and when each was saved.
pub(crate) fn sources(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut times = BTreeMap::new();
    walk(folder, &mut times);
    times
}

fn walk(folder: &Path, times: &mut BTreeMap<PathBuf, SystemTime>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if NOT_SOURCES.contains(&name.as_str()) || name.starts_with('.') || name.ends_with(".vpk") {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            walk(&path, times);
        } else if let Ok(time) = entry.metadata().and_then(|m| m.modified()) {
            times.insert(path, time);
        }
    }
}

/// Whether what was built is newer than all that it was built from. Cargo knows that by itself; the tools of the other
/// languages take seconds each time.
fn fresh(folder: &Path, built: &Path) -> bool {
    let Ok(made) = fs::metadata(built).and_then(|m| m.modified()) else { return false };
    let mut from = sources(folder);
    walk(&folder.join(".vitrine/wit"), &mut from);
    from.values().all(|saved| *saved < made)
}

fn run(command: &mut Command, name: &str) -> Result<(), ToolError> {
    let missing = |e: std::io::Error| ToolError::Toolchain { what: format!("`{name}` ({e})"), cure: cure(name) };
    let status = command.status().map_err(missing)?;
    if status.success() { Ok(()) } else { Err(ToolError::Build(name.to_owned())) }
}

fn cure(tool: &str) -> String {
    match tool {
        "cargo" => "https://rustup.rs, then: rustup target add wasm32-unknown-unknown".to_owned(),
        "npm" | "node" => "Node.js 20 or newer, https://nodejs.org or: apt install nodejs npm".to_owned(),
        _ => "Python 3.10 or newer with venv, https://python.org or: apt install python3 python3-venv".to_owned(),
    }
}

/// A way to build Rust for the web's target.
#[derive(Clone, Copy)]
enum RustWay {
    /// The toolchain on the path has the target.
    Target,
    /// Debian's own compiler with its library sources.
    Debian,
}

/// Asked once: `dev` builds again and again, and the compiler takes a while to answer.
fn rust_way() -> Result<RustWay, ToolError> {
    static KNOWN: OnceLock<RustWay> = OnceLock::new();
    match KNOWN.get() {
        Some(known) => Ok(*known),
        None => find_rust().map(|way| *KNOWN.get_or_init(|| way)),
    }
}

fn find_rust() -> Result<RustWay, ToolError> {
    let libdir = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    if let Ok(output) = libdir
        && output.status.success()
        && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    {
        return Ok(RustWay::Target);
    }
    let debian =
        ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library/std/Cargo.toml", "/usr/bin/rust-lld"];
    if debian.iter().all(|p| Path::new(p).exists()) {
        return Ok(RustWay::Debian);
    }
    Err(ToolError::Toolchain {
        what: format!("Rust's target {TARGET}"),
        cure: format!(
            "rustup target add {TARGET}; or on Debian: apt install rustc-web cargo-web rust-web-src rust-web-llvm lld-22"
        ),
    })
}

fn rust(folder: &Path) -> Result<Vec<u8>, ToolError> {
    let mut command = match rust_way()? {
        RustWay::Target => Command::new("cargo"),
        RustWay::Debian => {
            let mut command = Command::new("/usr/bin/cargo");
            command
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTC_BOOTSTRAP", "1")
                .args(["-Z", "build-std=std,panic_abort"]);
            command
        }
    };
    for (key, _) in std::env::vars_os() {
        if lent(&key.to_string_lossy()) {
            command.env_remove(&key);
        }
    }
    // One folder for all plugins of this user: the standard library is built once, not once for each.
    let target = set("VITRINE_GUEST_TARGET_DIR").unwrap_or_else(|| kept().join("guests"));
    command.current_dir(folder).env("CARGO_TARGET_DIR", &target).env("CARGO_ENCODED_RUSTFLAGS", neutral_paths());
    command.args(["build", "--release", "--quiet", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    let missing = |e: std::io::Error| ToolError::Toolchain { what: format!("`cargo` ({e})"), cure: cure("cargo") };
    let output = command.stderr(Stdio::inherit()).output().map_err(missing)?;
    if !output.status.success() {
        return Err(ToolError::Build("cargo".to_owned()));
    }
    let none =
        || ToolError::Component("the crate makes no .wasm; its Cargo.toml needs crate-type = [\"cdylib\"]".into());
    let path = module_of(&String::from_utf8_lossy(&output.stdout)).ok_or_else(none)?;
    let module = fs::read(&path).map_err(at(&path))?;
    let encoded = ComponentEncoder::default().module(&module).and_then(|e| e.validate(true).encode());
    encoded.map_err(|e| ToolError::Component(format!("{e:#}")))
}

/// Whether a variable is a setting that a cargo around this tool would lend the guest. Where to find the registry is not.
fn lent(key: &str) -> bool {
    const OURS: [&str; 6] =
        ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_", "CARGO_TERM_"];
    let cargos = key.starts_with("CARGO") || key.starts_with("__CARGO");
    cargos && !OURS.iter().any(|ours| key.starts_with(ours))
        || ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"].contains(&key)
}

/// The last WebAssembly module among what cargo says that it made.
fn module_of(said: &str) -> Option<PathBuf> {
    let lines = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let made = lines.filter(|line| line["reason"] == "compiler-artifact");
    let mut files = made.flat_map(|line| line["filenames"].as_array().cloned().unwrap_or_default());
    let wasm = |file: &serde_json::Value| file.as_str().is_some_and(|file| file.ends_with(".wasm"));
    files.rfind(wasm).and_then(|file| file.as_str().map(PathBuf::from))
}

/// Flags that keep this machine's folders out of the component: panics name source files, and an author's home is no
/// one's business. They are the same for all plugins of a user, so that what they share is built once.
fn neutral_paths() -> String {
    let home = set("HOME");
    let cargo_home = set("CARGO_HOME").or_else(|| Some(home.as_ref()?.join(".cargo")));
    // The last flag that fits wins, so the more particular folder comes later.
    let mut folders: Vec<(PathBuf, &str)> = home.map(|path| (path, "home")).into_iter().collect();
    folders.extend(cargo_home.map(|path| (path, "cargo")));
    folders.push((PathBuf::from("/usr/lib/rustlib/src/rust"), "rust"));
    let flag = |(path, name): (PathBuf, &str)| format!("--remap-path-prefix={}=/{name}", path.display());
    folders.into_iter().map(flag).collect::<Vec<_>>().join("\u{1f}")
}

fn set(key: &str) -> Option<PathBuf> {
    std::env::var_os(key).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Where build tools and what they make along the way are kept for all plugins of this user.
fn kept() -> PathBuf {
    let cache = || set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let kept = set("VITRINE_TOOLS_DIR").or_else(|| Some(cache()?.join("vitrine/plugin-tools")));
    kept.unwrap_or_else(|| std::env::temp_dir().join("vitrine-plugin-tools"))
}

/// The author's world: every import, and the exports of the manifest. A JavaScript or Python guest is built against it.
fn author_world(folder: &Path, manifest: &Manifest) -> Result<PathBuf, ToolError> {
    let exports: String = manifest.exports.iter().map(|e| format!("  export {e};\n")).collect();
    let text = format!("// What this plugin exports.\nworld author {{\n  include imports;\n{exports}}}\n");
    let wit = folder.join(".vitrine/wit");
    crate::new::write(&wit.join("author.wit"), &text)?;
    fs::canonicalize(&wit).map_err(at(&wit))
}

fn js(folder: &Path, manifest: &Manifest, wit: &Path) -> Result<Vec<u8>, ToolError> {
    let tool = kept_tool(&format!("componentize-qjs-{QJS}"), |to| {
        let wanted = format!("componentize-qjs@{QJS}");
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(to).arg(wanted);
        run(&mut npm, "npm")
    })?;
    let script = folder.join(".vitrine/build.mjs");
    fs::write(&script, include_str!("../templates/js/build.mjs")).map_err(at(&script))?;
    let mut command = Command::new("node");
    command.current_dir(folder).args([".vitrine/build.mjs", "src/plugin.js", "build/plugin.wasm"]).arg(wit);
    command.arg(tool).args(&manifest.exports);
    run(&mut command, "node")?;
    let path = folder.join("build/plugin.wasm");
    fs::read(&path).map_err(at(&path))
}

fn python(folder: &Path, wit: &Path) -> Result<Vec<u8>, ToolError> {
    let tool = kept_tool(&format!("componentize-py-{PY}"), |to| {
        run(Command::new("python3").args(["-m", "venv"]).arg(to), "python3")?;
        // By its module: the scripts of a virtual environment name the folder that it was made in.
        let mut pip = Command::new(to.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &format!("componentize-py=={PY}")]);
        run(&mut pip, "pip")
    })?;
    let mut command = Command::new(tool.join("bin/python"));
    command.current_dir(folder).args(["-c", "from componentize_py import script; script()", "-d"]).arg(wit).args([
        "-w",
        "author",
        "componentize",
        "app",
        "-o",
        "build/plugin.wasm",
    ]);
    command.stdout(Stdio::null());
    run(&mut command, "componentize-py")?;
    let path = folder.join("build/plugin.wasm");
    fs::read(&path).map_err(at(&path))
}

/// A language's build tool, installed once for all plugins of this user. It appears under its name when it is whole, so
/// that two builds at once, or one that was ended, leave nothing half-made.
fn kept_tool(name: &str, install: impl FnOnce(&Path) -> Result<(), ToolError>) -> Result<PathBuf, ToolError> {
    let tools = kept();
    let place = tools.join(name);
    if place.is_dir() {
        return Ok(place);
    }
    let fresh = tools.join(format!("{name}.{}", std::process::id()));
    fs::create_dir_all(&fresh).map_err(at(&fresh))?;
    println!("installing {name} into {} (once)", tools.display());
    if let Err(error) = install(&fresh) {
        // What is left of it helps nobody; the reason matters more than whether this works.
        drop(fs::remove_dir_all(&fresh));
        return Err(match error {
            ToolError::Build(tool) => ToolError::Toolchain {
                what: name.to_owned(),
                cure: format!("`{tool}` could not get it, see above; is the registry within reach?"),
            },
            other => other,
        });
    }
    match fs::rename(&fresh, &place) {
        // Another build was first.
        Err(_) if place.is_dir() => drop(fs::remove_dir_all(&fresh)),
        renamed => renamed.map_err(at(&place))?,
    }
    Ok(place)
}

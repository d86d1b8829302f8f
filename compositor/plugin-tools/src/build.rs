//! `build`: finds the language's toolchain, runs it, and leaves a component in `build/plugin.wasm`.

use crate::error::at;
use crate::new::write_kit;
use crate::{Lang, ToolError};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
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
    let component = match lang {
        Lang::Rust => rust(folder)?,
        Lang::Js => js(folder, &manifest)?,
        Lang::Python => python(folder, &manifest)?,
    };
    let out = folder.join("build");
    fs::create_dir_all(&out).map_err(at(&out))?;
    let path = out.join("plugin.wasm");
    fs::write(&path, &component).map_err(at(&path))?;
    println!("built {} ({} KiB)", path.display(), component.len() >> 10);
    Ok(component)
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
enum RustWay {
    /// The toolchain on the path has the target.
    Target,
    /// Debian's own compiler with its library sources.
    Debian,
}

fn rust_way() -> Result<RustWay, ToolError> {
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
    // A cargo that runs this tool must not lend the guest its own settings.
    for key in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTUP_TOOLCHAIN"]
    {
        command.env_remove(key);
    }
    let target = std::env::var_os("VITRINE_GUEST_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from);
    command.current_dir(folder).env("CARGO_TARGET_DIR", fs::canonicalize(folder).map_err(at(folder))?.join(&target));
    command.args(["build", "--release", "--quiet", "--target", TARGET]);
    if folder.join("Cargo.lock").is_file() {
        command.arg("--locked");
    }
    run(&mut command, "cargo")?;
    let name = crate_name(folder)?;
    let built = fs::canonicalize(folder).map_err(at(folder))?.join(target).join(TARGET).join("release");
    let path = built.join(format!("{}.wasm", name.replace('-', "_")));
    let module = fs::read(&path).map_err(at(&path))?;
    let encoded = ComponentEncoder::default().module(&module).and_then(|e| e.validate(true).encode());
    encoded.map_err(|e| ToolError::Component(format!("{e:#}")))
}

fn crate_name(folder: &Path) -> Result<String, ToolError> {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let table: toml::Table =
        toml::from_str(&text).map_err(|e| ToolError::Script { path: path.clone(), text: e.to_string() })?;
    let name = table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str);
    name.map(str::to_owned).ok_or(ToolError::NoPlugin("Cargo.toml with [package] name"))
}

/// The author's world: every import, and the exports of the manifest. A JavaScript or Python guest is built against it.
fn author_world(folder: &Path, manifest: &Manifest) -> Result<PathBuf, ToolError> {
    let exports: String = manifest.exports.iter().map(|e| format!("  export {e};\n")).collect();
    let text = format!("// What this plugin exports.\nworld author {{\n  include imports;\n{exports}}}\n");
    let wit = folder.join(".vitrine/wit");
    let path = wit.join("author.wit");
    fs::write(&path, text).map_err(at(&path))?;
    fs::canonicalize(&wit).map_err(at(&wit))
}

fn js(folder: &Path, manifest: &Manifest) -> Result<Vec<u8>, ToolError> {
    let wit = author_world(folder, manifest)?;
    if !folder.join("node_modules/componentize-qjs").is_dir() {
        println!("installing componentize-qjs {QJS} (once)");
        run(
            Command::new("npm").args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder),
            "npm",
        )?;
    }
    let script = folder.join(".vitrine/build.mjs");
    fs::write(&script, include_str!("../templates/js/build.mjs")).map_err(at(&script))?;
    let out = folder.join("build");
    fs::create_dir_all(&out).map_err(at(&out))?;
    let mut command = Command::new("node");
    command.current_dir(folder).arg(".vitrine/build.mjs").arg(&wit).args(["src/plugin.js", "build/plugin.wasm"]);
    run(&mut command, "node")?;
    let path = out.join("plugin.wasm");
    fs::read(&path).map_err(at(&path))
}

fn python(folder: &Path, manifest: &Manifest) -> Result<Vec<u8>, ToolError> {
    let wit = author_world(folder, manifest)?;
    let venv = folder.join(".vitrine/venv");
    let tool = venv.join("bin/componentize-py");
    if !tool.is_file() {
        println!("installing componentize-py {PY} (once)");
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv), "python3")?;
        let pip = venv.join("bin/pip");
        let wanted = format!("componentize-py=={PY}");
        run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", &wanted]), "pip")?;
    }
    let out = folder.join("build");
    fs::create_dir_all(&out).map_err(at(&out))?;
    let tool = fs::canonicalize(&tool).map_err(at(&tool))?;
    let mut command = Command::new(tool);
    command.current_dir(folder).arg("-d").arg(&wit).args([
        "-w",
        "author",
        "componentize",
        "app",
        "-o",
        "build/plugin.wasm",
    ]);
    command.stdout(std::process::Stdio::null());
    run(&mut command, "componentize-py")?;
    let path = out.join("plugin.wasm");
    fs::read(&path).map_err(at(&path))
}

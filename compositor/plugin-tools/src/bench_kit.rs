//! Packages for the benchmark: guests that were kept as bytes, and what the templates of the other languages make.

use crate::error::at;
use crate::{Lang, ToolError, build, new};
use std::fs;
use std::path::Path;
use vitrine_plugin_host::pack;
use wit_component::ComponentEncoder;

/// The Rust template, built against 1.0.0.
const HELLO: &[u8] = include_bytes!("../../plugin-host/tests/kept/hello-1.0.0.core.wasm");
/// The guest that does whatever its settings say that it should not.
const HOSTILE: &[u8] = include_bytes!("../../plugin-host/tests/kept/hostile.core.wasm");
/// Guests that no language's compiler would make: their `init` grows a table without end, or answers nonsense.
const WRITTEN: [(&str, &[u8]); 2] = [
    ("table-bomb", include_bytes!("../../plugin-host/tests/kept/table-bomb.wasm")),
    ("wrong-type", include_bytes!("../../plugin-host/tests/kept/wrong-type.wasm")),
];

const HELLO_TOML: &str = include_str!("../templates/common/plugin.toml");
const HOSTILE_TOML: &str = r#"
manifest = 1
exports = ["lifecycle", "timer-events", "payment-provider"]
[plugin]
id = "org.example.hostile"
name = "Hostile"
version = "1.0.0"
api = "1.0"
[[permission.overlay]]
layer = "card"
size = [100, 100]
reason = "draws what it must not"
[[permission.http]]
allow = "http://slow.test"
reason = "asks one that never answers"
"#;
const WRITTEN_TOML: &str = r#"
manifest = 1
exports = ["lifecycle"]
[plugin]
id = "org.example.NAME"
name = "NAME"
version = "1.0.0"
api = "1.0"
"#;

/// Writes `rust.vpk`, `hostile.vpk`, `table-bomb.vpk`, `wrong-type.vpk`, and `js.vpk` and `python.vpk` where their toolchains are.
///
/// # Errors
/// [`ToolError`] when the folder can't be written.
pub(crate) fn write(folder: &Path) -> Result<(), ToolError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let hello = HELLO_TOML.replace("{{name}}", "rust").replace("{{exports}}", r#"["lifecycle", "timer-events"]"#);
    kept(folder, "rust", HELLO, &hello)?;
    kept(folder, "hostile", HOSTILE, HOSTILE_TOML)?;
    for (name, component) in WRITTEN {
        written(folder, name, component, &WRITTEN_TOML.replace("NAME", name))?;
    }
    for (name, lang) in [("js", Lang::Js), ("python", Lang::Python)] {
        if folder.join(name).is_dir() {
            fs::remove_dir_all(folder.join(name)).map_err(at(folder))?;
        }
        new(folder, name, lang)?;
        match build(&folder.join(name)) {
            Ok(component) => save(folder, name, &component)?,
            Err(missing @ ToolError::Toolchain { .. }) => println!("left out: {missing}"),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn kept(folder: &Path, name: &str, module: &[u8], manifest: &str) -> Result<(), ToolError> {
    let encoded = ComponentEncoder::default().module(module).and_then(|e| e.validate(true).encode());
    written(folder, name, &encoded.map_err(|e| ToolError::Component(format!("{e:#}")))?, manifest)
}

fn written(folder: &Path, name: &str, component: &[u8], manifest: &str) -> Result<(), ToolError> {
    let place = folder.join(name);
    fs::create_dir_all(&place).map_err(at(&place))?;
    fs::write(place.join("plugin.toml"), manifest).map_err(at(&place))?;
    save(folder, name, component)
}

fn save(folder: &Path, name: &str, component: &[u8]) -> Result<(), ToolError> {
    let (_, bytes) = pack(&folder.join(name), component)?;
    let path = folder.join(format!("{name}.vpk"));
    fs::write(&path, bytes).map_err(at(&path))
}

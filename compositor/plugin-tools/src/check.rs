//! `check`: does the component do what the manifest says, and ask for what it uses?

use crate::ToolError;
use crate::build::manifest;
use crate::new::WIT;
use std::collections::BTreeSet;
use std::path::Path;
use vitrine_plugin_manifest::Manifest;
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldItem};

/// Bytes of a component at most; a package has to fit 32 MiB with its assets.
const COMPONENT_BYTES_MAX: usize = 24 << 20;

/// The interface names of a component: imports and exports of `vitrine:plugin`.
pub(crate) fn interfaces(component: &[u8]) -> Result<(BTreeSet<String>, BTreeSet<String>), ToolError> {
    let decoded = wit_component::decode(component).map_err(|e| ToolError::Component(format!("{e:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(ToolError::Component("it is a WIT package, not a component".to_owned()));
    };
    let Some(world) = resolve.worlds.get(world) else { return Err(ToolError::Component("it has no world".to_owned())) };
    let ours = |items: &mut dyn Iterator<Item = (&wit_parser::WorldKey, &WorldItem)>| {
        let mut names = BTreeSet::new();
        for (key, _) in items {
            let name = resolve.name_world_key(key);
            if let Some(rest) = name.strip_prefix("vitrine:plugin/") {
                names.insert(rest.split('@').next().unwrap_or(rest).to_owned());
            }
        }
        names
    };
    Ok((ours(&mut world.imports.iter()), ours(&mut world.exports.iter())))
}

/// Checks a folder's component against its manifest and the interface; returns lines that say what was found.
///
/// # Errors
/// [`ToolError::Check`] names the first thing that is wrong and the cure.
pub fn check(folder: &Path, component: &[u8]) -> Result<Vec<String>, ToolError> {
    let manifest = manifest(folder)?;
    if component.len() > COMPONENT_BYTES_MAX {
        let mib = COMPONENT_BYTES_MAX >> 20;
        return Err(ToolError::Check(format!(
            "the component has {} MiB; at most {mib} fit a package",
            component.len() >> 20
        )));
    }
    let (imports, exports) = interfaces(component)?;
    let said: BTreeSet<String> = manifest.exports.iter().cloned().collect();
    if let Some(missing) = said.difference(&exports).next() {
        return Err(ToolError::Check(format!(
            "plugin.toml exports `{missing}`, the component does not; implement it or remove it"
        )));
    }
    if let Some(extra) = exports.difference(&said).next() {
        return Err(ToolError::Check(format!("the component exports `{extra}`; add it to `exports` in plugin.toml")));
    }
    fits(component, &manifest)?;
    let mut lines = vec![format!("{} {}: {} KiB", manifest.plugin.id, manifest.plugin.version, component.len() >> 10)];
    lines.push(format!("exports: {}", manifest.exports.join(", ")));
    for ask in manifest.asks() {
        lines.push(format!("asks to {} (\"{}\"): {}", ask.text, ask.key, ask.reason));
    }
    lines.extend(unused(&manifest, &imports).into_iter().map(|text| format!("note: {text}")));
    Ok(lines)
}

/// The exact types against the released interface.
fn fits(component: &[u8], manifest: &Manifest) -> Result<(), ToolError> {
    let broken =
        |e: &dyn std::fmt::Display| ToolError::Check(format!("the component does not fit vitrine:plugin@1.0.0: {e:#}"));
    let exports: String = manifest.exports.iter().map(|e| format!("  export {e};\n")).collect();
    let world = format!("world author {{\n  include imports;\n{exports}}}\n");
    // The file with the package's name has to come first.
    let (head, rest): (Vec<_>, Vec<_>) = WIT.iter().partition(|(name, _)| *name == "types.wit");
    let text: String = head.iter().chain(&rest).map(|(_, text)| *text).chain([world.as_str()]).collect();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("vitrine.wit", &text).map_err(|e| broken(&format!("{e:#}")))?;
    let world = resolve.select_world(&[package], Some("author")).map_err(|e| broken(&format!("{e:#}")))?;
    // Guests of other languages also import WASI, which the host links empty: only our own imports are compared.
    if component.windows(5).any(|word| word == b"wasi:") {
        return Ok(());
    }
    wit_component::targets(&resolve, world, component).map_err(|e| broken(&format!("{e:#}")))
}

/// Powers that the component uses without asking, and the other way round.
fn unused(manifest: &Manifest, imports: &BTreeSet<String>) -> Vec<String> {
    let p = &manifest.permission;
    let asked = [
        ("overlay", !p.overlay.is_empty()),
        ("http", !p.http.is_empty()),
        ("udp", !p.udp.is_empty()),
        ("secrets", p.secrets.is_some()),
        ("kv", p.kv.is_some()),
        ("devices", p.devices.is_some()),
    ];
    let mut notes = Vec::new();
    for (power, asked) in asked {
        let used = imports.contains(power) || (power == "http" && imports.contains("assets"));
        if asked && !used && power != "secrets" {
            notes.push(format!("`permission.{power}` is asked for, but the component never uses it"));
        }
    }
    notes
}

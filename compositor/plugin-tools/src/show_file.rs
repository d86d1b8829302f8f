//! Adding a plugin to a show file: its settings table and its layers, keeping comments and order.

use crate::ToolError;
use crate::error::at;
use std::fs;
use std::path::Path;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};
use vitrine_plugin_manifest::Manifest;

/// Adds `[plugin.NAME]` and an `[[overlay]]` for each layer that has none. Returns lines that say what was added.
pub(crate) fn add(show: &Path, name: &str, manifest: &Manifest) -> Result<Vec<String>, ToolError> {
    let text = fs::read_to_string(show).map_err(at(show))?;
    let mut file: DocumentMut = text
        .parse()
        .map_err(|e: toml_edit::TomlError| ToolError::Show { path: show.to_owned(), text: e.to_string() })?;
    let mut added = Vec::new();
    if file.get("plugin").and_then(|p| p.get(name)).is_none() {
        let plugins = file.entry("plugin").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        if let Some(table) = plugins.as_table_mut() {
            table.insert(name, Item::Table(Table::new()));
            added.push(format!("{}: [plugin.{name}] added", show.display()));
        }
    }
    for layer in &manifest.permission.overlay {
        let overlays = file.entry("overlay").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let Some(overlays) = overlays.as_array_of_tables_mut() else { continue };
        let is = |t: &Table, key: &str, wanted: &str| t.get(key).and_then(Item::as_str) == Some(wanted);
        if overlays.iter().any(|t| is(t, "plugin", name) && is(t, "slot", &layer.layer)) {
            continue;
        }
        let mut table = Table::new();
        table.insert("name", value(format!("{name} {}", layer.layer)));
        table.insert("plugin", value(name));
        table.insert("slot", value(layer.layer.as_str()));
        let mut place = InlineTable::new();
        place.insert("anchor", "bottom-left".into());
        place.insert("x", "5%".into());
        place.insert("y", "95%".into());
        table.insert("place", value(place));
        table.insert("shown", value(true));
        overlays.push(table);
        added.push(format!("{}: [[overlay]] \"{name} {}\" added, bottom left", show.display(), layer.layer));
    }
    if !added.is_empty() {
        let fresh = show.with_extension("toml.new");
        fs::write(&fresh, file.to_string()).map_err(at(&fresh))?;
        fs::rename(&fresh, show).map_err(at(show))?;
    }
    Ok(added)
}

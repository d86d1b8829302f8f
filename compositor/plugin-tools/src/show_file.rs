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
        let (anchor, x, y) = free_corner(overlays);
        let mut place = InlineTable::new();
        place.insert("anchor", anchor.into());
        place.insert("x", x.into());
        place.insert("y", y.into());
        table.insert("place", value(place));
        table.insert("shown", value(true));
        overlays.push(table);
        let (show, corner) = (show.display(), anchor.replace('-', " "));
        added.push(format!("{show}: [[overlay]] \"{name} {}\" added, {corner}", layer.layer));
    }
    if !added.is_empty() {
        let fresh = show.with_extension("toml.new");
        fs::write(&fresh, file.to_string()).map_err(at(&fresh))?;
        fs::rename(&fresh, show).map_err(at(show))?;
    }
    Ok(added)
}

/// Corners in the order in which they are filled, inside the 5 % that every screen shows.
const CORNERS: [(&str, &str, &str); 4] = [
    ("bottom-left", "5%", "95%"),
    ("top-left", "5%", "5%"),
    ("top-right", "95%", "5%"),
    ("bottom-right", "95%", "95%"),
];

/// The corner where the fewest overlays are: what is installed next does not hide what is there.
fn free_corner(overlays: &ArrayOfTables) -> (&'static str, &'static str, &'static str) {
    let at = |table: &Table| Some(table.get("place")?.get("anchor")?.as_str()?.to_owned());
    let there = |anchor: &str| overlays.iter().filter(|table| at(table).as_deref() == Some(anchor)).count();
    let [first, ..] = CORNERS;
    CORNERS.into_iter().min_by_key(|(anchor, ..)| there(anchor)).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_take_a_corner_each_before_two_share_one() {
        let folder = tempfile::tempdir().unwrap();
        let show = folder.path().join("show.toml");
        fs::write(&show, "# mine\n[[overlay]]\nname = \"sign\"\nplace = { anchor = \"top-left\" }\n").unwrap();
        let of = |name: &str| {
            let text = format!(
                "manifest = 1\nexports = [\"lifecycle\"]\n[plugin]\nid = \"test.{name}\"\nname = \"P\"\nversion = \"1.0.0\"\napi = \"1.0\"\n[[permission.overlay]]\nlayer = \"card\"\nsize = [100, 100]\nreason = \"tests\"\n"
            );
            Manifest::parse(&text).unwrap()
        };
        let mut corners = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let said = add(&show, name, &of(name)).unwrap();
            corners.push(said[1].rsplit(", ").next().unwrap().to_owned());
        }
        assert_eq!(corners, ["bottom left", "top right", "bottom right", "bottom left"]);
        assert!(add(&show, "a", &of("a")).unwrap().is_empty(), "what is there stays as it is");
        assert!(fs::read_to_string(&show).unwrap().starts_with("# mine"));
    }
}

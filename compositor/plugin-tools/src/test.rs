//! `test`: plays the scripts under `tests/` against a fake host and compares the transcripts.

use crate::ToolError;
use crate::error::at;
use std::fs;
use std::path::Path;
use vitrine_plugin_host::rehearsal::Rehearsed;
use vitrine_plugin_host::{pack, read_package};

/// Plays every `tests/CASE/script.toml`; `bless` writes the transcripts instead of comparing. `false`: one differs.
///
/// # Errors
/// [`ToolError`] when there is nothing to play or a script can't be read.
pub fn test(folder: &Path, component: &[u8], bless: bool) -> Result<bool, ToolError> {
    let (_, bytes) = pack(folder, component)?;
    let package = read_package(&bytes).map_err(|e| ToolError::Check(e.to_string()))?;
    let rehearsed = Rehearsed::new(package).map_err(ToolError::Compile)?;
    let tests = folder.join("tests");
    let mut cases: Vec<_> = fs::read_dir(&tests).map_err(at(&tests))?.flatten().map(|e| e.path()).collect();
    cases.retain(|p| p.join("script.toml").is_file());
    cases.sort();
    if cases.is_empty() {
        return Err(ToolError::Unknown(
            "there is no tests/CASE/script.toml; see the author's guide, Testing".to_owned(),
        ));
    }
    let mut good = true;
    for case in &cases {
        good &= play(&rehearsed, case, bless)?;
    }
    Ok(good)
}

fn play(rehearsed: &Rehearsed, case: &Path, bless: bool) -> Result<bool, ToolError> {
    let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let script_path = case.join("script.toml");
    let script = fs::read_to_string(&script_path).map_err(at(&script_path))?;
    let played = rehearsed.play(&script).map_err(|text| ToolError::Script { path: script_path, text })?;
    let actual = played.lines.join("\n") + "\n";
    let expected_path = case.join("expected.txt");
    if bless {
        fs::write(&expected_path, &actual).map_err(at(&expected_path))?;
        println!("{name}: written");
        return Ok(true);
    }
    // A case that nobody has blessed yet differs from its first line on.
    let expected = match fs::read_to_string(&expected_path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(at(&expected_path))?,
    };
    let same = expected == actual;
    println!("{name}: {}", if same { "ok" } else { "DIFFERS" });
    for (event, fuel) in &played.fuel {
        println!("  {event}: {fuel} fuel");
    }
    if !same {
        let (mut left, mut right) = (expected.lines(), actual.lines());
        let differing = (1_usize..).find_map(|n| match (left.next(), right.next()) {
            (None, None) => Some((n, "", "")),
            (a, b) if a != b => Some((n, a.unwrap_or("(end)"), b.unwrap_or("(end)"))),
            _ => None,
        });
        if let Some((line, wanted, found)) = differing {
            println!("  line {line} of expected.txt:\n  - {wanted}\n  + {found}");
        }
        let actual_path = case.join("actual.txt");
        fs::write(&actual_path, &actual).map_err(at(&actual_path))?;
        println!("  all of it is in {}; if it is right: vitrine plugin test --bless", actual_path.display());
    }
    Ok(same)
}

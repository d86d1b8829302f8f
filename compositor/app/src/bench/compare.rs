//! What changed since a saved run of `bench render --json`.

use super::render::Row;
use anyhow::Context;
use serde::Deserialize;
use std::path::Path;

/// Change below which two runs of the same program differ on a quiet machine.
const NOISE: f64 = 0.03;

/// The part of a saved row that is compared.
#[derive(Debug, Deserialize)]
struct Before {
    case: String,
    size: String,
    peer: Option<String>,
    fps: f64,
    ratio: Option<f64>,
}

#[derive(Deserialize)]
struct Saved {
    machine: String,
    cases: Vec<Before>,
}

/// Prints the change of every figure that both runs have, on standard error: standard output may be JSON.
pub(super) fn compare(rows: &[Row], path: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    let saved: Saved = serde_json::from_str(&text)
        .with_context(|| format!("{} is not what `bench render --json` prints", path.display()))?;
    eprintln!("since {} ({}):", path.display(), saved.machine);
    for line in lines(rows, &saved.cases) {
        eprintln!("{line}");
    }
    Ok(())
}

fn lines(rows: &[Row], before: &[Before]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        let peer = row.peer;
        let was = before.iter().find(|b| b.case == row.case && b.size == row.size && b.peer.as_deref() == peer);
        let name = format!("{:<10} {:<6} {:<26}", row.case, row.size, peer.unwrap_or("–"));
        let Some(was) = was else {
            lines.push(format!("{name} new"));
            continue;
        };
        let ratio = match (was.ratio, row.ratio) {
            (Some(before), Some(now)) => format!("ratio {before:.1}× → {now:.1}×"),
            _ => String::new(),
        };
        lines.push(format!("{name} {:>9.1} → {:>9.1} fps  {:<9} {ratio}", was.fps, row.fps, change(was.fps, row.fps)));
    }
    lines
}

/// `+12 %`, `−8 %`, or `same` within the noise.
fn change(before: f64, now: f64) -> String {
    let part = now / before - 1.0;
    if part.abs() <= NOISE {
        "same".to_owned()
    } else {
        format!("{}{:.0} %", if part > 0.0 { "+" } else { "−" }, part.abs() * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_from_noise() {
        assert_eq!(change(100.0, 102.0), "same");
        assert_eq!(change(100.0, 150.0), "+50 %");
        assert_eq!(change(200.0, 150.0), "−25 %");
    }

    #[test]
    fn rows_are_matched_by_case_size_and_peer() {
        let row = |fps, ratio| {
            let mut row = Row::example();
            (row.fps, row.ratio) = (fps, ratio);
            row
        };
        let json = serde_json::json!({ "machine": "m", "cases": [row(100.0, Some(2.0))] });
        let saved: Saved = serde_json::from_value(json).expect("rows are read as they are written");
        let mut alone = row(1.0, None);
        alone.peer = None;
        let lines = lines(&[row(200.0, Some(4.0)), alone], &saved.cases);
        assert!(lines[0].contains("+100 %") && lines[0].contains("2.0× → 4.0×"), "{lines:?}");
        assert!(lines[1].ends_with("new"), "{lines:?}");
    }
}

//! Files are small, say what they are for, and open threads only where threads are opened.

#![allow(clippy::expect_used, reason = "a test says what went wrong by failing")]

use std::fs;
use tidy::{files, shown};

/// House rule: a file is read in one sitting.
const LINES_MAX: usize = 500;

fn sources() -> Vec<(String, String)> {
    ["compositor", "plugin-api", "plugins", "scenes", "tests", "examples"]
        .iter()
        .flat_map(|dir| files(dir, ".rs"))
        .map(|path| (shown(&path), fs::read_to_string(&path).expect("a source file is UTF-8")))
        .collect()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

#[test]
fn the_first_line_says_what_a_file_is_for() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "say in the first line what these are for:\n{}", silent.join("\n"));
}

#[test]
fn threads_have_names() {
    // Spelled in two parts so that this file does not find itself.
    let bare = ["thread::", "spawn("].concat();
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(path, _)| path.starts_with("compositor") && path.contains("/src/") && !path.contains("/tests/"))
        .filter(|(path, _)| path != "compositor/media/src/thread.rs")
        .filter(|(_, text)| {
            let library = text.split("#[cfg(test)]").next().unwrap_or_default();
            library.contains(&bare)
        })
        .map(|(path, _)| path)
        .collect();
    assert!(wrong.is_empty(), "name the thread: vitrine_media::spawn\n{}", wrong.join("\n"));
}

/// Clones share a target directory, where cargo takes one's tests for another's: a folder that is compiled in may be the
/// other's, or gone.
#[test]
fn folders_are_asked_for_when_a_program_runs() {
    let baked = ["env!(\"CARGO_", "MANIFEST_DIR\")"].concat();
    let wrong: Vec<_> = sources().into_iter().filter(|(_, text)| text.contains(&baked)).map(|(path, _)| path).collect();
    assert!(wrong.is_empty(), "ask std::env::var_os at run time:\n{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X:"].concat()];
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| marks.iter().any(|mark| text.contains(mark.as_str())))
        .map(|(path, _)| path)
        .collect();
    assert!(wrong.is_empty(), "write it down in an issue instead:\n{}", wrong.join("\n"));
}

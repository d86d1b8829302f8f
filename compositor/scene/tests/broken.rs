//! Broken show files: each `broken/NAME.toml` gives exactly the problems of `broken/NAME.txt`, with line and cure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::path::PathBuf;
use vitrine_scene::file;

#[test]
fn every_broken_file_is_refused_with_line_and_cure() {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/broken");
    let bless = std::env::var_os("VITRINE_BLESS").is_some();
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 40, "only {} broken files", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let text = std::fs::read_to_string(&case).unwrap();
        let Err(problems) = file::parse(&text, "show.toml") else {
            wrong.push(format!("{}: accepted", case.display()));
            continue;
        };
        let told: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        let expected = case.with_extension("txt");
        if bless {
            std::fs::write(&expected, &told).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        if told != expected {
            wrong.push(format!("{}: expected\n{expected}told\n{told}", case.display()));
        }
        for problem in &problems {
            assert!(problem.line >= 1 && problem.column >= 1 && problem.code.starts_with("FILE_"), "{problem:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_secret_in_the_file_is_never_repeated() {
    for entry in
        std::fs::read_dir(PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/broken")).unwrap()
    {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let told = file::parse(&text, "show.toml").map_err(|problems| format!("{problems:?}"));
            assert!(!told.is_err_and(|told| told.contains("s3cr3t")), "{} leaks", path.display());
        }
    }
}

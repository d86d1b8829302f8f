//! `vitrine check` as a stranger meets it: every problem at once, with line and cure, and exit code 1.

#![allow(clippy::expect_used, reason = "a test says what went wrong by failing")]

use std::process::{Command, Output};

fn check(text: &str) -> (Output, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("show.toml");
    std::fs::write(&file, text).expect("the file is written");
    let out = Command::new(env!("CARGO_BIN_EXE_vitrine")).arg("check").arg(&file).output().expect("vitrine runs");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    (out, said)
}

const HEAD: &str = "vitrine = 1\nname = \"A show\"\n[[canvas]]\nname = \"main\"\nsize = [640, 360]\n";

#[test]
fn a_good_file_is_fine() {
    let (out, said) = check(&format!("{HEAD}[input.bars]\nkind = \"test\"\n[[scene]]\nname = \"One\"\n"));
    assert!(out.status.success(), "{said}");
}

#[test]
fn all_problems_come_in_one_pass_with_their_lines() {
    let (out, said) = check(&format!("{HEAD}[input.bars]\nkind = \"tset\"\n[[scene]]\nnmae = \"One\"\n"));
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains(":7:") && said.contains("test"), "{said}");
    assert!(said.contains(":9:") && said.contains("\"name\""), "{said}");
}

#[test]
fn a_missing_image_is_named_at_its_line() {
    let (out, said) = check(&format!("{HEAD}[input.logo]\nkind = \"image\"\npath = \"logo.png\"\n"));
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains(":8:") && said.contains("logo.png") && said.contains("there is no file"), "{said}");
}

#[test]
fn a_folder_instead_of_a_file_is_told() {
    let out = Command::new(env!("CARGO_BIN_EXE_vitrine")).args(["check", "/"]).output().expect("vitrine runs");
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("can't read the show file"));
}

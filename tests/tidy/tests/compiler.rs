//! The program that goes on air carries no compiler: what is compiled is compiled by a process of its own.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::process::Command;
use tidy::root;

/// The crates that a package is made of, its tests' and its build scripts' left out.
fn crates(package: &str) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let out = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--edges", "normal", "--package", package])
        // As it is built for use: by itself, not together with the tools.
        .env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION")
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn the_live_program_carries_no_compiler_and_the_tools_do() {
    let (live, tools) = (crates("vitrine"), crates("vitrine-plugin-tools"));
    let compiles = |crates: &str| crates.lines().any(|line| line.starts_with("cranelift-codegen "));
    assert!(live.lines().any(|line| line.starts_with("wasmtime ")), "{live}");
    assert!(!compiles(&live), "the live program carries Cranelift");
    assert!(compiles(&tools), "the tools carry none");
}

//! The program `vitrine-plugin`: the author's and the operator's tools, and the compiler that a live show does not carry.

use clap::Parser;
use std::process::ExitCode;
use vitrine_plugin_tools::{PluginCommand, run};

/// Makes, checks, packs, installs and grants plugins.
#[derive(Debug, Parser)]
#[command(name = "vitrine plugin", version, about)]
struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: PluginCommand,
}

fn main() -> ExitCode {
    run(Cli::parse().command)
}

//! The tools alone, without the studio: `cargo run -p vitrine-plugin-tools --example vitrine-plugin -- plugin new hello`.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use vitrine_plugin_tools::{PluginCommand, run};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Top,
}

#[derive(Subcommand)]
enum Top {
    /// Write, test, pack and install plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
}

fn main() -> ExitCode {
    let Top::Plugin(command) = Cli::parse().command;
    run(command)
}

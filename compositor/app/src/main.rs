//! The program `vitrine`: reads its command line and does what it says.

#![allow(unreachable_pub, reason = "a program has no outside; `pub` says what a module offers the others")]

mod bench;
mod cards;
mod chat;
mod check;
mod cli;
mod database;
mod deals;
mod desk;
mod files;
mod give_back;
mod guests;
mod heap;
mod journal;
mod jpeg;
mod keyed;
mod load;
mod machines;
mod moments;
mod monitors;
mod on_air;
mod one_line;
mod opening;
mod payments;
mod probe;
mod proposals;
mod render;
mod renderer;
mod run;
mod seats;
mod shopfront;
mod sound;
mod spec;
mod stats;
mod studio;
mod tick;
mod urgency;
mod watch;
mod wiring;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Check { file } => return check::check(&file),
        Command::Render(args) => render::render(&args),
        Command::Probe { json } => probe::probe(json),
        Command::Schema => {
            println!("{:#}", vitrine_scene::file::schema());
            Ok(())
        }
        Command::Key(args) => keyed::key(&args),
        Command::Store(command) => database::run(&command),
        Command::Plugin { words } => plugin(&words),
        Command::Bench(args) => bench::bench(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("vitrine: {why:#}");
            ExitCode::FAILURE
        }
    }
}

/// Becomes the program of the author's tools. They carry the compiler, which a live show does not.
fn plugin(words: &[std::ffi::OsString]) -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt;
    let tools = guests::tools()?;
    let failed = std::process::Command::new(&tools).args(words).exec();
    Err(anyhow::anyhow!("can't start {}: {failed}; it is installed beside vitrine", tools.display()))
}

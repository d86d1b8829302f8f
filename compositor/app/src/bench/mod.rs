//! `vitrine bench`: figures, beside peers in the same run where there are any.

mod chart;
mod clips;
mod compare;
mod demo;
mod edit;
mod flicker;
mod hostile;
mod memory;
mod on_air;
mod pace;
mod peers;
mod plot;
mod plugins;
mod render;
mod shop;
pub mod shopfloor;
mod threads;
mod timed;
mod tsunami;
mod viewers;
mod wire;

use crate::cli::BenchArgs;
use anyhow::anyhow;

/// Runs the benchmark that was asked for.
pub fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    match args.name.as_str() {
        "on-air" => on_air::bench(args),
        "render" => render::bench(args),
        "plugins" => plugins::bench(args),
        "store" => shop::store(args),
        "tsunami" => tsunami::bench(args),
        "viewers" => viewers::bench(args),
        // The other half of `viewers`, which starts it.
        "audience" => viewers::audience(args),
        "keying" => {
            let mut options = keying::Options::full();
            options.axes.extend(args.case.clone());
            let table = keying::run(&options, |row| eprintln!("{row}"));
            if let Some(dir) = &args.sheets {
                keying::write_sheets(&options, &table, dir)?;
            }
            if args.json {
                println!("{}", serde_json::to_string_pretty(&table)?);
            } else {
                println!("{table}");
            }
            Ok(())
        }
        name => {
            const KNOWN: &str = "on-air, render, keying, plugins, store, tsunami, viewers";
            Err(anyhow!("there is no benchmark {name}; there are: {KNOWN}"))
        }
    }
}

//! `vitrine bench`: figures, beside peers in the same run where there are any.

mod clips;
mod flicker;
mod on_air;
mod peers;
mod plugins;
mod render;
mod shop;
mod threads;

use crate::cli::BenchArgs;
use anyhow::anyhow;

/// Runs the benchmark that was asked for.
pub fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    match args.name.as_str() {
        "on-air" => on_air::bench(args),
        "render" => render::bench(args),
        "plugins" => plugins::bench(args),
        "store" => shop::store(args),
        "tsunami" => shop::tsunami(args),
        "keying" => {
            let table = keying::run(&keying::Options::full(), |row| eprintln!("{row:?}"));
            if args.json {
                println!("{}", serde_json::to_string_pretty(&table)?)
            } else {
                println!("{table}")
            }
            Ok(())
        }
        name => {
            Err(anyhow!("there is no benchmark {name}; there are: on-air, render, keying, plugins, store, tsunami"))
        }
    }
}

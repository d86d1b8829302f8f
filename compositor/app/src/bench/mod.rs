//! `vitrine bench`: figures, beside peers in the same run where there are any.

mod clips;
mod on_air;

use crate::cli::BenchArgs;
use anyhow::anyhow;

/// Runs the benchmark that was asked for.
pub fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    match args.name.as_str() {
        "on-air" => on_air::bench(args),
        name => Err(anyhow!("there is no benchmark {name}; there are: on-air")),
    }
}

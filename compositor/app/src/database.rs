//! `vitrine store`: audits and exports the shop's database.

use crate::cli::StoreCommand;
use anyhow::{Context, anyhow};
use std::fs::File;
use std::io::{BufWriter, Write};
use vitrine_store::Format;

/// Runs one command.
pub fn run(command: &StoreCommand) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't start the database client")?;
    runtime.block_on(async {
        match command {
            StoreCommand::Check { db } => check(db).await,
            StoreCommand::Export { db, to } => {
                for (ending, format) in [("csv", Format::Csv), ("parquet", Format::Parquet)] {
                    for what in ["orders", "ledger"] {
                        let path = to.join(format!("{what}.{ending}"));
                        let file = File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
                        let mut out = BufWriter::new(file);
                        let written = match what {
                            "orders" => vitrine_store::orders(db, format, &mut out).await,
                            _ => vitrine_store::ledger(db, format, &mut out).await,
                        };
                        let written = written.with_context(|| format!("can't export to {}", path.display()))?;
                        out.flush().with_context(|| format!("can't write {}", path.display()))?;
                        println!("{}: {written} {what}", path.display());
                    }
                }
                Ok(())
            }
        }
    })
}

async fn check(db: &str) -> anyhow::Result<()> {
    let audit = vitrine_store::check(db).await.context("can't read the database")?;
    println!("{audit:#?}");
    if audit.clean() { Ok(()) } else { Err(anyhow!("ledger and counters disagree; the lines above say where")) }
}

//! `vitrine store`: audits and exports the shop's database.

use crate::cli::StoreCommand;
use anyhow::{Context, anyhow};
use std::fs::File;
use std::io::BufWriter;

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
                for (name, orders) in [("orders.csv", true), ("ledger.csv", false)] {
                    let path = to.join(name);
                    let file = File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
                    let mut out = BufWriter::new(file);
                    let written = if orders {
                        vitrine_store::orders_csv(db, &mut out).await
                    } else {
                        vitrine_store::ledger_csv(db, &mut out).await
                    };
                    println!("{}: {} rows", path.display(), written.context("can't read the database")?);
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

//! The shop under load: durable reserves per second, and a thousand units for ten thousand buyers.
//!
//! Buyers reach the store directly here; what HTTP adds is not in these figures.

use crate::cli::BenchArgs;
use anyhow::Context;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use vitrine_store::bench::{Form, naive, throughput, tsunami_on};

/// Clients of the batched rows: enough to fill batches.
const CLIENTS: usize = 512;
/// Clients of the rows that commit each reserve by itself, and of PostgreSQL's comparison.
const FEW_CLIENTS: usize = 32;

/// Runs on a fresh file of this folder's disk, so that its fsync is the one that a show would have.
fn with_folder<T>(work: impl AsyncFnOnce(&Path) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let folder = std::env::current_dir()?.join(format!("vitrine-bench-{}.db", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(work(&folder));
    std::fs::remove_dir_all(&folder).with_context(|| format!("can't remove {}", folder.display()))?;
    done
}

/// `vitrine bench store`.
pub(super) fn store(args: &BenchArgs) -> anyhow::Result<()> {
    let rows = with_folder(async |folder| {
        let file = |name: &str| folder.join(name).display().to_string();
        let mut rows = vec![
            throughput(&file("unbatched.db"), Form::Unbatched, FEW_CLIENTS, 5_000).await?,
            throughput(&file("batched.db"), Form::Batched, CLIENTS, 200_000).await?,
        ];
        if let Some(url) = &args.db {
            rows.push(throughput(url, Form::OneStatement, FEW_CLIENTS, 10_000).await?);
            rows.push(throughput(url, Form::Batched, FEW_CLIENTS, 10_000).await?);
            rows.push(throughput(url, Form::Batched, CLIENTS, 50_000).await?);
        }
        Ok(rows)
    })?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        for row in rows {
            println!(
                "{:<9} {:<13} {:>4} clients {:>9.0} reserves/s",
                row.db,
                format!("{:?}", row.form),
                row.clients,
                row.per_s
            );
        }
    }
    Ok(())
}

/// `vitrine bench tsunami`.
pub(super) fn tsunami(args: &BenchArgs) -> anyhow::Result<()> {
    let second = Duration::from_secs(1);
    let figures: Value = with_folder(async |folder| {
        let file = |name: &str| folder.join(name).display().to_string();
        let url = args.db.clone().unwrap_or_else(|| file("tsunami.db"));
        let ours = tsunami_on(&url, args.buyers, args.units, second).await?;
        let other = args.db.clone().unwrap_or_else(|| file("naive.db"));
        let naive = naive(&other, args.buyers, args.units, second).await?;
        Ok(json!({
            "sold": ours.sold,
            "oversold": ours.oversold,
            "answered": ours.answered,
            "reserve_ms": ours.reserve_ms,
            "counter_lag_ms": ours.counter_lag_ms,
            "naive": { "sold": naive.sold, "oversold": naive.oversold },
        }))
    })?;
    println!("{figures:#}");
    Ok(())
}

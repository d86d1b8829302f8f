//! The store under load: durable reserves per second. Buyers reach it directly here; what HTTP adds is not in these
//! figures.

use crate::cli::BenchArgs;
use anyhow::Context;
use std::path::Path;
use vitrine_store::bench::{Form, throughput};

/// Clients of the batched rows: enough to fill batches.
const CLIENTS: usize = 2048;
/// Clients of the rows that commit each reserve by itself, and of PostgreSQL's comparison.
const FEW_CLIENTS: usize = 32;

/// Runs on a fresh file of this folder's disk, so that its fsync is the one that a show would have.
pub(super) fn with_folder<T>(work: impl AsyncFnOnce(&Path) -> anyhow::Result<T>) -> anyhow::Result<T> {
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

//! Prints the store's figures as JSON, a line each: `cargo bench -p vitrine-store -- [postgres://URL] [PER CENT]`. SQLite runs
//! in a fresh file of the current folder's file system, so that its fsync is the one that a show would have.

use serde_json::json;
use std::time::Duration;
use vitrine_store::bench::{BenchError, Form, naive, throughput, tsunami_on};

fn main() -> Result<(), BenchError> {
    let postgres = std::env::args().skip(1).find(|arg| arg.starts_with("postgres"));
    let percent: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100);
    let of = |reserves: u64| reserves * percent / 100;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = runtime else { return Err(BenchError::Form("no runtime")) };
    runtime.block_on(async {
        let Ok(folder) = tempfile::tempdir_in(".") else { return Err(BenchError::Form("no folder to write in")) };
        let file = |name: &str| folder.path().join(name).display().to_string();
        let show = |row: serde_json::Value| println!("{row}");
        show(json!(throughput(&file("unbatched.db"), Form::Unbatched, 32, of(5_000)).await?));
        show(json!(throughput(&file("batched.db"), Form::Batched, 2048, of(200_000)).await?));
        show(json!({ "tsunami": tsunami_on(&file("tsunami.db"), 10_000, 1_000, Duration::from_secs(1)).await? }));
        show(json!({ "naive": naive(&file("naive.db"), 10_000, 1_000, Duration::from_secs(1)).await? }));
        let Some(url) = postgres else { return Ok(()) };
        show(json!(throughput(&url, Form::OneStatement, 32, of(10_000)).await?));
        show(json!(throughput(&url, Form::Batched, 512, of(50_000)).await?));
        show(json!(throughput(&url, Form::Batched, 32, of(10_000)).await?));
        show(json!({ "tsunami": tsunami_on(&url, 10_000, 1_000, Duration::from_secs(1)).await? }));
        show(json!({ "naive": naive(&url, 10_000, 1_000, Duration::from_secs(1)).await? }));
        Ok(())
    })
}

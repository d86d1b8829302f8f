//! `vitrine bench tsunami`: a thousand units for ten thousand buyers within a second, over HTTP, and a naive store
//! beside it.
//!
//! Buyers hold, pay at the test provider and are told; each has a connection that is open already, as a viewer's is (where
//! the system allows too few open files, the last buyers use those of the first): opening it is no part of a reserve. The
//! same reserves are also timed in the server, from the request that is read to the answer that can be written: what the
//! buyers see beyond that is the way, and waiting for a processor, which the buyers here share with the server. The
//! host's counter is read from the viewers' WebSocket: it is behind by as long as it shows less than was acknowledged.

use super::shop::with_folder;
use super::shopfloor::{SLUG, ShopFloor};
use super::wire::{Reply, Wire, buyer};
use crate::cli::BenchArgs;
use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Mutex as AsyncMutex;
use vitrine_store::bench::{Bought, HOT, Percentiles, Try, Tsunami, naive, tsunami};

/// In which time all buyers come.
const ARRIVAL: Duration = Duration::from_secs(1);
/// How long the counter may take to show the last unit before the measurement is given up.
const COUNTER_PATIENCE: Duration = Duration::from_secs(10);
/// Open files that are no connections of buyers.
const FILES_KEPT: u64 = 1_000;
/// Connections that are opened at the same time before the start.
const OPENED_AT_ONCE: usize = 64;

/// Instants of acknowledged holds, and what the counter showed when.
#[derive(Default)]
struct Watched {
    acknowledged: Vec<Instant>,
    shown: Vec<(Instant, u64)>,
}

type Watch = Arc<Mutex<Watched>>;

/// Runs both and prints the figures.
pub(super) fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    let wires = args.buyers.min(crate::files::allow_many().saturating_sub(FILES_KEPT) / 2).max(1);
    let figures: Value = with_folder(async |folder| {
        let file = |name: &str| folder.join(name).display().to_string();
        let url = args.db.clone().unwrap_or_else(|| file("tsunami.db"));
        let (ours, store_ms) = over_http(&url, args.buyers, args.units, wires).await?;
        let audit = vitrine_store::check(&url).await?;
        if !audit.clean() {
            return Err(anyhow!("ledger and counters disagree: {:#?}", audit.faults));
        }
        let other = args.db.clone().unwrap_or_else(|| file("naive.db"));
        let naive = naive(&other, args.buyers, args.units, ARRIVAL).await?;
        Ok(json!({
            "sold": ours.sold,
            "oversold": ours.oversold,
            "answered": ours.answered,
            "reserve_ms": ours.reserve_ms,
            "store_ms": store_ms,
            "counter_lag_ms": ours.counter_lag_ms,
            "naive": { "sold": naive.sold, "oversold": naive.oversold },
        }))
    })?;
    if args.json {
        println!("{figures:#}");
        return Ok(());
    }
    println!("{} buyers, {} units, {} s of arrivals, over HTTP", args.buyers, args.units, ARRIVAL.as_secs());
    println!("sold            {}, {} too many", figures["sold"], figures["oversold"]);
    println!("answered        {}", figures["answered"]);
    println!("reserve         p50 {} ms, p99 {} ms", figures["reserve_ms"]["p50"], figures["reserve_ms"]["p99"]);
    println!("  in the server p50 {} ms, p99 {} ms", figures["store_ms"]["p50"], figures["store_ms"]["p99"]);
    println!(
        "counter behind  p50 {} ms, p99 {} ms",
        figures["counter_lag_ms"]["p50"], figures["counter_lag_ms"]["p99"]
    );
    println!("naive store     sold {}, {} too many", figures["naive"]["sold"], figures["naive"]["oversold"]);
    Ok(())
}

async fn over_http(url: &str, buyers: u64, units: u64, wires: u64) -> anyhow::Result<(Tsunami, Percentiles)> {
    let floor = ShopFloor::open(url, units).await.context("the shop could not be opened")?;
    let watch = Watch::default();
    let host = tokio::spawn(count(floor.address, units, Arc::clone(&watch)));
    let wires = Arc::new(open_wires(floor.address, wires).await?);
    let (watching, address) = (Arc::clone(&watch), floor.address);
    let run = uuid::Uuid::now_v7().simple().to_string();
    let mut result = tsunami(buyers, units, ARRIVAL, move |n| {
        let (wires, watch, order) = (Arc::clone(&wires), Arc::clone(&watching), format!("{run}-{n}"));
        async move {
            let began = Instant::now();
            let slot = usize::try_from(n).ok().and_then(|n| wires.get(n % wires.len().max(1)));
            let bought = match slot {
                Some(slot) => buy(slot, address, n, &order, &watch).await,
                None => Ok((Bought::Failed, began.elapsed())),
            };
            let (bought, reserve) = bought.unwrap_or((Bought::Failed, began.elapsed()));
            Try { bought, reserve, counter_lag: None }
        }
    })
    .await?;
    let held = watch.lock().unwrap_or_else(PoisonError::into_inner).acknowledged.len();
    wait_for_counter(&watch, held).await?;
    host.abort();
    result.counter_lag_ms = Percentiles::of(lags(&watch.lock().unwrap_or_else(PoisonError::into_inner)));
    let store_ms = Percentiles::of(floor.timed.holds());
    drop(floor);
    Ok((result, store_ms))
}

type Wires = Vec<AsyncMutex<Option<Wire>>>;

/// Every buyer's connection, open and used once.
async fn open_wires(address: SocketAddr, buyers: u64) -> anyhow::Result<Wires> {
    let places = Arc::new(tokio::sync::Semaphore::new(OPENED_AT_ONCE));
    let mut opening = tokio::task::JoinSet::new();
    for n in 0..buyers {
        let places = Arc::clone(&places);
        opening.spawn(async move {
            let _place = places.acquire_owned().await;
            let mut wire = Wire::connect(address).await?;
            wire.ask("GET", "/healthz", &buyer(n), "").await?;
            Ok::<_, io::Error>(wire)
        });
    }
    let mut wires = Wires::new();
    while let Some(opened) = opening.join_next().await {
        wires.push(AsyncMutex::new(Some(opened?.context("a buyer can't connect; raise the limit of open files")?)));
    }
    Ok(wires)
}

/// One try of a buyer: hold, pay, and the button on the test provider's page.
async fn buy(
    slot: &AsyncMutex<Option<Wire>>,
    address: SocketAddr,
    n: u64,
    order: &str,
    watch: &Watch,
) -> io::Result<(Bought, Duration)> {
    let (began, who) = (Instant::now(), buyer(n));
    let mut slot = slot.lock().await;
    let mut wire = match slot.take() {
        Some(wire) => wire,
        None => Wire::connect(address).await?,
    };
    let hold = json!({ "order": order, "show": SLUG, "lines": [{ "sku": HOT, "qty": 1 }] }).to_string();
    let held = wire.ask("POST", "/api/holds", &who, &hold).await?;
    let reserve = began.elapsed();
    let bought = match said(&held) {
        Said::Done => {
            watch.lock().unwrap_or_else(PoisonError::into_inner).acknowledged.push(Instant::now());
            pay(&mut wire, &who, order).await?
        }
        Said::SoldOut => Bought::SoldOut,
        Said::Wait(retry_after_ms) => Bought::Busy { retry_after_ms },
        Said::Other => Bought::Failed,
    };
    *slot = Some(wire);
    Ok((bought, reserve))
}

async fn pay(wire: &mut Wire, who: &str, order: &str) -> io::Result<Bought> {
    let begin = json!({ "provider": "checkout-test", "attempt": 1 }).to_string();
    let steps = [
        (format!("/api/orders/{order}/pay"), begin),
        (format!("/api/test-pay/{order}"), json!({ "outcome": "pay" }).to_string()),
    ];
    for (path, body) in steps {
        loop {
            match said(&wire.ask("POST", &path, who, &body).await?) {
                Said::Done => break,
                Said::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                Said::SoldOut | Said::Other => return Ok(Bought::Failed),
            }
        }
    }
    Ok(Bought::Paid)
}

enum Said {
    Done,
    SoldOut,
    Wait(u64),
    Other,
}

fn said(reply: &Reply) -> Said {
    if reply.status == 200 {
        return Said::Done;
    }
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    match (reply.status, body["error"]["code"].as_str()) {
        (_, Some("STOCK_SOLD_OUT")) => Said::SoldOut,
        (503 | 429, _) => Said::Wait(body["error"]["details"]["retry_after_ms"].as_u64().unwrap_or(250)),
        _ => Said::Other,
    }
}

/// The host's counter: units taken, each time that it changes.
async fn count(address: SocketAddr, units: u64, watch: Watch) -> io::Result<()> {
    let mut wire = Wire::connect(address).await?;
    wire.upgrade(&format!("/api/live/{SLUG}"), &buyer(u64::MAX)).await?;
    loop {
        let text = wire.frame().await?;
        let now = Instant::now();
        let batch: Value = serde_json::from_slice(text).unwrap_or(Value::Null);
        let products = batch["shop"]["products"].as_array().into_iter().flatten();
        if let Some(left) = products.filter(|p| p["sku"] == HOT).find_map(|p| p["left"].as_u64()) {
            watch.lock().unwrap_or_else(PoisonError::into_inner).shown.push((now, units.saturating_sub(left)));
        }
    }
}

async fn wait_for_counter(watch: &Watch, held: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let shown = watch.lock().unwrap_or_else(PoisonError::into_inner).shown.last().map_or(0, |(_, taken)| *taken);
        if shown >= u64::try_from(held)? {
            return Ok(());
        }
        if began.elapsed() > COUNTER_PATIENCE {
            return Err(anyhow!("the counter shows {shown} units taken, {held} were acknowledged"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How long after the n-th acknowledgement the counter showed n.
fn lags(watched: &Watched) -> Vec<Duration> {
    let mut acknowledged = watched.acknowledged.clone();
    acknowledged.sort_unstable();
    let shown = |count: u64| watched.shown.iter().find(|(_, taken)| *taken >= count).map(|(at, _)| *at);
    let numbered = (1..).zip(acknowledged);
    numbered.filter_map(|(n, at)| Some(shown(n)?.saturating_duration_since(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_is_behind_until_it_shows_what_was_acknowledged() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        let acknowledged = vec![start + ms(30), start + ms(10)];
        let shown = vec![(start, 0), (start + ms(40), 1), (start + ms(90), 3)];
        assert_eq!(lags(&Watched { acknowledged, shown }), [ms(30), ms(60)]);
    }
}

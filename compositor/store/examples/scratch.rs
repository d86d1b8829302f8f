//! scratch
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use vitrine_commerce::*;
use vitrine_show::ports::shop::{IdempotencyKey, Shop};
use vitrine_store::{Options, Store, bench::hold_one};
type Log = Arc<Mutex<(Option<(&'static str, Instant)>, BTreeMap<&'static str, (u32, Duration)>)>>;
fn main() {
    let n: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let clients: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    rt.block_on(async {
        let dir = tempfile::tempdir_in(".").unwrap();
        let url = dir.path().join("s.db").display().to_string();
        let log: Log = Default::default();
        let l = log.clone();
        let gate: vitrine_store::Gate = Arc::new(move |name| {
            let mut g = l.lock().unwrap();
            let now = Instant::now();
            if let Some((old, at)) = g.0.replace((name, now)) {
                let e = g.1.entry(old).or_default();
                e.0 += 1;
                e.1 += now - at;
            }
            Box::pin(async {})
        });
        let (store, work) = Store::open(&url, Options { gate: Some(gate), ..Options::default() }).await.unwrap();
        let w = tokio::spawn(work.run());
        let p: Product = serde_json::from_value(serde_json::json!({"sku":"HOT","title":"Hot","price":{"minor":1490,"currency":"EUR"}})).unwrap();
        let k = |s: &str| IdempotencyKey::new(s).unwrap();
        store.submit(Command::PutProducts { products: vec![p] }, k("a")).await.unwrap();
        store.submit(Command::CountStock { sku: Sku::new("HOT").unwrap(), location: Location::main(), on_hand: 10_000_000, seen_version: None }, k("b")).await.unwrap();
        log.lock().unwrap().1.clear();
        let began = Instant::now();
        let mut set = tokio::task::JoinSet::new();
        for c in 0..clients {
            let s = store.clone();
            set.spawn(async move {
                for i in 0..n / clients {
                    let id = format!("run-{c}-{i}");
                    loop {
                        match s.submit(hold_one(&id, "bench").unwrap(), IdempotencyKey::new(&id).unwrap()).await {
                            Ok(_) => break,
                            Err(Refusal::StoreBusy { .. }) => tokio::task::yield_now().await,
                            Err(e) => panic!("{e}"),
                        }
                    }
                }
            });
        }
        while set.join_next().await.is_some() {}
        let t = began.elapsed();
        println!("{n} in {t:?}: {:.0}/s", n as f64 / t.as_secs_f64());
        for (name, (c, d)) in &log.lock().unwrap().1 {
            println!("{name:<20} {c:>6} {:>9.2} ms each  {:>9.1} us/reserve", d.as_secs_f64() * 1e3 / f64::from(*c), d.as_secs_f64() * 1e6 / n as f64);
        }
        drop(store);
        w.await.unwrap();
    });
}

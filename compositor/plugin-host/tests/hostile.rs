//! Hostile guests: each is cut within its limit, with a reason that its author understands, and others go on.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

mod common;

use common::{Ear, all, host, hostile, id, wait_for};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vitrine_plugin_host::PluginHost;
use vitrine_show::ports::plugins::{
    Amount, Call, CallError, Checkout, NextStep, Order, PluginState, Plugins, Proposed, Reply,
};

fn misbehaves(mode: &str) -> (Arc<Ear>, PluginHost) {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("good"), all(hostile("")), serde_json::json!({"mode": "none"}));
    wait_for(&host, "good", PluginState::Running);
    host.add(id("bad"), all(hostile("")), serde_json::json!({"mode": mode}));
    (ear, host)
}

/// Whichever of the limits it meets first on this machine.
fn ends_in_quarantine(mode: &str, reasons: &[&str]) {
    let (ear, host) = misbehaves(mode);
    let said = ear.line("fault: ");
    assert!(reasons.iter().any(|reason| said.contains(reason)), "{mode}: {said}");
    wait_for(&host, "bad", PluginState::Quarantined);
    assert!(ear.heard().iter().any(|(plugin, what)| plugin == "bad" && *what == Proposed::LayersShown(false)));
    let list = host.list();
    let good = list.iter().find(|p| p.plugin.as_str() == "good").unwrap();
    assert_eq!((good.state, good.faults), (PluginState::Running, 0), "another plugin is untouched");
    // Its store is dropped by another thread than the one that tells of the quarantine.
    let bad = || host.list().into_iter().find(|p| p.plugin.as_str() == "bad").unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while bad().memory_bytes > 0 && Instant::now() < deadline {
        std::thread::yield_now();
    }
    let bad = bad();
    assert_eq!((bad.faults, bad.memory_bytes), (3, 0), "its memory is given back");
}

#[test]
fn an_endless_loop_is_cut() {
    ends_in_quarantine("loop", &["it computed for more than 55 ms without an end"]);
}

#[test]
fn a_memory_bomb_meets_its_cap() {
    let cap = "the memory cap of 64 MiB is reached; a larger `runtime.memory-mib` can be asked for";
    // Touching so many pages can take longer than the call may compute.
    ends_in_quarantine("memory", &[cap, "it computed for more than 55 ms without an end"]);
}

#[test]
fn a_stack_that_never_ends_ends() {
    ends_in_quarantine("stack", &[""]);
}

#[test]
fn a_panic_is_a_fault_with_the_authors_words_in_the_log() {
    let (ear, host) = misbehaves("panic");
    assert!(ear.line("error: ").contains("on purpose"));
    wait_for(&host, "bad", PluginState::Quarantined);
}

#[test]
fn a_trap_in_init_leads_to_quarantine_and_a_start_by_hand_forgives() {
    let (ear, host) = misbehaves("init-panic");
    assert!(ear.line("error: ").contains("in init"));
    wait_for(&host, "bad", PluginState::Quarantined);
    let faults = host.list()[0].faults;
    host.set_settings(&id("bad"), serde_json::json!({"mode": "none"})).unwrap();
    assert!(host.order(&id("bad"), Order::Start));
    wait_for(&host, "bad", PluginState::Running);
    assert_eq!(host.list()[0].faults, faults);
}

#[test]
fn a_flood_of_host_calls_is_cut() {
    ends_in_quarantine("calls", &["more than 10000 host calls in one call"]);
}

#[test]
fn more_bytes_than_fit_a_host_call_are_cut() {
    ends_in_quarantine("big", &["too much data is being copied between the host and the guest"]);
}

#[test]
fn a_log_flood_is_cut_to_size_and_no_line_can_be_forged() {
    let (ear, host) = misbehaves("logs");
    let first = ear.line("info: line 0");
    assert_eq!(first, "info: line 0\\u{1b}[31m\\nforged: line");
    wait_for(&host, "bad", PluginState::Running);
    assert!(ear.lines().len() <= 201, "{}", ear.lines().len());
    let (ear, _host) = misbehaves("long-line");
    assert!(ear.line("info: xxx").len() < 5_000);
}

#[test]
fn a_guest_that_sleeps_in_a_host_call_keeps_nobody_else_waiting() {
    let extra = "[[permission.http]]\nallow = \"http://slow.test\"\nreason = \"tests\"\n";
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("bad"), all(hostile(extra)), serde_json::json!({"mode": "sleep"}));
    wait_for(&host, "bad", PluginState::Running);
    let started = Instant::now();
    host.add(id("good"), all(hostile("")), serde_json::json!({"mode": "none"}));
    wait_for(&host, "good", PluginState::Running);
    assert!(started.elapsed() < Duration::from_secs(5));
    let said = ear.line("fault: ");
    assert_eq!(said, "fault: it took longer than 10000 ms");
}

#[test]
fn wicked_commits_are_refused_whole_and_a_good_one_still_passes() {
    let (ear, _host) = misbehaves("overlays");
    assert_eq!(ear.line("info: one good node"), "info: one good node: taken");
    for (what, words) in [
        ("nan", "node 1: frame.x is NaN; use -4 to 5"),
        ("infinite", "node 1: frame.x is inf; use -4 to 5"),
        ("orphan", "node 2: its parent 77 is not on the layer"),
        ("own parent", "node 3 lies in itself"),
        ("remove nothing", "there is no node 9 on the layer"),
        ("long text", "a text of 10000 characters"),
        ("many nodes", "nodes"),
        ("huge code", "a QR code of 9000 bytes"),
    ] {
        let line = ear.line(&format!("info: {what}: "));
        assert!(line.contains("Invalid") && line.contains(words), "{line}");
    }
    assert!(ear.line("fault: ").contains("too much data is being copied"), "a million operations are cut off");
    let first = ear.heard().into_iter().take_while(|(_, p)| !matches!(p, Proposed::LayersShown(_)));
    let overlays = first.filter(|(_, p)| matches!(p, Proposed::Overlay { .. })).count();
    assert!(overlays <= 3, "only what was taken reached the show: {overlays}");
}

fn checkout() -> Call {
    Call::PaymentCreate(Checkout {
        id: "c1".into(),
        lines: vec![],
        total: Amount { minor: 100, currency: "EUR".into() },
        buyer: None,
        idempotency_key: "key-1".into(),
        return_url: "https://shop.example/back".into(),
    })
}

fn ask(host: &PluginHost, limit: Duration) -> Result<Reply, CallError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let plugin = id("bad");
    runtime.block_on(host.call(&plugin, checkout(), limit))
}

#[test]
fn workers_answer_fail_and_are_cut_without_the_main_instance_noticing() {
    let (_ear, host) = misbehaves("none");
    wait_for(&host, "bad", PluginState::Running);
    let step = NextStep::Redirect("https://shop.example/back".into());
    assert_eq!(ask(&host, Duration::from_secs(30)), Ok(Reply::PaymentCreated("key-1".into(), step)));
    let (_ear, host) = misbehaves("pay-fault");
    wait_for(&host, "bad", PluginState::Running);
    let said = ask(&host, Duration::from_secs(30)).unwrap_err();
    assert_eq!(
        (said.code(), said.to_string().as_str()),
        ("PLUGIN_REFUSED", "plugin `bad` refused: the bank is closed")
    );
    let (_ear, host) = misbehaves("pay-loop");
    wait_for(&host, "bad", PluginState::Running);
    let said = ask(&host, Duration::from_secs(30)).unwrap_err();
    assert_eq!(said, CallError::Timeout("bad".into()));
    let bad = host.list().into_iter().find(|p| p.plugin.as_str() == "bad").unwrap();
    assert_eq!((bad.state, bad.faults), (PluginState::Running, 1));
}

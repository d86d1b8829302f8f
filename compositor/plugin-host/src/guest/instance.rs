//! One instance of a component, and the one door through which it is called: fresh budget, wall limit, plain results.

use crate::bindings::offers::payment_provider::Checkout;
use crate::bindings::offers::{interactions::Message, stock_channel::Level, webhooks::Inbound};
use crate::bindings::takes::types::{Fault, Money, Order, Viewer};
use crate::bindings::takes::{http::Response, polls::Poll};
use crate::convert;
use crate::guest::exports::{Loaded, Offered};
use crate::guest::{State, Trouble, trouble};
use crate::limits::{self, Budget};
use crate::powers::Powers;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use vitrine_show::ports::plugins::Reply;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store, UpdateDeadline};

/// A call into a guest.
pub(crate) enum GuestCall {
    Init(&'static str),
    SettingsChanged,
    Shutdown,
    Timer(String),
    Response(String, Result<Response, Fault>),
    Messages(Vec<Message>),
    Command(String, String, Viewer),
    ShopChanged(Vec<String>),
    Orders(Vec<Order>),
    Poll(Poll),
    Panel(String, String),
    PaymentCreate(Checkout),
    PaymentStatus(String),
    PaymentRefund(String, Money, String),
    PaymentCapture(String, Money, String),
    PaymentVoid(String, String),
    Quotes(Order),
    Ship(Order, String, String),
    Track(String),
    StockLevels(Vec<String>),
    StockPublish(Vec<Level>),
    Webhook(String, Inbound),
}

/// What came back.
#[derive(Debug)]
pub(crate) enum GuestReply {
    Done,
    /// An answer for the chat.
    Say(Option<String>),
    Reply(Reply),
}

impl GuestCall {
    const fn budget(&self) -> Budget {
        match self {
            Self::Init(_) => limits::INIT,
            Self::Shutdown => limits::SHUTDOWN,
            Self::Webhook(..) => limits::WEBHOOK,
            Self::PaymentCreate(_)
            | Self::PaymentStatus(_)
            | Self::PaymentRefund(..)
            | Self::PaymentCapture(..)
            | Self::PaymentVoid(..)
            | Self::Quotes(_)
            | Self::Ship(..)
            | Self::Track(_)
            | Self::StockLevels(_)
            | Self::StockPublish(_) => limits::ASK,
            _ => limits::EVENT,
        }
    }
}

/// A component that is ready to be instantiated.
pub(crate) struct Program {
    pre: InstancePre<State>,
    pub offered: Offered,
    /// Whether its engine counts fuel: only in rehearsals, where a count that never varies is worth its cost.
    pub metered: bool,
}

/// All functions of the host, for every component of an engine: made once, as there are hundreds.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker: Linker<State> = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    crate::powers::link(&mut linker)?;
    Ok(linker)
}

impl Program {
    /// Links a component against the host.
    pub(crate) fn link(linker: &Linker<State>, component: &Component) -> Result<Self, Trouble> {
        let start = |e: wasmtime::Error| Trouble::Start(crate::powers::log::one_line(&format!("{e:#}"), 500));
        let pre = linker.instantiate_pre(component).map_err(start)?;
        let offered = Offered::probe(&pre);
        Ok(Self { pre, offered, metered: false })
    }
}

/// One instance.
pub(crate) struct Guest {
    store: Store<State>,
    loaded: Loaded,
}

impl Guest {
    /// A new instance; nothing of the guest's `lifecycle` has run yet.
    pub(crate) async fn start(
        program: &Program,
        powers: Arc<Powers>,
        memory_mib: u32,
        gauge: Arc<AtomicU64>,
    ) -> Result<Self, Trouble> {
        let state = State::new(powers, memory_mib, gauge);
        let mut store = Store::new(program.pre.engine(), state);
        store.limiter(|s| &mut s.memory);
        store.set_hostcall_fuel(limits::HOSTCALL_BYTES_MAX);
        store.set_max_component_handles(limits::HANDLES_MAX);
        store.epoch_deadline_callback(|mut cx| {
            let state = cx.data_mut();
            match state.ticks_left.checked_sub(1) {
                Some(left) => {
                    state.ticks_left = left;
                    Ok(UpdateDeadline::Yield(1))
                }
                None => Ok(UpdateDeadline::Interrupt),
            }
        });
        if program.metered {
            let start = |e: wasmtime::Error| Trouble::Start(e.to_string());
            store.set_fuel(FUEL).map_err(start)?;
        }
        prepare(&mut store, limits::INIT);
        let linked = async {
            let instance = program.pre.instantiate_async(&mut store).await?;
            program.offered.load(&mut store, &instance)
        };
        let loaded = match tokio::time::timeout(limits::INIT.wall, linked).await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(e)) => {
                let trouble = trouble::of_error(&e, cpu_ms(limits::INIT), "");
                return Err(Trouble::Start(trouble.to_string()));
            }
            Err(_) => return Err(Trouble::Wall(limits::INIT.wall.as_millis())),
        };
        Ok(Self { store, loaded })
    }

    /// Calls it. After an error that [`Trouble::survived`] denies, the instance must be dropped.
    pub(crate) async fn call(&mut self, call: GuestCall) -> Result<GuestReply, Trouble> {
        self.call_within(call, None).await
    }

    /// Calls it with a wall limit that may be shorter than the call's own.
    pub(crate) async fn call_within(
        &mut self,
        call: GuestCall,
        wall: Option<std::time::Duration>,
    ) -> Result<GuestReply, Trouble> {
        let mut budget = call.budget();
        budget.wall = wall.map_or(budget.wall, |w| w.min(budget.wall));
        prepare(&mut self.store, budget);
        let result = tokio::time::timeout(budget.wall, enter(&mut self.store, &self.loaded, call)).await;
        let printed = self.printed();
        match result {
            Err(_) => Err(Trouble::Wall(budget.wall.as_millis())),
            Ok(Err(Ended::Missing(export))) => Err(Trouble::NotExported(export)),
            Ok(Err(Ended::Wasm(e))) => Err(trouble::of_error(&e, cpu_ms(budget), &printed)),
            Ok(Ok(Err(fault))) => Err(Trouble::Fault(fault)),
            Ok(Ok(Ok(reply))) => Ok(reply),
        }
    }

    /// Fuel used so far, where the engine counts it: about one for each instruction.
    #[cfg(feature = "compiler")]
    pub(crate) fn fuel_used(&self) -> u64 {
        self.store.get_fuel().map_or(0, |left| FUEL - left)
    }

    /// Moves what the guest printed through WASI into its log, and returns it.
    fn printed(&self) -> String {
        let state = self.store.data();
        let bytes = state.print.contents();
        if bytes.is_empty() {
            return String::new();
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let seen = state.powers.log.printed(&text);
        text.get(seen..).unwrap_or_default().to_owned()
    }
}

/// More than any rehearsal uses.
const FUEL: u64 = u64::MAX / 2;

fn cpu_ms(budget: Budget) -> u128 {
    (u128::from(budget.ticks) + 1) * limits::EPOCH_TICK.as_millis()
}

/// A fresh budget: the deadline ages while a store idles.
fn prepare(store: &mut Store<State>, budget: Budget) {
    let state = store.data_mut();
    state.ticks_left = budget.ticks;
    state.host_calls_left = limits::HOSTCALLS_PER_CALL_MAX;
    store.set_epoch_deadline(1);
}

enum Ended {
    Missing(&'static str),
    Wasm(wasmtime::Error),
}

impl From<wasmtime::Error> for Ended {
    fn from(e: wasmtime::Error) -> Self {
        Self::Wasm(e)
    }
}

type Entered = Result<Result<GuestReply, Fault>, Ended>;

fn need<'a, T>(export: Option<&'a T>, name: &'static str) -> Result<&'a T, Ended> {
    export.ok_or(Ended::Missing(name))
}

async fn done(call: impl Future<Output = wasmtime::Result<Result<(), Fault>>>) -> Entered {
    Ok(call.await?.map(|()| GuestReply::Done))
}

async fn reply<T>(
    call: impl Future<Output = wasmtime::Result<Result<T, Fault>>>,
    into: impl FnOnce(T) -> Reply,
) -> Entered {
    Ok(call.await?.map(|t| GuestReply::Reply(into(t))))
}

async fn enter(s: &mut Store<State>, on: &Loaded, call: GuestCall) -> Entered {
    match call {
        GuestCall::Init(reason) => done(need(on.lifecycle.as_ref(), "lifecycle")?.call_init(s, reason)).await,
        GuestCall::SettingsChanged => done(need(on.lifecycle.as_ref(), "lifecycle")?.call_settings_changed(s)).await,
        GuestCall::Shutdown => {
            need(on.lifecycle.as_ref(), "lifecycle")?.call_shutdown(s).await?;
            Ok(Ok(GuestReply::Done))
        }
        GuestCall::Timer(name) => done(need(on.timer_events.as_ref(), "timer-events")?.call_on_timer(s, &name)).await,
        GuestCall::Response(tag, res) => {
            let export = need(on.http_events.as_ref(), "http-events")?;
            done(export.call_on_response(s, &tag, res.as_ref())).await
        }
        GuestCall::Messages(batch) => {
            done(need(on.interactions.as_ref(), "interactions")?.call_on_messages(s, &batch)).await
        }
        GuestCall::Command(name, args, who) => {
            let export = need(on.interactions.as_ref(), "interactions")?;
            Ok(export.call_on_command(s, &name, &args, &who).await?.map(GuestReply::Say))
        }
        GuestCall::ShopChanged(what) => {
            done(need(on.shop_events.as_ref(), "shop-events")?.call_on_shop(s, &what)).await
        }
        GuestCall::Orders(batch) => {
            done(need(on.order_events.as_ref(), "order-events")?.call_on_orders(s, &batch)).await
        }
        GuestCall::Poll(poll) => done(need(on.poll_events.as_ref(), "poll-events")?.call_on_poll(s, &poll)).await,
        GuestCall::Panel(id, form) => {
            reply(need(on.panel.as_ref(), "panel")?.call_on_action(s, &id, &form), Reply::Shown).await
        }
        other => ask(s, on, other).await,
    }
}

async fn ask(s: &mut Store<State>, on: &Loaded, call: GuestCall) -> Entered {
    let pay = || need(on.payment_provider.as_ref(), "payment-provider");
    let settle = || need(on.payment_settlement.as_ref(), "payment-settlement");
    let ship = || need(on.fulfilment.as_ref(), "fulfilment");
    let stock = || need(on.stock_channel.as_ref(), "stock-channel");
    match call {
        GuestCall::PaymentCreate(c) => reply(pay()?.call_create(s, &c), convert::payment_created).await,
        GuestCall::PaymentStatus(r) => reply(pay()?.call_status(s, &r), convert::payment_state).await,
        GuestCall::PaymentRefund(r, m, key) => reply(pay()?.call_refund(s, &r, &m, &key), Reply::Refunded).await,
        GuestCall::PaymentCapture(r, m, key) => {
            reply(settle()?.call_capture(s, &r, &m, &key), |()| Reply::Captured).await
        }
        GuestCall::PaymentVoid(r, key) => reply(settle()?.call_void(s, &r, &key), |()| Reply::Voided).await,
        GuestCall::Quotes(o) => reply(ship()?.call_quotes(s, &o), convert::quotes).await,
        GuestCall::Ship(o, service, key) => reply(ship()?.call_ship(s, &o, &service, &key), convert::shipped).await,
        GuestCall::Track(r) => reply(ship()?.call_track(s, &r), convert::tracked).await,
        GuestCall::StockLevels(skus) => reply(stock()?.call_levels(s, &skus), convert::levels).await,
        GuestCall::StockPublish(l) => reply(stock()?.call_publish(s, &l), |()| Reply::Published).await,
        GuestCall::Webhook(hook, req) => {
            let verified = req.verified;
            if let Some(export) = on.payment_settlement.as_ref().filter(|_| verified) {
                return reply(export.call_read(s, &hook, &req.headers, &req.body), convert::answer).await;
            }
            let export = need(on.webhooks.as_ref(), "webhooks")?;
            reply(export.call_handle(s, &hook, &req), |o| convert::outcome(o, verified)).await
        }
        _ => Ok(Ok(GuestReply::Done)),
    }
}

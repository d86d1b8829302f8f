//! What a component exports: probed once, loaded for each instance.

use crate::bindings::offers as ex;
use crate::guest::State;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

macro_rules! offered {
    ($($name:ident = $wit:literal),* $(,)?) => {
        /// Which interfaces a component exports.
        #[derive(Clone)]
        pub(crate) struct Offered { $(pub $name: Option<ex::$name::GuestIndices>,)* }

        /// The same, of one instance.
        pub(crate) struct Loaded { $(pub $name: Option<ex::$name::Guest>,)* }

        impl Offered {
            pub(crate) fn probe(pre: &InstancePre<State>) -> Self {
                Self { $($name: ex::$name::GuestIndices::new(pre).ok(),)* }
            }

            /// Their names in the manifest's spelling.
            pub(crate) fn names(&self) -> Vec<&'static str> {
                let mut names = Vec::new();
                $(if self.$name.is_some() { names.push($wit); })*
                names
            }

            pub(crate) fn load(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<Loaded> {
                Ok(Loaded { $($name: self.$name.as_ref().map(|i| i.load(&mut *store, instance)).transpose()?,)* })
            }
        }
    };
}

offered! {
    lifecycle = "lifecycle",
    timer_events = "timer-events",
    http_events = "http-events",
    interactions = "interactions",
    shop_events = "shop-events",
    order_events = "order-events",
    poll_events = "poll-events",
    panel = "panel",
    payment_provider = "payment-provider",
    payment_settlement = "payment-settlement",
    fulfilment = "fulfilment",
    stock_channel = "stock-channel",
    webhooks = "webhooks",
}

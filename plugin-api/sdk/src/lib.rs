//! Write Vitrine plugins in Rust: a type with state, one trait with default bodies, one `export!` line.
//!
//! ```text
//! host ──event──► export! glue ──► impl Plugin for You ──► overlay, http, kv, shop … (imports) ──► host
//! ```
//!
//! ```ignore
//! use vitrine_plugin::*;
//!
//! struct Hello { layer: Layer }
//!
//! impl Plugin for Hello {
//!     fn start(_: Start) -> Result<Self> {
//!         let layer = Layer::open("hello")?;
//!         let mut s = Scene::new();
//!         s.panel(at(0, 0, 640, 160));
//!         s.text(at(40, 48, 560, 64), "Hello").size(56).bold();
//!         layer.show(&s)?;
//!         Ok(Self { layer })
//!     }
//! }
//!
//! export!(Hello);
//! ```

mod glue;
mod scene;

mod imports {
    wit_bindgen::generate!({ world: "imports", path: "../wit", generate_all });
}

pub use glue::{hook_panics, Fulfilment, PaymentProvider, PaymentSettlement, Plugin, Start, StockChannel, Webhooks};
pub use imports::vitrine::plugin::{
    assets, chat, devices, http, kv, orders, overlay, polls, secrets, settings, shop, system, telemetry, timers, types,
    udp,
};
pub use scene::{Ease, Layer, NodeRef, Num, Prop, Rect, Scene, Tint, Words, at};
pub use types::{Fault, LineItem, Money, Order, Pair, Viewer};

/// What most functions return: a [`Fault`] tells the host, and the operator, what is wrong.
pub type Result<T> = core::result::Result<T, Fault>;

/// Lines for the plugin's log.
pub mod log {
    pub use crate::imports::vitrine::plugin::log::{Level, write};

    /// Writes an information.
    pub fn info(message: &str) {
        write(Level::Info, message);
    }

    /// Writes a warning.
    pub fn warn(message: &str) {
        write(Level::Warn, message);
    }

    /// Writes an error.
    pub fn error(message: &str) {
        write(Level::Error, message);
    }
}

#[doc(hidden)]
pub mod x_lifecycle {
    wit_bindgen::generate!({ world: "x-lifecycle", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_lifecycle", default_bindings_module: "vitrine_plugin::x_lifecycle" });
    pub use exports::vitrine::plugin::lifecycle::*;
}
#[doc(hidden)]
pub mod x_timer_events {
    wit_bindgen::generate!({ world: "x-timer-events", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_timer_events", default_bindings_module: "vitrine_plugin::x_timer_events" });
    pub use exports::vitrine::plugin::timer_events::*;
}
#[doc(hidden)]
pub mod x_http_events {
    wit_bindgen::generate!({ world: "x-http-events", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types, "vitrine:plugin/http@1.0.0": crate::http }, pub_export_macro: true,
        export_macro_name: "export_http_events", default_bindings_module: "vitrine_plugin::x_http_events" });
    pub use exports::vitrine::plugin::http_events::*;
}
#[doc(hidden)]
pub mod x_interactions {
    wit_bindgen::generate!({ world: "x-interactions", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_interactions", default_bindings_module: "vitrine_plugin::x_interactions" });
    pub use exports::vitrine::plugin::interactions::*;
}
#[doc(hidden)]
pub mod x_shop_events {
    wit_bindgen::generate!({ world: "x-shop-events", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_shop_events", default_bindings_module: "vitrine_plugin::x_shop_events" });
    pub use exports::vitrine::plugin::shop_events::*;
}
#[doc(hidden)]
pub mod x_order_events {
    wit_bindgen::generate!({ world: "x-order-events", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_order_events", default_bindings_module: "vitrine_plugin::x_order_events" });
    pub use exports::vitrine::plugin::order_events::*;
}
#[doc(hidden)]
pub mod x_poll_events {
    wit_bindgen::generate!({ world: "x-poll-events", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types, "vitrine:plugin/polls@1.0.0": crate::polls }, pub_export_macro: true,
        export_macro_name: "export_poll_events", default_bindings_module: "vitrine_plugin::x_poll_events" });
    pub use exports::vitrine::plugin::poll_events::*;
}
#[doc(hidden)]
pub mod x_panel {
    wit_bindgen::generate!({ world: "x-panel", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_panel", default_bindings_module: "vitrine_plugin::x_panel" });
    pub use exports::vitrine::plugin::panel::*;
}
#[doc(hidden)]
pub mod x_payment_provider {
    wit_bindgen::generate!({ world: "x-payment-provider", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_payment_provider", default_bindings_module: "vitrine_plugin::x_payment_provider" });
    pub use exports::vitrine::plugin::payment_provider::*;
}
#[doc(hidden)]
pub mod x_payment_settlement {
    wit_bindgen::generate!({ world: "x-payment-settlement", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_payment_settlement", default_bindings_module: "vitrine_plugin::x_payment_settlement" });
    pub use exports::vitrine::plugin::payment_settlement::*;
}
#[doc(hidden)]
pub mod x_fulfilment {
    wit_bindgen::generate!({ world: "x-fulfilment", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_fulfilment", default_bindings_module: "vitrine_plugin::x_fulfilment" });
    pub use exports::vitrine::plugin::fulfilment::*;
}
#[doc(hidden)]
pub mod x_stock_channel {
    wit_bindgen::generate!({ world: "x-stock-channel", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_stock_channel", default_bindings_module: "vitrine_plugin::x_stock_channel" });
    pub use exports::vitrine::plugin::stock_channel::*;
}
#[doc(hidden)]
pub mod x_webhooks {
    wit_bindgen::generate!({ world: "x-webhooks", path: "../wit", with: { "vitrine:plugin/types@1.0.0": crate::types }, pub_export_macro: true,
        export_macro_name: "export_webhooks", default_bindings_module: "vitrine_plugin::x_webhooks" });
    pub use exports::vitrine::plugin::webhooks::*;
}

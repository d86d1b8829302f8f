//! From the host's calls to a plugin's methods: the traits that authors implement, and `export!`.

use crate::http::Response;
use crate::polls::Poll;
use crate::x_fulfilment::{Quote, Shipment};
use crate::x_interactions::Message;
use crate::x_payment_provider::{Checkout, NextStep, PaymentState};
use crate::x_payment_settlement::Answer;
use crate::x_stock_channel::Level;
use crate::x_webhooks::{Inbound, Outcome};
use crate::{Fault, Money, Order, Pair, Result, Viewer};

/// Why a plugin is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The show starts, or someone switched the plugin on.
    Fresh,
    /// A new version of it was loaded.
    Reload,
    /// The instance before it failed.
    Restart,
}

impl Start {
    #[doc(hidden)]
    pub fn of(reason: &str) -> Self {
        match reason {
            "reload" => Self::Reload,
            "restart" => Self::Restart,
            _ => Self::Fresh,
        }
    }
}

/// A plugin with state. Implement `start` and what you need; name what you implement in [`export!`](crate::export).
pub trait Plugin: Sized + 'static {
    /// Makes the plugin: open layers, set timers, draw the first picture.
    ///
    /// # Errors
    /// A fault ends the start; the host tries again later. `not-configured` waits for the operator.
    fn start(why: Start) -> Result<Self>;

    /// The operator changed settings or secrets.
    ///
    /// # Errors
    /// A fault is logged; the plugin lives on. So for every method below.
    fn settings_changed(&mut self) -> Result<()> {
        Ok(())
    }

    /// The last call.
    fn stop(&mut self) {}

    /// A timer is due. (`timers`)
    fn on_timer(&mut self, _name: &str) -> Result<()> {
        Ok(())
    }

    /// The answer to an enqueued request. (`http`)
    fn on_response(&mut self, _tag: &str, _response: Result<Response>) -> Result<()> {
        Ok(())
    }

    /// Chat messages, oldest first. (`chat`)
    fn on_messages(&mut self, _batch: &[Message]) -> Result<()> {
        Ok(())
    }

    /// A command of the manifest; the text returned is proposed as an answer. (`chat`)
    fn on_command(&mut self, _name: &str, _args: &str, _who: &Viewer) -> Result<Option<String>> {
        Ok(None)
    }

    /// The shop window changed: `offer`, `stock`, `products`, `next`. (`shop`)
    fn on_shop(&mut self, _what: &[String]) -> Result<()> {
        Ok(())
    }

    /// Orders that are new or changed. (`orders`)
    fn on_orders(&mut self, _batch: &[Order]) -> Result<()> {
        Ok(())
    }

    /// The poll as it stands. (`polls`)
    fn on_poll(&mut self, _poll: &Poll) -> Result<()> {
        Ok(())
    }

    /// A button or form of the manifest; the text is shown to who pressed it. (`panel`)
    fn on_action(&mut self, _id: &str, _form_json: &str) -> Result<String> {
        Err(Fault::Unsupported)
    }
}

/// Takes payments. Stateless: each call may run on another instance. (`payments`)
pub trait PaymentProvider {
    /// Starts a payment; returns your reference and the next step.
    fn create(checkout: Checkout) -> Result<(String, NextStep)>;
    /// Asks how it stands.
    fn status(reference: &str) -> Result<PaymentState>;
    /// Gives money back; returns the refund's reference.
    fn refund(reference: &str, amount: Money, idempotency_key: &str) -> Result<String>;
}

/// Takes reserved payments later, and reads what the provider says of them. Stateless. (`settlement`)
pub trait PaymentSettlement {
    /// Takes a reserved amount.
    fn capture(reference: &str, amount: Money, idempotency_key: &str) -> Result<()>;
    /// Gives a reservation back, or ends an attempt that was not paid yet.
    fn void(reference: &str, idempotency_key: &str) -> Result<()>;
    /// Reads a call from outside, whose signature the host has checked.
    fn read(hook: &str, headers: &[Pair], body: &[u8]) -> Result<Answer>;
}

/// Ships orders. Stateless. (`fulfilment`)
pub trait Fulfilment {
    /// What shipping would cost.
    fn quotes(order: Order) -> Result<Vec<Quote>>;
    /// Ships.
    fn ship(order: Order, service: &str, idempotency_key: &str) -> Result<Shipment>;
    /// Where it is.
    fn track(reference: &str) -> Result<Vec<Pair>>;
}

/// Keeps another channel's stock in step. Stateless. (`stock`)
pub trait StockChannel {
    /// What the channel has.
    fn levels(skus: Vec<String>) -> Result<Vec<Level>>;
    /// Tells the channel what is left here.
    fn publish(levels: Vec<Level>) -> Result<()>;
}

/// Takes calls from outside. Stateless. (`webhooks`)
pub trait Webhooks {
    /// Reads one call.
    fn handle(hook: &str, request: Inbound) -> Result<Outcome>;
}

#[doc(hidden)]
pub fn hook_panics() {
    std::panic::set_hook(Box::new(|info| crate::log::error(&info.to_string())));
}

/// Exports a plugin: `export!(Hello)`, or with what it implements, `export!(Hello: timers, shop, payments)`.
#[macro_export]
macro_rules! export {
    ($plugin:ty) => { $crate::export!($plugin:); };
    ($plugin:ty : $($what:ident),* $(,)?) => {
        struct VitrineGlue;
        ::std::thread_local! {
            static VITRINE_PLUGIN: ::core::cell::RefCell<Option<$plugin>> = const { ::core::cell::RefCell::new(None) };
        }
        impl VitrineGlue {
            #[allow(dead_code)]
            fn with<T>(work: impl FnOnce(&mut $plugin) -> $crate::Result<T>) -> $crate::Result<T> {
                VITRINE_PLUGIN.with_borrow_mut(|p| match p {
                    Some(plugin) => work(plugin),
                    None => Err($crate::Fault::Internal("the plugin was not started".to_owned())),
                })
            }
        }
        impl $crate::x_lifecycle::Guest for VitrineGlue {
            fn init(reason: String) -> $crate::Result<()> {
                $crate::hook_panics();
                let plugin = <$plugin as $crate::Plugin>::start($crate::Start::of(&reason))?;
                VITRINE_PLUGIN.set(Some(plugin));
                Ok(())
            }
            fn settings_changed() -> $crate::Result<()> {
                Self::with(|p| $crate::Plugin::settings_changed(p))
            }
            fn shutdown() {
                drop(Self::with(|p| { $crate::Plugin::stop(p); Ok(()) }));
            }
        }
        $crate::x_lifecycle::export_lifecycle!(VitrineGlue);
        $($crate::export_one!($plugin, $what);)*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! export_one {
    ($plugin:ty, timers) => {
        impl $crate::x_timer_events::Guest for VitrineGlue {
            fn on_timer(name: String) -> $crate::Result<()> {
                Self::with(|p| $crate::Plugin::on_timer(p, &name))
            }
        }
        $crate::x_timer_events::export_timer_events!(VitrineGlue);
    };
    ($plugin:ty, http) => {
        impl $crate::x_http_events::Guest for VitrineGlue {
            fn on_response(tag: String, res: $crate::Result<$crate::http::Response>) -> $crate::Result<()> {
                Self::with(|p| $crate::Plugin::on_response(p, &tag, res))
            }
        }
        $crate::x_http_events::export_http_events!(VitrineGlue);
    };
    ($plugin:ty, chat) => {
        impl $crate::x_interactions::Guest for VitrineGlue {
            fn on_messages(batch: Vec<$crate::x_interactions::Message>) -> $crate::Result<()> {
                Self::with(|p| $crate::Plugin::on_messages(p, &batch))
            }
            fn on_command(name: String, args: String, who: $crate::Viewer) -> $crate::Result<Option<String>> {
                Self::with(|p| $crate::Plugin::on_command(p, &name, &args, &who))
            }
        }
        $crate::x_interactions::export_interactions!(VitrineGlue);
    };
    ($plugin:ty, shop) => {
        impl $crate::x_shop_events::Guest for VitrineGlue {
            fn on_shop(what: Vec<String>) -> $crate::Result<()> {
                Self::with(|p| $crate::Plugin::on_shop(p, &what))
            }
        }
        $crate::x_shop_events::export_shop_events!(VitrineGlue);
    };
    ($plugin:ty, orders) => {
        impl $crate::x_order_events::Guest for VitrineGlue {
            fn on_orders(batch: Vec<$crate::Order>) -> $crate::Result<()> {
                Self::with(|p| $crate::Plugin::on_orders(p, &batch))
            }
        }
        $crate::x_order_events::export_order_events!(VitrineGlue);
    };
    ($plugin:ty, polls) => {
        impl $crate::x_poll_events::Guest for VitrineGlue {
            fn on_poll(poll: $crate::polls::Poll) -> $crate::Result<()> {
                Self::with(|p| $crate::Plugin::on_poll(p, &poll))
            }
        }
        $crate::x_poll_events::export_poll_events!(VitrineGlue);
    };
    ($plugin:ty, panel) => {
        impl $crate::x_panel::Guest for VitrineGlue {
            fn on_action(id: String, form_json: String) -> $crate::Result<String> {
                Self::with(|p| $crate::Plugin::on_action(p, &id, &form_json))
            }
        }
        $crate::x_panel::export_panel!(VitrineGlue);
    };
    ($plugin:ty, payments) => {
        impl $crate::x_payment_provider::Guest for VitrineGlue {
            fn create(c: $crate::x_payment_provider::Checkout) -> $crate::Result<(String, $crate::x_payment_provider::NextStep)> {
                <$plugin as $crate::PaymentProvider>::create(c)
            }
            fn status(reference: String) -> $crate::Result<$crate::x_payment_provider::PaymentState> {
                <$plugin as $crate::PaymentProvider>::status(&reference)
            }
            fn refund(reference: String, amount: $crate::Money, key: String) -> $crate::Result<String> {
                <$plugin as $crate::PaymentProvider>::refund(&reference, amount, &key)
            }
        }
        $crate::x_payment_provider::export_payment_provider!(VitrineGlue);
    };
    ($plugin:ty, settlement) => {
        impl $crate::x_payment_settlement::Guest for VitrineGlue {
            fn capture(reference: String, amount: $crate::Money, key: String) -> $crate::Result<()> {
                <$plugin as $crate::PaymentSettlement>::capture(&reference, amount, &key)
            }
            fn void(reference: String, key: String) -> $crate::Result<()> {
                <$plugin as $crate::PaymentSettlement>::void(&reference, &key)
            }
            fn read(hook: String, headers: Vec<$crate::Pair>, body: Vec<u8>) -> $crate::Result<$crate::x_payment_settlement::Answer> {
                <$plugin as $crate::PaymentSettlement>::read(&hook, &headers, &body)
            }
        }
        $crate::x_payment_settlement::export_payment_settlement!(VitrineGlue);
    };
    ($plugin:ty, fulfilment) => {
        impl $crate::x_fulfilment::Guest for VitrineGlue {
            fn quotes(order: $crate::Order) -> $crate::Result<Vec<$crate::x_fulfilment::Quote>> {
                <$plugin as $crate::Fulfilment>::quotes(order)
            }
            fn ship(order: $crate::Order, service: String, key: String) -> $crate::Result<$crate::x_fulfilment::Shipment> {
                <$plugin as $crate::Fulfilment>::ship(order, &service, &key)
            }
            fn track(reference: String) -> $crate::Result<Vec<$crate::Pair>> {
                <$plugin as $crate::Fulfilment>::track(&reference)
            }
        }
        $crate::x_fulfilment::export_fulfilment!(VitrineGlue);
    };
    ($plugin:ty, stock) => {
        impl $crate::x_stock_channel::Guest for VitrineGlue {
            fn levels(skus: Vec<String>) -> $crate::Result<Vec<$crate::x_stock_channel::Level>> {
                <$plugin as $crate::StockChannel>::levels(skus)
            }
            fn publish(levels: Vec<$crate::x_stock_channel::Level>) -> $crate::Result<()> {
                <$plugin as $crate::StockChannel>::publish(levels)
            }
        }
        $crate::x_stock_channel::export_stock_channel!(VitrineGlue);
    };
    ($plugin:ty, webhooks) => {
        impl $crate::x_webhooks::Guest for VitrineGlue {
            fn handle(hook: String, req: $crate::x_webhooks::Inbound) -> $crate::Result<$crate::x_webhooks::Outcome> {
                <$plugin as $crate::Webhooks>::handle(&hook, req)
            }
        }
        $crate::x_webhooks::export_webhooks!(VitrineGlue);
    };
}

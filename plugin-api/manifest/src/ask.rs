//! Permissions as the operator reads and grants them, one line each.

use crate::{Allow, Manifest};
use serde::Serialize;

/// One thing that a plugin asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Ask {
    /// Canonical form; what a grant holds. Equal keys are equal permissions.
    pub key: String,
    /// What it means, for people.
    pub text: String,
    /// The author's reason.
    pub reason: String,
}

fn ask(key: String, text: String, reason: &str) -> Ask {
    Ask { key, text, reason: reason.to_owned() }
}

impl Manifest {
    /// Everything that this plugin asks for, in the manifest's order.
    #[must_use]
    pub fn asks(&self) -> Vec<Ask> {
        let p = &self.permission;
        let mut asks = Vec::new();
        for o in &p.overlay {
            asks.push(ask(format!("overlay {}", o.layer), format!("draw on the layer `{}`", o.layer), &o.reason));
        }
        for h in &p.http {
            for method in &h.methods {
                let key = format!("http {method} {}", h.allow);
                asks.push(ask(key, format!("send {method} requests to {}", h.allow), &h.reason));
            }
            if let Some(most) = h.per_second {
                let text = format!("send up to {most} requests a second to {}", h.allow);
                asks.push(ask(format!("http {most}/s {}", h.allow), text, &h.reason));
            }
        }
        for u in &p.udp {
            let text = format!("send {} datagrams to the endpoint `{}`, bound by you", u.protocol, u.endpoint);
            asks.push(ask(format!("udp {}", u.endpoint), text, &u.reason));
        }
        if let Some(s) = &p.secrets {
            for name in &s.r#use {
                asks.push(ask(format!("secrets use {name}"), format!("use the secret `{name}` unseen"), &s.reason));
            }
            for name in &s.reveal {
                asks.push(ask(format!("secrets reveal {name}"), format!("READ the secret `{name}`"), &s.reason));
            }
        }
        if let Some(kv) = &p.kv {
            asks.push(ask(format!("kv {}", kv.kib), format!("keep up to {} KiB of its own data", kv.kib), &kv.reason));
        }
        parts(&mut asks, "chat", p.chat.as_ref(), |part| match part {
            "read" => "read the chat".to_owned(),
            _ => "propose chat messages".to_owned(),
        });
        parts(&mut asks, "shop", p.shop.as_ref(), |part| match part {
            "read" => "see products, prices and stock".to_owned(),
            _ => "propose offers within your bounds".to_owned(),
        });
        parts(&mut asks, "orders", p.orders.as_ref(), |part| match part {
            "read" => "see orders without their buyers".to_owned(),
            _ => "see who bought".to_owned(),
        });
        parts(&mut asks, "polls", p.polls.as_ref(), |part| match part {
            "read" => "see polls and votes".to_owned(),
            _ => "propose polls".to_owned(),
        });
        parts(&mut asks, "devices", p.devices.as_ref(), |kind| format!("look for `{kind}` in the studio's network"));
        asks
    }
}

fn parts(asks: &mut Vec<Ask>, power: &str, allow: Option<&Allow>, text: impl Fn(&str) -> String) {
    for part in allow.iter().flat_map(|a| a.allow.iter().map(move |p| (p, &a.reason))) {
        asks.push(ask(format!("{power} {}", part.0), text(part.0), part.1));
    }
}

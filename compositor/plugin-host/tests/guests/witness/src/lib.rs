//! Tells what it hears: in its log, on its layer, and in the chat.

use vitrine_plugin::polls::Poll;
use vitrine_plugin::x_interactions::Message;
use vitrine_plugin::{Layer, Order, Plugin, Result, Scene, Start, Viewer, at, chat, export, log, orders, shop};

struct Witness {
    layer: Layer,
    heard: i32,
}

impl Witness {
    /// A bar on the picture for each thing heard.
    fn hears(&mut self, what: &str) -> Result<()> {
        log::info(what);
        let mut s = Scene::new();
        s.panel(at(0, 0, 640, 160));
        s.text(at(24, 24, 592, 48), what).size(32);
        for n in 0..self.heard.min(20) {
            s.block(at(24 + 24 * n, 112, 16, 24), vitrine_plugin::Tint::Ink);
        }
        self.heard += 1;
        self.layer.show(&s)
    }
}

fn one(order: &Order) -> String {
    let lines: Vec<String> = order.lines.iter().map(|l| format!("{}x{}", l.quantity, l.sku)).collect();
    let buyer = order.buyer.as_ref().map_or("nobody", |b| b.name.as_str());
    format!("{} {} {} {} by {buyer}", order.id, order.status, lines.join(","), order.total.minor)
}

impl Plugin for Witness {
    fn start(_: Start) -> Result<Self> {
        let mut witness = Self { layer: Layer::open("witness")?, heard: 0 };
        witness.hears("listens")?;
        Ok(witness)
    }

    fn on_messages(&mut self, batch: &[Message]) -> Result<()> {
        for message in batch {
            self.hears(&format!("chat: {}@{}: {}", message.who.name, message.who.platform, message.text))?;
            if let Some(asked) = message.text.strip_prefix("say ") {
                chat::say("", asked)?;
            }
        }
        Ok(())
    }

    fn on_command(&mut self, name: &str, args: &str, who: &Viewer) -> Result<Option<String>> {
        self.hears(&format!("command: {name} {args} of {}", who.name))?;
        if name == "orders" {
            return Ok(Some(format!("I know {} orders", orders::recent(100)?.len())));
        }
        Ok(Some(format!("{name} yourself, {}", who.name)))
    }

    fn on_shop(&mut self, what: &[String]) -> Result<()> {
        let left = |p: &shop::Product| format!("{}={}", p.sku, p.available.map_or(-1, i64::from));
        let stock: Vec<String> = shop::products()?.iter().map(left).collect();
        self.hears(&format!("shop: {}: {}", what.join("+"), stock.join(" ")))
    }

    fn on_orders(&mut self, batch: &[Order]) -> Result<()> {
        batch.iter().try_for_each(|order| self.hears(&format!("order: {}", one(order))))
    }

    fn on_poll(&mut self, poll: &Poll) -> Result<()> {
        let votes: Vec<String> = poll.choices.iter().map(|c| format!("{}={}", c.title, c.votes)).collect();
        self.hears(&format!("poll: {} {} is {}", poll.question, votes.join(" "), poll.state))
    }
}

export!(Witness: chat, shop, orders, polls);

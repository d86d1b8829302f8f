//! The shop power: the window to read, offers to propose. Stock and money are out of reach.

use crate::bindings::Fault;
use crate::bindings::takes::shop as wit;
use crate::bindings::takes::types::Money;
use crate::convert;
use crate::guest::State;
use crate::limits;
use crate::outside::{Outside, View};
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use std::sync::Arc;
use vitrine_media::PluginId;
use vitrine_show::ports::plugins::{Amount, Proposed, ShopView};

/// The shop as one plugin may reach it.
pub(crate) struct Shop {
    permit: Arc<Permit>,
    plugin: PluginId,
    outside: Arc<Outside>,
    view: Arc<View>,
    rate: Rate,
}

impl Shop {
    pub(crate) fn new(permit: &Arc<Permit>, plugin: &PluginId, outside: &Arc<Outside>, view: &Arc<View>) -> Self {
        Self {
            permit: Arc::clone(permit),
            plugin: plugin.clone(),
            outside: Arc::clone(outside),
            view: Arc::clone(view),
            rate: Rate::per_minute(limits::PROPOSALS_PER_MIN),
        }
    }

    fn read(&self) -> Result<Arc<ShopView>, Fault> {
        self.permit.check("shop read", "[permission] shop = { allow = [\"read\"], reason = \"…\" }")?;
        Ok(self.view.shop())
    }

    /// Whether it may see the window.
    pub(crate) fn reads(&self) -> bool {
        self.permit.has("shop read")
    }

    fn propose(&self, sku: String, price: Option<Money>, seconds: Option<u32>) -> Result<(), Fault> {
        self.permit.check("shop propose", "[permission] shop = { allow = [\"propose\"], reason = \"…\" }")?;
        if !self.view.shop().products.iter().any(|p| p.sku == sku) {
            return Err(Fault::Invalid(format!("there is no product `{}`", crate::powers::log::one_line(&sku, 64))));
        }
        if let Some(price) = price.as_ref().filter(|p| p.minor <= 0 || p.currency.len() != 3) {
            return Err(Fault::Invalid(format!(
                "a price of {} is not one; give minor units above 0 and a currency",
                price.minor
            )));
        }
        if seconds.is_some_and(|s| !(5..=86_400).contains(&s)) {
            return Err(Fault::Invalid("an offer lasts 5 to 86400 seconds".to_owned()));
        }
        self.rate.take(self.outside.clock.mono_ms())?;
        let price = price.map(|p| Amount { minor: p.minor, currency: p.currency });
        let taken = self.outside.proposals.propose(&self.plugin, Proposed::Offer { sku, price, seconds });
        if taken { Ok(()) } else { Err(Fault::RateLimited(500)) }
    }
}

impl wit::Host for State {
    fn products(&mut self) -> wasmtime::Result<Result<Vec<wit::Product>, Fault>> {
        self.enter()?;
        Ok(self.powers.shop.read().map(|view| view.products.iter().map(convert::product).collect()))
    }

    fn current_offer(&mut self) -> wasmtime::Result<Result<Option<wit::Offer>, Fault>> {
        self.enter()?;
        Ok(self.powers.shop.read().map(|view| view.offer.as_ref().map(convert::offer)))
    }

    fn next_up(&mut self) -> wasmtime::Result<Result<Option<String>, Fault>> {
        self.enter()?;
        Ok(self.powers.shop.read().map(|view| view.next.clone()))
    }

    fn propose_offer(
        &mut self,
        sku: String,
        price: Option<Money>,
        seconds: Option<u32>,
    ) -> wasmtime::Result<Result<(), Fault>> {
        self.enter()?;
        Ok(self.powers.shop.propose(sku, price, seconds))
    }
}

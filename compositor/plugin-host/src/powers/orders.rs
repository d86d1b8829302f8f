//! The orders power: the newest orders, with their buyers only where that was granted by itself.

use crate::bindings::Fault;
use crate::bindings::takes::orders as wit;
use crate::bindings::takes::types::Order;
use crate::convert;
use crate::guest::State;
use crate::limits;
use crate::outside::View;
use crate::powers::permit::Permit;
use std::sync::Arc;

/// Orders as one plugin may see them.
pub(crate) struct Orders {
    permit: Arc<Permit>,
    view: Arc<View>,
}

impl Orders {
    pub(crate) fn new(permit: &Arc<Permit>, view: &Arc<View>) -> Self {
        Self { permit: Arc::clone(permit), view: Arc::clone(view) }
    }

    fn recent(&self, limit: u32) -> Result<Vec<Order>, Fault> {
        self.permit.check("orders read", "[permission] orders = { allow = [\"read\"], reason = \"…\" }")?;
        let limit = (limit as usize).min(limits::ORDERS_MAX);
        Ok(self.view.orders(limit).iter().map(|o| convert::order(o, self.buyers())).collect())
    }

    /// Whether it may see orders.
    pub(crate) fn reads(&self) -> bool {
        self.permit.has("orders read")
    }

    /// Whether it may see who bought.
    pub(crate) fn buyers(&self) -> bool {
        self.permit.has("orders buyers")
    }
}

impl wit::Host for State {
    fn recent(&mut self, limit: u32) -> wasmtime::Result<Result<Vec<Order>, Fault>> {
        self.enter()?;
        Ok(self.powers.orders.recent(limit))
    }
}

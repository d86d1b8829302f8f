//! After the money: ship, deliver, take back.

use super::buy::own;
use super::draft::{self, Draft};
use crate::order::{Order, OrderState, Parcel};
use crate::{OrderId, Refusal, Topic, Why};

fn refuse(order: &Order, action: &str) -> Refusal {
    Refusal::OrderState { order: order.id.clone(), state: order.state, action: action.to_owned() }
}

/// The parcel left: the units leave the shelf.
pub(super) fn ship(draft: &mut Draft<'_>, id: &OrderId, parcel: &Parcel) -> Result<(), Refusal> {
    let before = own(draft, id, None)?;
    super::list::text_or_empty("carrier", &parcel.carrier, crate::limits::TITLE_CHARS_MAX)?;
    super::list::text_or_empty("tracking", &parcel.tracking, crate::limits::TITLE_CHARS_MAX)?;
    match before.state {
        OrderState::Captured => {}
        OrderState::Shipped | OrderState::Delivered if before.parcel.as_ref() == Some(parcel) => return Ok(()),
        _ => return Err(refuse(before, "shipped")),
    }
    for units in &before.units {
        let on_hand = draft.stock(&units.sku, &units.location).on_hand;
        if on_hand < units.qty {
            return Err(Refusal::StockNotInHouse { sku: units.sku.clone(), on_hand, wanted: units.qty });
        }
    }
    draft.shift_units(before, Why::Ship, draft::ship)?;
    step(draft, before, Order { state: OrderState::Shipped, parcel: Some(parcel.clone()), ..before.clone() });
    Ok(())
}

/// The parcel arrived.
pub(super) fn deliver(draft: &mut Draft<'_>, id: &OrderId) -> Result<(), Refusal> {
    let before = own(draft, id, None)?;
    match before.state {
        OrderState::Shipped => step(draft, before, Order { state: OrderState::Delivered, ..before.clone() }),
        OrderState::Delivered | OrderState::Returned => {}
        _ => return Err(refuse(before, "delivered")),
    }
    Ok(())
}

/// The goods came back.
pub(super) fn take_back(draft: &mut Draft<'_>, id: &OrderId, restock: bool) -> Result<(), Refusal> {
    let before = own(draft, id, None)?;
    match before.state {
        OrderState::Shipped | OrderState::Delivered => {}
        OrderState::Returned => return Ok(()),
        _ => return Err(refuse(before, "taken back")),
    }
    if restock {
        draft.shift_units(before, Why::Return, draft::restock)?;
    }
    step(draft, before, Order { state: OrderState::Returned, ..before.clone() });
    Ok(())
}

fn step(draft: &mut Draft<'_>, before: &Order, order: Order) {
    draft.tell_order(Topic::OrderMoved, &order);
    draft.change(order, before.state);
}

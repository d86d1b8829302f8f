//! The shop as pure decisions: catalogue, money, stock, holds, orders, waiting line, channels, polls, giveaways.
//!
//! ```text
//!             ┌──────────── State ◄───────────┐
//!             ▼                               │ apply
//! Command ─► decide(state, command, now) ─► Events ─► ledger, outbox, view
//!             └─► Refusal: a stable code and a text that says what to do
//! ```
//!
//! Nothing here knows a database, a clock or the network. A store keeps as much of the [`State`] as
//! [`touches`] names, decides on it, and writes what the events say in one transaction.
//!
//! ```
//! use vitrine_commerce::{Command, Location, Sku, State, decide};
//! let mut state = State::default();
//! let command = Command::AdjustStock {
//!     sku: Sku::new("MUG").unwrap(), location: Location::main(), by: 12, note: "first delivery".into(),
//! };
//! for event in decide(&state, &command, 0).unwrap() {
//!     state.apply(&event).unwrap();
//! }
//! assert_eq!(state.left(&Sku::new("MUG").unwrap()), 12);
//! ```

mod catalogue;
mod command;
pub mod csv;
mod decide;
pub mod draw;
mod event;
mod ids;
pub mod import;
mod interact;
pub mod limits;
mod money;
mod order;
mod policy;
mod refusal;
pub mod signature;
mod state;
mod stock;
mod touch;
mod view;

pub use catalogue::{Choice, Discount, DiscountCode, Featured, Offer, Part, Product, Quota};
pub use command::{Audience, Command, Reply, Wanted};
pub use decide::{decide, reply};
pub use event::{Errand, Event, Topic, Wait};
pub use ids::{Channel, CodeId, CustomerId, GiveawayId, IdError, Location, OfferId, OrderId, PollId, ShowId, Sku};
pub use interact::{Giveaway, MarkKey, Poll};
pub use money::{Currency, Money, MoneyError, parse_amount};
pub use order::{Contact, Order, OrderLine, OrderState, Parcel, Payment, PaymentFact, Units};
pub use policy::{HoldPolicy, Policy};
pub use refusal::Refusal;
pub use state::{ApplyError, Book, State};
pub use stock::{Delta, Move, Stock, Why};
pub use touch::{Touch, touches};
pub use view::{ProductView, ShopView, Totals};

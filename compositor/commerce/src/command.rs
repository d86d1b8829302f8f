//! Everything that can be asked of the shop, and what it answers.

use crate::catalogue::{DiscountCode, Featured, Offer, Product};
use crate::draw::Seed;
use crate::order::{Contact, Order, Parcel, PaymentFact};
use crate::{
    Channel, CodeId, CustomerId, Giveaway, GiveawayId, Location, Money, OfferId, OrderId, Policy, Poll, PollId, ShowId,
    Sku,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One line a buyer asks for. The price is never taken from here: `seen_price` only lets the shop refuse when the
/// buyer saw another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// What.
    pub sku: Sku,
    /// How many; 1 to 999, anything else is refused with `QUANTITY_INVALID`.
    pub qty: i64,
    /// Under which offer.
    #[serde(default)]
    pub offer: Option<OfferId>,
    /// The price that the buyer saw for one.
    #[serde(default)]
    pub seen_price: Option<Money>,
}

/// A command. Who may give which is the server's business: see [`Command::audience`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// Adds or replaces products, all or none.
    PutProducts {
        /// The products.
        products: Vec<Product>,
    },
    /// Takes a product off the list; its stock and orders stay.
    RemoveProduct {
        /// Which.
        sku: Sku,
    },
    /// Adds or replaces an offer; units already taken stay taken.
    PutOffer {
        /// The offer.
        offer: Offer,
    },
    /// Ends an offer now.
    EndOffer {
        /// Which.
        offer: OfferId,
    },
    /// Adds or replaces a discount code; uses so far stay used.
    PutCode {
        /// The code.
        code: DiscountCode,
    },
    /// Replaces the seller's rules.
    SetPolicy {
        /// The rules.
        policy: Policy,
    },
    /// Puts a product on a show's stage, or clears it.
    Feature {
        /// What and where.
        featured: Featured,
    },
    /// Adds to or takes from the shelf.
    AdjustStock {
        /// What.
        sku: Sku,
        /// Which shelf.
        #[serde(default)]
        location: Location,
        /// Units to add; negative takes away.
        by: i64,
        /// Why, for the ledger.
        #[serde(default)]
        note: String,
    },
    /// Sets the shelf to a counted number.
    CountStock {
        /// What.
        sku: Sku,
        /// Which shelf.
        #[serde(default)]
        location: Location,
        /// Units counted.
        on_hand: i64,
        /// The row's version that was seen; refused with `STALE` if it has moved. `None` writes anyway.
        #[serde(default)]
        seen_version: Option<u64>,
    },
    /// Sets how many may be sold beyond the shelf.
    SetBackorder {
        /// What.
        sku: Sku,
        /// Which shelf.
        #[serde(default)]
        location: Location,
        /// Units.
        units: i64,
    },
    /// Sets units aside for a channel that counts by itself. Compare-and-set on `seen_version`.
    SetQuota {
        /// The channel.
        channel: Channel,
        /// What.
        sku: Sku,
        /// Which shelf.
        #[serde(default)]
        location: Location,
        /// Units that should be set aside; as many as there are get set aside.
        target: i64,
        /// The quota's version that was seen.
        #[serde(default)]
        seen_version: Option<u64>,
    },
    /// A channel sold from its quota; the order is born captured.
    ChannelSold {
        /// Our id for it; make it from the channel's.
        order: OrderId,
        /// The show it belongs to.
        show: ShowId,
        /// The channel.
        channel: Channel,
        /// The buyer as the channel names them.
        customer: CustomerId,
        /// What.
        sku: Sku,
        /// How many.
        qty: i64,
        /// Where it goes, if the channel says.
        #[serde(default)]
        contact: Option<Contact>,
    },
    /// Begins an order: a hold, or a cart when first paid is first served.
    Hold {
        /// Made and kept by the buyer's client before the first try.
        order: OrderId,
        /// The show the buyer watches; set by the server.
        show: ShowId,
        /// Who buys; set by the server.
        customer: CustomerId,
        /// Through what; set by the server.
        #[serde(default)]
        channel: Channel,
        /// What.
        lines: Vec<Wanted>,
        /// A discount code.
        #[serde(default)]
        code: Option<CodeId>,
    },
    /// Keeps a hold alive: the buyer is still there.
    Extend {
        /// Which.
        order: OrderId,
        /// Whose; another's order is refused as unknown.
        customer: CustomerId,
    },
    /// Lets a hold go.
    Release {
        /// Which.
        order: OrderId,
        /// Whose; `None` when the seller does it.
        #[serde(default)]
        customer: Option<CustomerId>,
    },
    /// Begins to pay: asks the provider for an intent through the outbox.
    Pay {
        /// Which.
        order: OrderId,
        /// Whose.
        customer: CustomerId,
        /// The payment plugin.
        provider: String,
        /// Where it goes.
        #[serde(default)]
        contact: Option<Contact>,
    },
    /// The provider made the intent.
    IntentCreated {
        /// Which.
        order: OrderId,
        /// The provider's name for it.
        reference: String,
        /// What the buyer's page needs next.
        #[serde(default)]
        next_step: Option<String>,
    },
    /// A verified webhook or poll of the provider.
    PaymentEvent {
        /// The provider.
        provider: String,
        /// The provider's unique event id; the same one has its effect once.
        event: String,
        /// Which order, from the metadata that we gave the provider.
        order: OrderId,
        /// The provider's name for the payment.
        #[serde(default)]
        reference: Option<String>,
        /// What happened.
        fact: PaymentFact,
    },
    /// Calls an unpaid or unshipped order off: lets go, voids or pays back as its state asks.
    Cancel {
        /// Which.
        order: OrderId,
        /// Why, for the buyer.
        #[serde(default)]
        reason: String,
    },
    /// Asks the provider to pay money back.
    Refund {
        /// Which.
        order: OrderId,
        /// How much; `None` for all that is left.
        #[serde(default)]
        amount: Option<Money>,
    },
    /// The parcel left.
    Ship {
        /// Which.
        order: OrderId,
        /// What the carrier said.
        parcel: Parcel,
    },
    /// The parcel arrived.
    Deliver {
        /// Which.
        order: OrderId,
    },
    /// The goods came back.
    Return {
        /// Which.
        order: OrderId,
        /// Whether they go back on the shelf.
        restock: bool,
    },
    /// Ends holds that have run out, at most [`crate::limits::SWEEP_ORDERS_MAX`]. The store gives it each second.
    Sweep,
    /// Joins the waiting line of a sold-out product.
    JoinLine {
        /// The id the order will have when the turn comes; made by the client.
        order: OrderId,
        /// The show.
        show: ShowId,
        /// Who.
        customer: CustomerId,
        /// What.
        sku: Sku,
        /// How many.
        qty: i64,
    },
    /// Leaves the waiting line.
    LeaveLine {
        /// The id given at joining.
        order: OrderId,
        /// Who.
        customer: CustomerId,
    },
    /// Opens a poll.
    OpenPoll {
        /// The poll; its tally and its end are ignored.
        poll: Poll,
        /// How long votes are taken, in milliseconds; without it, until the poll is closed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts_ms: Option<u64>,
    },
    /// One viewer's vote; the first counts.
    Vote {
        /// Which poll.
        poll: PollId,
        /// Who.
        viewer: CustomerId,
        /// Index of the choice.
        choice: usize,
    },
    /// Closes a poll.
    ClosePoll {
        /// Which.
        poll: PollId,
    },
    /// Opens a giveaway with the hash of its seed.
    OpenGiveaway {
        /// The giveaway.
        giveaway: Giveaway,
        /// The seed, to be kept by the shop until the draw. A store fills it in where neither it nor its hash is given; with
        /// the hash alone, the seller keeps the seed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<Seed>,
    },
    /// One viewer's entry; the first counts.
    Enter {
        /// Which.
        giveaway: GiveawayId,
        /// Who.
        viewer: CustomerId,
    },
    /// Ends a giveaway: no entry later than now plus the greatest viewer latency.
    CloseGiveaway {
        /// Which.
        giveaway: GiveawayId,
        /// The greatest latency of any viewer, in milliseconds; at most 30,000 count.
        viewer_latency_ms: u64,
    },
    /// Opens the seed and draws. Anybody can check the result: see [`crate::draw`].
    Draw {
        /// Which.
        giveaway: GiveawayId,
        /// The seed whose hash was published, in hex, if the seller keeps it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed_hex: Option<String>,
        /// The value of the public randomness that was named at the opening; empty if none was.
        #[serde(default)]
        beacon: String,
    },
    /// Ends polls whose time is over and fixes the lists of giveaways that have closed. The store asks by itself.
    EndPlays,
}

/// Who a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A viewer of the show, for themselves.
    Viewer,
    /// The seller and those the seller lets in.
    Seller,
    /// A payment or channel plugin, within its grant.
    Plugin,
    /// The program itself.
    Machine,
}

impl Command {
    /// Who may give it; the server's table of rights is made from this.
    #[must_use]
    pub const fn audience(&self) -> Audience {
        match self {
            Self::Hold { .. }
            | Self::Extend { .. }
            | Self::Release { customer: Some(_), .. }
            | Self::Pay { .. }
            | Self::JoinLine { .. }
            | Self::LeaveLine { .. }
            | Self::Vote { .. }
            | Self::Enter { .. } => Audience::Viewer,
            Self::IntentCreated { .. }
            | Self::PaymentEvent { .. }
            | Self::ChannelSold { .. }
            | Self::SetQuota { .. }
            | Self::Ship { .. }
            | Self::Deliver { .. } => Audience::Plugin,
            Self::Sweep | Self::EndPlays => Audience::Machine,
            _ => Audience::Seller,
        }
    }
}

/// What the shop answered to a command it carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Reply {
    /// Done.
    Done,
    /// It had been done before: a webhook seen twice, a second vote, a finished state. Nothing changed.
    Already,
    /// The order as it is now.
    Order {
        /// The order.
        order: Arc<Order>,
    },
    /// A place in the waiting line.
    Waiting {
        /// How many are before.
        before: u64,
    },
    /// The winner of a giveaway and what is needed to check it.
    Drawn {
        /// The draw.
        draw: Box<crate::draw::Draw>,
    },
}

//! Every bound of the shop: name, unit, reason.

/// Longest id or SKU, in characters: fits a label, a URL and an index page.
pub const ID_CHARS_MAX: usize = 64;
/// Longest title, in characters: two lines on a card.
pub const TITLE_CHARS_MAX: usize = 200;
/// Longest description, question or reason, in characters.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// Units of one line: above it a person should talk to the seller, and sums stay far from overflow.
pub const LINE_QTY_MAX: i64 = 999;
/// Lines of one order.
pub const ORDER_LINES_MAX: usize = 50;
/// Parts of one bundle.
pub const BUNDLE_PARTS_MAX: usize = 32;
/// Largest amount in minor units: 10^15 keeps 50 lines × 999 units inside an i64 after checking.
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000_000;
/// Largest counter of one SKU at one location.
pub const STOCK_UNITS_MAX: i64 = 1_000_000_000;
/// Default time a hold lasts from the last sign of life, in milliseconds.
pub const HOLD_MS: u64 = 10 * 60 * 1000;
/// Default time a hold lasts once the buyer is paying, in milliseconds: 3-D Secure takes minutes.
pub const PAY_MS: u64 = 10 * 60 * 1000;
/// Default longest life of a hold with all its extensions, in milliseconds: a cart is not a shelf.
pub const HOLD_TOTAL_MS_MAX: u64 = 30 * 60 * 1000;
/// Default time the next in the waiting line has to take an offer, in milliseconds.
pub const WAIT_OFFER_MS: u64 = 5 * 60 * 1000;
/// Shortest and longest hold a seller may configure, in milliseconds.
pub const HOLD_MS_RANGE: (u64, u64) = (1_000, 24 * 60 * 60 * 1000);
/// Holds ended by one sweep: keeps the writer's transaction short.
pub const SWEEP_ORDERS_MAX: usize = 500;
/// Offers made to the waiting line by one command.
pub const WAIT_OFFERS_MAX: usize = 64;
/// People in the waiting line of one SKU.
pub const WAIT_LINE_MAX: u64 = 100_000;
/// Products of one import or one command.
pub const PRODUCTS_MAX: usize = 10_000;
/// Bytes of one import file.
pub const IMPORT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Choices of one poll.
pub const POLL_CHOICES_MAX: usize = 12;
/// How far a webhook's time stamp may lie from now, in seconds: what Stripe and Standard Webhooks use.
pub const WEBHOOK_TOLERANCE_S: i64 = 300;
/// Largest grace for a viewer's latency when an offer or a giveaway closes, in milliseconds.
pub const VIEWER_LATENCY_MS_MAX: u64 = 30_000;
/// Longest time that a poll may take votes, in milliseconds: a day.
pub const POLL_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// Shortest seed of a draw, in bytes: too many to try.
pub const SEED_BYTES_MIN: usize = 16;

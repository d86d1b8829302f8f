//! What viewers can click and when: boxes from the tick, offers from the shop, for sockets and for HLS.
//!
//! ```text
//! tick ──lane "tick→moments": changes only──► Moments ──► Desk::hotspots ──► the viewers' sockets
//! shop ──the view, when it changed──────────►         └─► DateRanges ──────► EXT-X-DATERANGE in HLS
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vitrine_commerce::{Offer, ShopView, ShowId};
use vitrine_media::{Lane, Popped, ShowTime};
use vitrine_pipeline::outputs::{DateRange, DateRanges, RangeEnd};
use vitrine_scene::model::Canvas;
use vitrine_scene::plan::SpotBox;
use vitrine_show::ports::desk::{HotspotBox, Hotspots};

/// Sets of boxes kept for the desk: a minute of a card that never rests.
const KEPT: usize = 300;
/// Boxes that only move are told at most this often, and where they come to rest: 5 Hz follows a card well enough.
const MOVES_EVERY_MS: i64 = 200;

/// The boxes of one canvas from one picture on.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The canvas, by its index.
    pub canvas: usize,
    /// The picture's time.
    pub at: ShowTime,
    /// The boxes.
    pub boxes: Vec<SpotBox>,
}

/// Keeps what viewers can click.
pub struct Moments {
    from_tick: Lane<Seen>,
    started_unix_ms: u64,
    ranges: Vec<DateRanges>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    seq: u64,
    sets: VecDeque<Arc<Hotspots>>,
    /// Moves by canvas that wait for the next one, or for rest.
    waiting: BTreeMap<usize, Hotspots>,
    told: BTreeMap<usize, Hotspots>,
    view: Option<Arc<ShopView>>,
    staged: Option<String>,
    /// Offers that are not over yet, as they were told last.
    offers: BTreeMap<String, DateRange>,
}

impl Moments {
    /// Nothing can be clicked yet.
    pub fn new(from_tick: Lane<Seen>, started_unix_ms: u64, canvases: usize) -> Self {
        let ranges = (0..canvases).map(|_| DateRanges::default()).collect();
        Self { from_tick, started_unix_ms, ranges, kept: Mutex::default() }
    }

    /// Wall clock at show time zero: what programme date-times count from.
    pub fn epoch(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.started_unix_ms)
    }

    /// The lane from the tick.
    pub const fn lane(&self) -> &Lane<Seen> {
        &self.from_tick
    }

    /// What HLS of a canvas tells of itself.
    pub fn ranges(&self, canvas: usize) -> DateRanges {
        self.ranges.get(canvas).cloned().unwrap_or_default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sets after number `after`, oldest first.
    pub fn after(&self, after: u64) -> Vec<Arc<Hotspots>> {
        self.kept().sets.iter().filter(|set| set.seq > after).cloned().collect()
    }

    /// Takes what the tick has told. Called by the `show` thread.
    pub fn hear(&self, canvases: &[Canvas], now: ShowTime) {
        let mut kept = self.kept();
        while let Popped::Next(seen) = self.from_tick.pop(Duration::ZERO) {
            if let Some(canvas) = canvases.get(seen.canvas) {
                let set = set(&seen, canvas, self.started_unix_ms);
                let due = kept.take(seen.canvas, set);
                due.into_iter().for_each(|set| self.tell(&mut kept, seen.canvas, set));
            }
        }
        for (canvas, set) in kept.rested(self.unix_ms(now)) {
            self.tell(&mut kept, canvas, set);
        }
    }

    fn unix_ms(&self, at: ShowTime) -> i64 {
        i64::try_from(self.started_unix_ms + at.millis()).unwrap_or(i64::MAX)
    }

    fn tell(&self, kept: &mut Kept, canvas: usize, set: Hotspots) {
        kept.seq += 1;
        let set = Arc::new(Hotspots { seq: kept.seq, ..set });
        if kept.sets.len() == KEPT {
            kept.sets.pop_front();
        }
        kept.sets.push_back(Arc::clone(&set));
        if let Some(ranges) = self.ranges.get(canvas) {
            ranges.put(spots_range(&set));
        }
    }

    /// Takes the shop's stage and offers into the streams of all canvases, if the view is another than before.
    /// Called by the `show` thread.
    pub fn shop(&self, view: &Arc<ShopView>, show: Option<&ShowId>, now: ShowTime) {
        let mut kept = self.kept();
        let Some(show) = show.filter(|_| kept.view.as_ref().is_none_or(|seen| !Arc::ptr_eq(seen, view))) else {
            return;
        };
        kept.view = Some(Arc::clone(view));
        let at = self.epoch() + Duration::from_millis(now.millis());
        let staged = view.featured.get(show).and_then(|featured| featured.sku.as_ref()).map(ToString::to_string);
        let mut fresh = Vec::new();
        if kept.staged != staged {
            fresh.push(DateRange {
                id: format!("product-{}", millis(at)),
                class: "org.vitrine.product".to_owned(),
                start: at,
                end: RangeEnd::OnNext,
                attributes: vec![("X-SKU".to_owned(), staged.clone().unwrap_or_default())],
            });
            kept.staged = staged;
        }
        fresh.extend(kept.offers(view, show, at));
        for range in fresh {
            self.ranges.iter().for_each(|ranges| ranges.put(range.clone()));
        }
    }
}

impl Kept {
    /// What must be told at once because of a new set. Boxes that only move wait for their rest, or their turn.
    fn take(&mut self, canvas: usize, set: Hotspots) -> Vec<Hotspots> {
        let told = self.told.get(&canvas);
        let same_things = |other: &Hotspots| {
            other.boxes.len() == set.boxes.len() && other.boxes.iter().zip(&set.boxes).all(|(a, b)| a.sku == b.sku)
        };
        let turn = told.is_none_or(|told| set.pdt_ms - told.pdt_ms >= MOVES_EVERY_MS);
        if !turn && told.is_some_and(same_things) {
            self.waiting.insert(canvas, set);
            return Vec::new();
        }
        self.told.insert(canvas, set.clone());
        // Where a move ended before these boxes came is a moment of its own.
        self.waiting.remove(&canvas).into_iter().chain([set]).collect()
    }

    /// What must be told of offers: those that are new or other than before, and those that ended by hand.
    fn offers(&mut self, view: &ShopView, show: &ShowId, now: SystemTime) -> Vec<DateRange> {
        let mine = view.offers.iter().filter(|offer| offer.show == *show && !offer.ended);
        let running: BTreeMap<String, DateRange> =
            mine.map(|offer| (offer.id.to_string(), offer_range(offer))).collect();
        let ended = self
            .offers
            .iter()
            .filter(|(id, range)| !running.contains_key(*id) && matches!(range.end, RangeEnd::At(end) if end > now));
        let ended = ended.map(|(_, range)| DateRange { end: RangeEnd::At(now.max(range.start)), ..range.clone() });
        let new = running.iter().filter(|(id, range)| self.offers.get(*id) != Some(range)).map(|(_, range)| range);
        let told = ended.chain(new.cloned()).collect();
        self.offers = running;
        told
    }

    /// Moves that have come to rest, or waited long enough.
    fn rested(&mut self, now_ms: i64) -> Vec<(usize, Hotspots)> {
        let due: Vec<usize> =
            self.waiting.iter().filter(|(_, set)| now_ms - set.pdt_ms >= MOVES_EVERY_MS).map(|(c, _)| *c).collect();
        let mut out = Vec::new();
        for canvas in due {
            if let Some(set) = self.waiting.remove(&canvas) {
                self.told.insert(canvas, set.clone());
                out.push((canvas, set));
            }
        }
        out
    }
}

fn set(seen: &Seen, canvas: &Canvas, started_unix_ms: u64) -> Hotspots {
    let round = |part: f32| (part * 10_000.0).round() / 10_000.0;
    let boxes = seen.boxes.iter().map(|spot| {
        let [x, y, w, h] = spot.parts(canvas.size).map(round);
        HotspotBox { sku: spot.sku.to_string(), x, y, w, h }
    });
    let pdt_ms = i64::try_from(started_unix_ms + seen.at.millis()).unwrap_or(i64::MAX);
    Hotspots { seq: 0, pdt_ms, canvas: canvas.name.clone(), boxes: boxes.collect() }
}

fn offer_range(offer: &Offer) -> DateRange {
    let at = |unix_ms: u64| UNIX_EPOCH + Duration::from_millis(unix_ms);
    DateRange {
        id: format!("offer-{}", offer.id),
        class: "org.vitrine.offer".to_owned(),
        start: at(offer.starts_ms),
        end: RangeEnd::At(at(offer.ends_ms.max(offer.starts_ms))),
        attributes: vec![("X-SKU".to_owned(), offer.sku.to_string()), ("X-PRICE".to_owned(), offer.price.to_string())],
    }
}

fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The boxes as an attribute: `SKU,x,y,w,h` and `;` between; what is no plain letter of a SKU is written as `%41`.
fn spots_range(set: &Hotspots) -> DateRange {
    let mut boxes = String::new();
    for spot in &set.boxes {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let escape = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
        let sku: String = spot.sku.bytes().map(escape).collect();
        let between = if boxes.is_empty() { "" } else { ";" };
        // Writing to a text can't fail.
        let _ = write!(boxes, "{between}{sku},{},{},{},{}", spot.x, spot.y, spot.w, spot.h);
    }
    let start = UNIX_EPOCH + Duration::from_millis(u64::try_from(set.pdt_ms).unwrap_or(0));
    DateRange {
        id: format!("hotspots-{}", set.seq),
        class: "org.vitrine.hotspots".to_owned(),
        start,
        end: RangeEnd::OnNext,
        attributes: vec![("X-BOXES".to_owned(), boxes)],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use vitrine_media::CanvasName;

    fn at(pdt_ms: i64, boxes: &[(&str, f32)]) -> Hotspots {
        let boxes = boxes.iter().map(|(sku, x)| HotspotBox { sku: (*sku).to_owned(), x: *x, y: 0.5, w: 0.1, h: 0.1 });
        Hotspots { seq: 0, pdt_ms, canvas: CanvasName::new("main").unwrap(), boxes: boxes.collect() }
    }

    #[test]
    fn what_comes_and_goes_is_told_at_its_picture_and_a_move_at_its_rest() {
        let mut kept = Kept::default();
        let times = |sets: Vec<Hotspots>| sets.iter().map(|set| set.pdt_ms).collect::<Vec<_>>();
        assert_eq!(times(kept.take(0, at(0, &[]))), [0]);
        assert_eq!(times(kept.take(0, at(33, &[("MUG", 0.9)]))), [33], "a new thing at once");
        for (n, x) in [(66, 0.8_f32), (100, 0.7), (133, 0.6)] {
            assert_eq!(times(kept.take(0, at(n, &[("MUG", x)]))), [0_i64; 0], "a move waits");
        }
        assert_eq!(kept.rested(300), []);
        let rest = kept.rested(333);
        assert_eq!((rest.len(), rest[0].1.pdt_ms, rest[0].1.boxes[0].x), (1, 133, 0.6), "and ends where it ended");
        assert_eq!(times(kept.take(0, at(5_000, &[]))), [5_000], "what goes goes at once");
    }

    #[test]
    fn a_thing_that_goes_on_the_move_leaves_its_last_place_behind() {
        let mut kept = Kept::default();
        kept.take(0, at(0, &[("MUG", 0.9)]));
        kept.take(0, at(33, &[("MUG", 0.8)]));
        let told: Vec<i64> = kept.take(0, at(66, &[])).iter().map(|set| set.pdt_ms).collect();
        assert_eq!(told, [33, 66]);
    }

    #[test]
    fn boxes_are_one_attribute_without_quotes() {
        let range = spots_range(&at(1_500, &[("MUG \"1\"", 0.25), ("TEE", 0.5)]));
        assert_eq!(range.attributes[0].1, "MUG%20%221%22,0.25,0.5,0.1,0.1;TEE,0.5,0.5,0.1,0.1");
    }

    #[test]
    fn an_offer_is_told_once_and_its_early_end_too() {
        use vitrine_commerce::{Currency, Money, OfferId, Sku};
        let (mut kept, show) = (Kept::default(), ShowId::new("shop").unwrap());
        let price = Money::new(990, Currency::new("EUR").unwrap()).unwrap();
        let (starts_ms, ends_ms) = (1_000, 60_000);
        let (id, sku) = (OfferId::new("o1").unwrap(), Sku::new("MUG").unwrap());
        let mut offer =
            Offer { id, show: show.clone(), sku, price, starts_ms, ends_ms, units: None, taken: 0, ended: false };
        let view = |offer: &Offer| ShopView { offers: Arc::new(vec![offer.clone()]), ..ShopView::default() };
        let at = |ms| UNIX_EPOCH + Duration::from_millis(ms);
        let told = kept.offers(&view(&offer), &show, at(1_000));
        assert_eq!((told.len(), told[0].end), (1, RangeEnd::At(at(60_000))));
        offer.taken = 3;
        assert_eq!(kept.offers(&view(&offer), &show, at(2_000)), [], "what was taken is no other offer");
        offer.ended = true;
        let told = kept.offers(&view(&offer), &show, at(5_000));
        assert_eq!((told.len(), told[0].end), (1, RangeEnd::At(at(5_000))));
        assert_eq!(kept.offers(&view(&offer), &show, at(6_000)), []);
    }
}

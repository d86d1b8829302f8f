//! `EXT-X-DATERANGE`: what happens in a stream while it plays, put into the HLS playlist beside the pictures' dates.
//!
//! Format: RFC 8216, 4.3.2.7.

use crate::limits::DATE_RANGES_MAX;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// How long something lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeEnd {
    /// Until the next of its class begins.
    OnNext,
    /// Until an instant, which may be known beforehand.
    At(SystemTime),
}

/// Something that happens in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateRange {
    /// Tells it from others; one that is put again under its id replaces the first.
    pub id: String,
    /// What kind of thing it is, such as `org.vitrine.offer`.
    pub class: String,
    /// When it begins.
    pub start: SystemTime,
    /// When it ends.
    pub end: RangeEnd,
    /// Names that begin with `X-`, and texts. Quotes and control characters of a text are left out.
    pub attributes: Vec<(String, String)>,
}

/// What happens in the streams of one canvas. Clones are the same list; the newest are kept.
#[derive(Clone, Debug, Default)]
pub struct DateRanges(Arc<Mutex<VecDeque<DateRange>>>);

/// Two lists are equal when they are the same one: a setting, not its content.
impl PartialEq for DateRanges {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl DateRanges {
    fn all(&self) -> MutexGuard<'_, VecDeque<DateRange>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds something, or replaces what has its id.
    pub fn put(&self, range: DateRange) {
        let mut all = self.all();
        if let Some(known) = all.iter_mut().rev().find(|known| known.id == range.id) {
            *known = range;
            return;
        }
        if all.len() >= DATE_RANGES_MAX {
            all.pop_front();
        }
        all.push_back(range);
    }

    /// The tags of a playlist whose first picture is of `from`: what goes on then, and what begins later.
    pub(super) fn tags(&self, from: SystemTime) -> String {
        let all = self.all();
        // Of what lasts until the next of its class, the latest that began before the playlist still goes on.
        let mut going: BTreeMap<&str, SystemTime> = BTreeMap::new();
        for range in all.iter().filter(|range| range.end == RangeEnd::OnNext && range.start <= from) {
            let latest = going.entry(&range.class).or_insert(range.start);
            *latest = range.start.max(*latest);
        }
        let mut text = String::new();
        for range in all.iter() {
            let on = match range.end {
                RangeEnd::At(end) => end >= from,
                RangeEnd::OnNext => range.start > from || going.get(range.class.as_str()) == Some(&range.start),
            };
            if on {
                tag(range, &mut text);
            }
        }
        text
    }
}

fn tag(range: &DateRange, text: &mut String) {
    let Ok(start) = jiff::Timestamp::try_from(range.start) else { return };
    let (id, class) = (quotable(&range.id), quotable(&range.class));
    // Writing to a text can't fail.
    let _ = write!(text, "#EXT-X-DATERANGE:ID=\"{id}\",CLASS=\"{class}\",START-DATE=\"{start:.3}\"");
    match range.end {
        RangeEnd::OnNext => text.push_str(",END-ON-NEXT=YES"),
        RangeEnd::At(end) => {
            if let Ok(end) = jiff::Timestamp::try_from(end) {
                let _ = write!(text, ",END-DATE=\"{end:.3}\"");
            }
        }
    }
    for (name, said) in &range.attributes {
        let _ = write!(text, ",{name}=\"{}\"", quotable(said));
    }
    text.push('\n');
}

fn quotable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '"').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn boxes(id: &str, start: u64, said: &str) -> DateRange {
        DateRange {
            id: id.to_owned(),
            class: "org.vitrine.hotspots".to_owned(),
            start: at(start),
            end: RangeEnd::OnNext,
            attributes: vec![("X-BOXES".to_owned(), said.to_owned())],
        }
    }

    #[test]
    fn a_tag_is_what_the_rfc_asks_for() {
        let ranges = DateRanges::default();
        ranges.put(boxes("h1", 1, "MUG,0.5,0.5,0.1,0.1\"\n"));
        let offer = DateRange {
            id: "o1".to_owned(),
            class: "org.vitrine.offer".to_owned(),
            start: at(2),
            end: RangeEnd::At(at(9)),
            attributes: vec![("X-SKU".to_owned(), "MUG".to_owned())],
        };
        ranges.put(offer.clone());
        ranges.put(DateRange { end: RangeEnd::At(at(4)), ..offer });
        assert_eq!(
            ranges.tags(at(0)),
            "#EXT-X-DATERANGE:ID=\"h1\",CLASS=\"org.vitrine.hotspots\",START-DATE=\"1970-01-01T00:00:01.000Z\",\
             END-ON-NEXT=YES,X-BOXES=\"MUG,0.5,0.5,0.1,0.1\"\n\
             #EXT-X-DATERANGE:ID=\"o1\",CLASS=\"org.vitrine.offer\",START-DATE=\"1970-01-01T00:00:02.000Z\",\
             END-DATE=\"1970-01-01T00:00:04.000Z\",X-SKU=\"MUG\"\n"
        );
    }

    #[test]
    fn what_is_over_before_the_playlist_begins_is_not_in_it() {
        let ranges = DateRanges::default();
        for n in 1..=5 {
            ranges.put(boxes(&format!("h{n}"), n * 10, ""));
        }
        let ids =
            |from| -> Vec<usize> { (1..=5).filter(|n| ranges.tags(at(from)).contains(&format!("\"h{n}\""))).collect() };
        assert_eq!(ids(0), [1, 2, 3, 4, 5]);
        assert_eq!(ids(35), [3, 4, 5], "the third goes on");
        assert_eq!(ids(40), [4, 5]);
        assert_eq!(ids(99), [5]);
    }

    #[test]
    fn the_oldest_go() {
        let ranges = DateRanges::default();
        for n in 0..=DATE_RANGES_MAX {
            ranges.put(boxes(&format!("h{n}"), 1 + n as u64, ""));
        }
        assert_eq!(ranges.all().len(), DATE_RANGES_MAX);
    }
}

//! Scaling tables: which source samples make one sample of the canvas, along one axis.
//!
//! `Bilinear` weighs each source sample by how much of it lies under a box as wide as one canvas sample, but at
//! least one source sample wide. Enlarging, that is linear interpolation; reducing, it is the area average.
//! Chroma is sited left (MPEG-2): sample `i` lies at luma 2·i + ½ across and 2·i + 1 down.

use vitrine_scene::draw::Scaling;

/// Weights are fixed point with this many bits of fraction, and sum to one exactly.
pub(crate) const WEIGHT_BITS: u32 = 14;
/// What is thinner than this is weighed as if it were so thick: bounds the work for a picture squeezed to nothing.
const THINNEST_PX: f64 = 1.0 / 16.0;
/// One, as a weight.
pub(crate) const WEIGHT_ONE: i32 = 1 << WEIGHT_BITS;

/// Which samples the axis runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// Luma or alpha: a sample a pixel, in its middle.
    Full,
    /// Chroma across: a sample for two pixels, in the middle of the left one.
    HalfAcross,
    /// Chroma down: a sample for two pixels, between them.
    HalfDown,
}

impl Site {
    /// Position of sample `index` in pixels.
    fn pixel_of(self, index: f64) -> f64 {
        match self {
            Self::Full => index + 0.5,
            Self::HalfAcross => 2.0 * index + 0.5,
            Self::HalfDown => 2.0 * index + 1.0,
        }
    }

    /// Position among samples, where sample `i` spans `i` to `i + 1`, of a position in pixels.
    fn sample_of(self, pixel: f64) -> f64 {
        match self {
            Self::Full => pixel,
            Self::HalfAcross => (pixel - 0.5) / 2.0 + 0.5,
            Self::HalfDown => pixel / 2.0,
        }
    }

    /// Samples that `pixels` pixels have.
    const fn samples(self, pixels: i32) -> i32 {
        match self {
            Self::Full => pixels,
            Self::HalfAcross | Self::HalfDown => (pixels + 1) / 2,
        }
    }
}

/// What an axis is made from; equal specs have equal tables.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AxisSpec {
    /// First canvas sample wanted.
    pub(crate) first: i32,
    /// Canvas samples wanted.
    pub(crate) count: i32,
    /// Where the source begins on the canvas, in pixels.
    pub(crate) dst_origin: f32,
    /// How far it reaches on the canvas, in pixels.
    pub(crate) dst_len: f32,
    /// Where the crop begins in the source, in pixels.
    pub(crate) src_origin: f32,
    /// How far the crop reaches, in pixels.
    pub(crate) src_len: f32,
    /// The source's whole extent, in pixels.
    pub(crate) src_pixels: i32,
    /// Mirrored.
    pub(crate) flip: bool,
    /// Which samples.
    pub(crate) site: Site,
    /// Which filter.
    pub(crate) scaling: Scaling,
}

/// A table with a shape that has a faster road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Canvas sample `i` is source sample `i + shift`.
    Shift(i32),
    /// Two source samples to one, evenly: canvas sample `i` is the mean of `2·i + shift` and the next.
    Half(i32),
    /// Left-sited chroma of the same: `2·i + shift − 1`, `2·i + shift`, and the next, weighted 1, 4, 3.
    HalfLeft(i32),
    /// Anything else.
    Any,
}

/// One axis' table.
#[derive(Debug)]
pub(crate) struct Axis {
    /// First canvas sample that it covers.
    pub(crate) first: i32,
    /// Weights of each canvas sample: 2, 4, or a multiple of 8, so that SIMD takes them whole.
    pub(crate) taps: usize,
    /// First source sample of each canvas sample.
    pub(crate) starts: Vec<u32>,
    /// `taps` weights for each canvas sample.
    pub(crate) weights: Vec<i16>,
    /// A faster road, where there is one.
    pub(crate) kind: Kind,
    /// Canvas samples, as places in the table, where `kind` holds; the ends may differ where the source ends.
    pub(crate) regular: (usize, usize),
}

impl Axis {
    pub(crate) fn new(spec: &AxisSpec) -> Self {
        let mut axis = Self {
            first: spec.first,
            taps: 2,
            starts: Vec::new(),
            weights: Vec::new(),
            kind: Kind::Any,
            regular: (0, 0),
        };
        axis.fill(spec);
        axis
    }

    /// Makes the table anew in the memory that it has.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sample indices, clamped to the source")]
    pub(crate) fn fill(&mut self, spec: &AxisSpec) {
        let filter = Filter::new(spec);
        let wide = filter.taps();
        let taps = whole_registers(wide);
        let count = usize::try_from(spec.count).unwrap_or(0);
        self.first = spec.first;
        self.taps = taps;
        // Room in powers of two, so that tables of a picture in motion fit one another's memory.
        self.starts.clear();
        self.starts.reserve(count.next_power_of_two());
        self.starts.resize(count, 0);
        self.weights.clear();
        self.weights.reserve((count * taps).next_power_of_two());
        self.weights.resize(count * taps, 0);
        for (index, (start, weights)) in self.starts.iter_mut().zip(self.weights.chunks_exact_mut(taps)).enumerate() {
            *start = filter.weigh(f64::from(spec.first) + index as f64, weights.get_mut(..wide).unwrap_or_default());
        }
        self.narrow();
        self.classify();
    }

    /// Leaves out what only touches the filter's rim, if the rest fits into smaller registers: a picture reduced to a
    /// quarter in place has four weights, not the six that its filter may need.
    #[allow(clippy::cast_possible_truncation, reason = "a place in a table of weights")]
    fn narrow(&mut self) {
        let taps = self.taps;
        if taps == whole_registers(0) {
            return;
        }
        let lead = |weights: &[i16]| weights.iter().take_while(|w| **w == 0).count();
        let used = |weights: &[i16]| {
            let end = weights.iter().rposition(|w| *w != 0).map_or(0, |last| last + 1);
            end.saturating_sub(lead(weights))
        };
        let fewest = whole_registers(self.weights.chunks_exact(taps).map(used).max().unwrap_or(0));
        if fewest >= taps {
            return;
        }
        for (place, start) in self.starts.iter_mut().enumerate() {
            let from = place * taps;
            let lead = lead(&self.weights[from..from + taps]).min(taps - fewest);
            *start += lead as u32;
            self.weights.copy_within(from + lead..from + lead + fewest, place * fewest);
        }
        self.weights.truncate(self.starts.len() * fewest);
        self.taps = fewest;
    }

    /// Weights of the sample at `place`, and the source sample that the first is for; two and two, without such as
    /// are both nothing at either end.
    pub(crate) fn rows_at(&self, place: usize) -> (usize, &[i16]) {
        let (start, weights) = self.weight_at(place);
        let pairs = weights.as_chunks::<2>().0;
        let first = pairs.iter().position(|pair| *pair != [0; 2]).unwrap_or(0);
        let end = pairs.iter().rposition(|pair| *pair != [0; 2]).map_or(0, |last| last + 1);
        (start as usize + 2 * first, weights.get(2 * first..2 * end).unwrap_or_default())
    }

    /// Source samples that canvas samples `from..to` (places in the table) read: first, and one after the last.
    pub(crate) fn reach(&self, from: usize, to: usize) -> (usize, usize) {
        let ends = |i: usize| self.starts.get(i).map_or(0, |s| *s as usize);
        let (a, b) = (ends(from), ends(to.saturating_sub(1)));
        (a.min(b), a.max(b) + self.taps)
    }

    /// The source sample that the first of these places takes as it is, if all of them take one each, side by side.
    pub(crate) fn shifted(&self, places: &std::ops::Range<usize>) -> Option<usize> {
        let Kind::Shift(shift) = self.kind else { return None };
        let holds = places.start >= self.regular.0 && places.end <= self.regular.1;
        usize::try_from(self.first + shift + i32::try_from(places.start).ok()?).ok().filter(|_| holds)
    }

    fn weight_at(&self, place: usize) -> (u32, &[i16]) {
        let start = self.starts.get(place).copied().unwrap_or(0);
        (start, self.weights.get(place * self.taps..(place + 1) * self.taps).unwrap_or(&[]))
    }

    /// Looks for a shape with a faster road in the middle of the table, and how far it holds.
    #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "places are pixel positions")]
    fn classify(&mut self) {
        self.kind = Kind::Any;
        self.regular = (0, 0);
        let middle = self.starts.len() / 2;
        let Some(kind) = self.kind_at(middle) else { return };
        let holds = |place: &usize| self.kind_at(*place) == Some(kind);
        let to = (middle..self.starts.len()).find(|p| !holds(p)).unwrap_or(self.starts.len());
        let from = (0..middle).rev().find(|p| !holds(p)).map_or(0, |p| p + 1);
        let whole = from == 0 && to == self.starts.len();
        let few_ends = from <= 2 && self.starts.len() - to <= 2;
        if whole || few_ends {
            self.kind = kind;
            self.regular = (from, to);
        }
    }

    #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "places are pixel positions")]
    fn kind_at(&self, place: usize) -> Option<Kind> {
        const HALF: i16 = (WEIGHT_ONE / 2) as i16;
        let (start, weights) = self.weight_at(place);
        let index = self.first + place as i32;
        let lead = weights.iter().take_while(|w| **w == 0).count();
        let start = start as i32 + lead as i32;
        let body = weights.get(lead..)?;
        let len = body.iter().rposition(|w| *w != 0)? + 1;
        match body.get(..len)? {
            [w] if i32::from(*w) == WEIGHT_ONE => Some(Kind::Shift(start - index)),
            [a, b] if *a == HALF && *b == HALF => Some(Kind::Half(start - 2 * index)),
            [a, b, c] if [*a, *b, *c] == [HALF / 4, HALF, HALF / 4 * 3] => Some(Kind::HalfLeft(start + 1 - 2 * index)),
            _ => None,
        }
    }
}

/// Weights that are taken at once: as many as fill registers.
const fn whole_registers(weights: usize) -> usize {
    match weights {
        0..=2 => 2,
        3..=4 => 4,
        more => more.next_multiple_of(8),
    }
}

struct Filter {
    spec: AxisSpec,
    /// Source pixels a canvas pixel, signed by direction.
    step: f64,
    /// Half the filter's width, in samples.
    reach: f64,
    /// Widening on reduction.
    stretch: f64,
    low: i32,
    high: i32,
}

impl Filter {
    #[allow(clippy::cast_possible_truncation, reason = "clamped to the source's extent")]
    fn new(spec: &AxisSpec) -> Self {
        let dst_len = f64::from(spec.dst_len).max(THINNEST_PX);
        let ratio = f64::from(spec.src_len) / dst_len;
        let stretch = ratio.max(1.0);
        let reach = match spec.scaling {
            Scaling::Bilinear => stretch / 2.0,
            Scaling::Lanczos => 3.0 * stretch,
        };
        let samples = spec.site.samples(spec.src_pixels).max(1);
        let halved = if spec.site == Site::Full { 1.0 } else { 2.0 };
        let low = (f64::from(spec.src_origin) / halved).floor().clamp(0.0, f64::from(samples - 1)) as i32;
        let end = f64::from(spec.src_origin) + f64::from(spec.src_len);
        let high = ((end / halved).ceil() as i32).clamp(low + 1, samples);
        Self { spec: *spec, step: if spec.flip { -ratio } else { ratio }, reach, stretch, low, high }
    }

    /// Weights for a sample: whatever lies under the filter, and no more than the source has.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive and at most the source's extent"
    )]
    fn taps(&self) -> usize {
        let wide = (2.0 * self.reach).ceil() as i64 + 1;
        let have = i64::from(self.high - self.low);
        wide.clamp(1, have.max(1)) as usize
    }

    /// Position among the source's samples of canvas sample `index`.
    fn center(&self, index: f64) -> f64 {
        let into = self.spec.site.pixel_of(index) - f64::from(self.spec.dst_origin);
        let edge = f64::from(self.spec.src_origin) + if self.spec.flip { f64::from(self.spec.src_len) } else { 0.0 };
        self.spec.site.sample_of(edge + into * self.step)
    }

    fn raw(&self, sample: i32, center: f64) -> f64 {
        match self.spec.scaling {
            Scaling::Bilinear => {
                let low = (center - self.reach).max(f64::from(sample));
                let high = (center + self.reach).min(f64::from(sample) + 1.0);
                (high - low).max(0.0)
            }
            Scaling::Lanczos => {
                let t = (f64::from(sample) + 0.5 - center) / self.stretch;
                if t.abs() < 3.0 { sinc(t) * sinc(t / 3.0) } else { 0.0 }
            }
        }
    }

    /// Writes the weights of canvas sample `index`; returns the first source sample they belong to.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "samples are clamped to the source, weights are within ±2"
    )]
    fn weigh(&self, index: f64, weights: &mut [i16]) -> u32 {
        let have = self.high - self.low;
        let width = (weights.len() as i32).min(have);
        let center =
            self.center(index).clamp(f64::from(self.low) - self.reach - 1.0, f64::from(self.high) + self.reach + 1.0);
        let from = ((center - self.reach).floor() as i32).clamp(self.low, self.high - width);
        let (seen_from, seen_to) = ((center - self.reach).floor() as i32, (center + self.reach).ceil() as i32);
        let sum: f64 = (seen_from..seen_to.max(seen_from + 1)).map(|s| self.raw(s, center)).sum();
        let mut exact = 0.0;
        let mut given = 0;
        // Weights are cut where the running sum rounds, so that they sum to one and no error piles up at one end.
        let mut tail = |weight: f64| {
            exact += weight / sum * f64::from(WEIGHT_ONE);
            let cut = (exact.round() as i32) - given;
            given += cut;
            cut
        };
        if sum.abs() < 1e-9 {
            if let Some(first) = weights.first_mut() {
                *first = WEIGHT_ONE as i16;
            }
            return (center.floor() as i32).clamp(self.low, self.high - width) as u32;
        }
        for sample in seen_from..seen_to.max(seen_from + 1) {
            let part = tail(self.raw(sample, center));
            let place = sample.clamp(self.low, self.high - 1) - from;
            if let Some(slot) = weights.get_mut(place.clamp(0, width - 1) as usize) {
                *slot += part as i16;
            }
        }
        from as u32
    }
}

fn sinc(t: f64) -> f64 {
    if t.abs() < 1e-9 {
        1.0
    } else {
        let turned = std::f64::consts::PI * t;
        turned.sin() / turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(dst: f32, src: f32) -> AxisSpec {
        AxisSpec {
            first: 0,
            count: 960,
            dst_origin: 0.0,
            dst_len: dst,
            src_origin: 0.0,
            src_len: src,
            src_pixels: 1920,
            flip: false,
            site: Site::Full,
            scaling: Scaling::Bilinear,
        }
    }

    #[test]
    fn weights_sum_to_one_whatever_is_asked() {
        for scaling in [Scaling::Bilinear, Scaling::Lanczos] {
            for (dst, src, origin) in
                [(960.0, 1920.0, 0.0), (7.3, 1920.0, -3.2), (1e6, 3.0, 5.0), (0.01, 1.0, 0.0), (961.0, 33.0, 9.9)]
            {
                for flip in [false, true] {
                    for site in [Site::Full, Site::HalfAcross, Site::HalfDown] {
                        let axis = Axis::new(&AxisSpec { dst_origin: origin, flip, site, scaling, ..spec(dst, src) });
                        for (start, weights) in axis.starts.iter().zip(axis.weights.chunks_exact(axis.taps)) {
                            assert_eq!(weights.iter().map(|w| i32::from(*w)).sum::<i32>(), WEIGHT_ONE);
                            let used = weights.iter().rposition(|w| *w != 0).unwrap() + *start as usize;
                            assert!(used < 1920);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_more_weights_are_kept_than_fill_registers() {
        let taps = |dst: f32, origin: f32| Axis::new(&AxisSpec { dst_origin: origin, ..spec(dst, 1920.0) }).taps;
        // A quarter in place lies on four whole samples; moved by a part of one it touches five.
        assert_eq!((taps(480.0, 0.0), taps(480.0, 0.3)), (4, 8));
        assert_eq!((taps(1920.0, 0.3), taps(1300.0, 0.0), taps(100.0, 0.0)), (2, 4, 24));
    }

    #[test]
    fn plain_shapes_take_the_fast_roads() {
        assert_eq!(Axis::new(&spec(1920.0, 1920.0)).kind, Kind::Shift(0));
        let odd = Axis::new(&AxisSpec { dst_origin: 1.0, ..spec(1920.0, 1920.0) });
        assert_eq!((odd.kind, odd.regular), (Kind::Shift(-1), (1, 960)));
        assert_eq!(Axis::new(&spec(960.0, 1920.0)).kind, Kind::Half(0));
        let chroma = AxisSpec { site: Site::HalfAcross, count: 480, ..spec(960.0, 1920.0) };
        let axis = Axis::new(&chroma);
        assert_eq!((axis.kind, axis.regular), (Kind::HalfLeft(0), (1, 480)));
        assert_eq!(Axis::new(&AxisSpec { site: Site::HalfDown, ..chroma }).kind, Kind::Half(0));
    }
}

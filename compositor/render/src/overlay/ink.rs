//! Coverage masks and what is made of them: distance for outlines, blur for shadows, premultiplied colour.

use vitrine_scene::draw::Color;

/// A coverage plane, 0 clear to 255 full, rows without padding.
#[derive(Clone)]
pub(super) struct Mask {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) bytes: Vec<u8>,
}

impl Mask {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, bytes: vec![0; width * height] }
    }

    /// The mask grown by `radius` pixels on all sides, antialiased. Cost is linear in the area.
    ///
    /// Squared Euclidean distance by lower envelopes (Felzenszwalb and Huttenlocher, "Distance Transforms of
    /// Sampled Functions", 2012), started from the partial coverage of edge pixels, so that curves stay smooth.
    pub(super) fn grown(&self, radius: f32) -> Self {
        let mut field: Vec<f32> = self
            .bytes
            .iter()
            .map(|&c| match c {
                0 => FAR,
                255 => 0.0,
                c => (0.5 - f32::from(c) / 255.0).max(0.0).powi(2),
            })
            .collect();
        let longest = self.width.max(self.height);
        let mut scratch = Envelope::new(longest);
        let mut line = vec![0.0; longest];
        for x in 0..self.width {
            let column = line.iter_mut().zip(field.iter().skip(x).step_by(self.width));
            column.for_each(|(to, from)| *to = *from);
            let column = field.iter_mut().skip(x).step_by(self.width);
            scratch.transform(line.get(..self.height).unwrap_or_default(), column);
        }
        for row in field.chunks_exact_mut(self.width.max(1)) {
            line.iter_mut().zip(row.iter()).for_each(|(to, from)| *to = *from);
            scratch.transform(line.get(..self.width).unwrap_or_default(), row.iter_mut());
        }
        let bytes = field.iter().map(|d2| ((radius + 0.5 - d2.sqrt()).clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect();
        Self { bytes, ..*self }
    }

    /// The mask under a Gaussian of standard deviation `sigma` pixels, as three box passes; linear in the area.
    /// Beyond the edges there is nothing.
    pub(super) fn blurred(&self, sigma: f32) -> Self {
        let mut field: Vec<f32> = self.bytes.iter().map(|&c| f32::from(c)).collect();
        let mut line = vec![0.0; self.width.max(self.height)];
        for radius in box_radii(sigma) {
            for row in field.chunks_exact_mut(self.width.max(1)) {
                line.iter_mut().zip(row.iter()).for_each(|(to, from)| *to = *from);
                box_pass(line.get(..self.width).unwrap_or_default(), radius, row.iter_mut());
            }
            for x in 0..self.width {
                let column = line.iter_mut().zip(field.iter().skip(x).step_by(self.width));
                column.for_each(|(to, from)| *to = *from);
                let column = field.iter_mut().skip(x).step_by(self.width);
                box_pass(line.get(..self.height).unwrap_or_default(), radius, column);
            }
        }
        Self { bytes: field.iter().map(|&v| (v + 0.5) as u8).collect(), ..*self }
    }

    /// The mask moved by whole pixels; what leaves is lost.
    pub(super) fn moved(&self, dx: i32, dy: i32) -> Self {
        let mut out = Self::new(self.width, self.height);
        let x_from = usize::try_from(-dx).unwrap_or(0);
        let x_to = usize::try_from(dx).unwrap_or(0);
        let len = self.width.saturating_sub(x_from.max(x_to));
        for y in 0..self.height {
            let Some(from) = i64::try_from(y).ok().and_then(|y| usize::try_from(y - i64::from(dy)).ok()) else {
                continue;
            };
            let source = self.bytes.get(from * self.width + x_from..).and_then(|r| r.get(..len));
            let target = out.bytes.get_mut(y * self.width + x_to..).and_then(|r| r.get_mut(..len));
            if let (Some(source), Some(target), true) = (source, target, from < self.height) {
                target.copy_from_slice(source);
            }
        }
        out
    }
}

/// Farther than any pixel of the largest bitmap, squared.
const FAR: f32 = 1e12;

/// Radii of three boxes whose convolution has the variance of a Gaussian (Kovesi, "Fast Almost-Gaussian
/// Filtering", 2010).
fn box_radii(sigma: f32) -> [usize; 3] {
    let ideal = (4.0 * sigma * sigma + 1.0).sqrt();
    let low = ((ideal as usize).saturating_sub(1) / 2) * 2 + 1;
    let low_f = low as f32;
    let lows = (12.0 * sigma * sigma - 3.0 * low_f * low_f - 12.0 * low_f - 9.0) / (-4.0 * low_f - 4.0);
    let lows = lows.round().clamp(0.0, 3.0) as usize;
    std::array::from_fn(|i| (if i < lows { low } else { low + 2 } - 1) / 2)
}

fn box_pass<'a>(line: &[f32], radius: usize, out: impl Iterator<Item = &'a mut f32>) {
    let scale = 1.0 / (2 * radius + 1) as f32;
    let mut sum: f32 = line.iter().take(radius).sum();
    for (at, to) in out.enumerate() {
        sum += line.get(at + radius).copied().unwrap_or(0.0);
        *to = (sum * scale).max(0.0);
        sum -= at.checked_sub(radius).and_then(|i| line.get(i)).copied().unwrap_or(0.0);
    }
}

/// Working space of one line's distance transform: parabola tips, their places, their crossings.
struct Envelope {
    tips: Vec<(f32, f32)>,
    crossings: Vec<f32>,
}

impl Envelope {
    fn new(longest: usize) -> Self {
        Self { tips: Vec::with_capacity(longest), crossings: Vec::with_capacity(longest) }
    }

    fn transform<'a>(&mut self, line: &[f32], out: impl Iterator<Item = &'a mut f32>) {
        self.tips.clear();
        self.crossings.clear();
        for (at, &height) in line.iter().enumerate().filter(|(_, h)| **h < FAR) {
            let at = at as f32;
            let mut crossing = f32::NEG_INFINITY;
            while let Some(&(tip, tip_height)) = self.tips.last() {
                crossing = ((height + at * at) - (tip_height + tip * tip)) / (2.0 * (at - tip));
                if self.crossings.last().is_none_or(|last| crossing > *last) {
                    break;
                }
                self.tips.pop();
                self.crossings.pop();
                crossing = f32::NEG_INFINITY;
            }
            self.tips.push((at, height));
            self.crossings.push(crossing);
        }
        let mut k = 0;
        for (at, to) in out.enumerate() {
            let at = at as f32;
            while self.crossings.get(k + 1).is_some_and(|next| *next < at) {
                k += 1;
            }
            *to = self.tips.get(k).map_or(FAR, |(tip, height)| (at - tip).powi(2) + height);
        }
    }
}

/// `a·b/255`, rounded.
pub(super) fn mul255(a: u8, b: u8) -> u8 {
    let product = u16::from(a) * u16::from(b) + 128;
    ((product + (product >> 8)) >> 8) as u8
}

/// `color` at coverage `cover`, premultiplied.
pub(super) fn premultiplied(color: Color, cover: u8) -> [u8; 4] {
    let a = mul255(color.a, cover);
    [mul255(color.r, a), mul255(color.g, a), mul255(color.b, a), a]
}

/// `over` laid on `under`, both premultiplied.
pub(super) fn over(under: [u8; 4], over: [u8; 4]) -> [u8; 4] {
    let rest = 255 - over[3];
    std::array::from_fn(|i| over[i].saturating_add(mul255(under[i], rest)))
}

/// Lays `color` through `mask` on premultiplied `pixels` of the same size.
pub(super) fn lay(pixels: &mut [[u8; 4]], mask: &Mask, color: Color) {
    for (pixel, &cover) in pixels.iter_mut().zip(&mask.bytes) {
        if cover != 0 {
            *pixel = over(*pixel, premultiplied(color, cover));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot() -> Mask {
        let mut mask = Mask::new(41, 41);
        mask.bytes[20 * 41 + 20] = 255;
        mask
    }

    #[test]
    fn growing_makes_a_disc_of_the_radius() {
        let grown = dot().grown(8.0);
        for (at, &cover) in grown.bytes.iter().enumerate() {
            let (x, y) = ((at % 41) as f32 - 20.0, (at / 41) as f32 - 20.0);
            let distance = x.hypot(y);
            let expected = (8.5 - distance).clamp(0.0, 1.0) * 255.0;
            assert!((f32::from(cover) - expected).abs() <= 1.0, "{x},{y}: {cover} for {expected}");
        }
    }

    #[test]
    fn the_blur_has_the_gaussian_s_spread_and_keeps_the_light() {
        let mut mask = Mask::new(101, 101);
        for y in 40..61 {
            for x in 40..61 {
                mask.bytes[y * 101 + x] = 255;
            }
        }
        let blurred = mask.blurred(6.0);
        let sum: u64 = blurred.bytes.iter().map(|&b| u64::from(b)).sum();
        let before: u64 = mask.bytes.iter().map(|&b| u64::from(b)).sum();
        assert!(sum.abs_diff(before) * 50 < before, "{sum} for {before}");
        // Half the light at a straight edge's middle, by symmetry (the far edge takes a little more).
        let edge = (u16::from(blurred.bytes[50 * 101 + 39]) + u16::from(blurred.bytes[50 * 101 + 40])) / 2;
        assert!((110..=130).contains(&edge), "{edge}");
    }

    #[test]
    fn moving_keeps_shape_and_drops_what_leaves() {
        let moved = dot().moved(-3, 5);
        assert_eq!(moved.bytes[25 * 41 + 17], 255);
        assert_eq!(moved.bytes.iter().filter(|b| **b > 0).count(), 1);
        assert!(dot().moved(100, 0).bytes.iter().all(|b| *b == 0));
        assert!(dot().moved(0, -100).bytes.iter().all(|b| *b == 0));
    }

    #[test]
    fn laying_keeps_pixels_premultiplied() {
        let color = Color { r: 255, g: 3, b: 130, a: 200 };
        for cover in 0..=255 {
            let [r, g, b, a] = over(premultiplied(Color::BLACK, 77), premultiplied(color, cover));
            assert!(r <= a && g <= a && b <= a);
        }
        assert_eq!((mul255(255, 255), mul255(255, 7), mul255(0, 9)), (255, 7, 0));
    }
}

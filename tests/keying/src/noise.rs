//! Random numbers that are the same on every machine.

/// A small generator (xorshift64*), good enough for pictures.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..8).for_each(|_| {
            random.unit();
        });
        random
    }

    /// 0 to 1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32 / (1_u32 << 24) as f32
    }

    pub(crate) fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.unit()
    }

    /// Mean 0, deviation 1 (Box and Muller).
    pub(crate) fn normal(&mut self) -> f32 {
        let (a, b) = (self.unit().max(1e-7), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
    }
}

/// Smooth noise, −1 to 1, over a lattice of the given seed.
pub(crate) fn smooth(seed: u64, x: f32, y: f32) -> f32 {
    let lattice = |ix: i64, iy: i64| {
        let mixed = (ix as u64).wrapping_mul(0x8da6_b343) ^ (iy as u64).wrapping_mul(0xd816_3841) ^ seed << 17;
        Random::new(mixed).unit() * 2.0 - 1.0
    };
    let (bx, by) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (ease(x - bx), ease(y - by));
    let (ix, iy) = (bx as i64, by as i64);
    let row = |iy: i64| lattice(ix, iy) * (1.0 - tx) + lattice(ix + 1, iy) * tx;
    row(iy) * (1.0 - ty) + row(iy + 1) * ty
}

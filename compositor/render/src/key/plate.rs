//! A clean plate as a screen model: the mean of the empty set's pixels at each block.

use super::grid::Grid;
use super::light::{Space, to_light, yuv};
use super::screen::ScreenModel;
use vitrine_media::Size;
use vitrine_scene::grade::Plate;

/// The model for pictures of `size`; `None` if the plate has no pixels or fewer bytes than it says.
pub(crate) fn model(space: Space, size: Size, plate: &Plate) -> Option<ScreenModel> {
    let (width, height) = (plate.width as usize, plate.height as usize);
    if width == 0 || height == 0 || plate.rgba.len() < width.checked_mul(height)?.checked_mul(4)? {
        return None;
    }
    let mean = |col: usize, row: usize, grid: &Grid| {
        let range = |at: usize, nodes: f32, pixels: usize| {
            let from = (at as f32 / nodes * pixels as f32) as usize;
            let to = ((at + 1) as f32 / nodes * pixels as f32).ceil() as usize;
            from.min(pixels - 1)..to.clamp(from.min(pixels - 1) + 1, pixels)
        };
        // Nodes are counted in blocks of the picture; its last block may be cut.
        let across = size.width as f32 / (2 * grid.block) as f32;
        let down = size.height as f32 / (2 * grid.block) as f32;
        let (mut sum, mut count) = ([0.0_f32; 3], 0.0_f32);
        for y in range(row, down, height) {
            for x in range(col, across, width) {
                let at = (y * width + x) * 4;
                let code = [plate.rgba[at], plate.rgba[at + 1], plate.rgba[at + 2]].map(|c| f32::from(c) / 255.0);
                let value = match space {
                    Space::Encoded => yuv(code),
                    Space::Linear => yuv(code.map(to_light)),
                };
                sum.iter_mut().zip(value).for_each(|(sum, value)| *sum += value);
                count += 1.0;
            }
        }
        sum.map(|s| s / count.max(1.0))
    };
    Some(ScreenModel::from_plate(space, size, mean))
}

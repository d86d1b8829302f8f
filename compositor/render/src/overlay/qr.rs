//! QR codes on whole pixels: a scanner at the other side of a phone's glass gets square modules.

use super::{RasterError, ink};
use fast_qr::{ECL, QRBuilder};
use vitrine_media::Size;
use vitrine_scene::draw::Color;

/// Paints `data` as a QR code (ISO/IEC 18004, correction level M) of `side_px`, as premultiplied RGBA.
/// Modules are as many whole pixels as fit; what is left over widens the quiet zone equally.
pub(super) fn paint(
    data: &str,
    (dark, light): (Color, Color),
    quiet: u8,
    side_px: u32,
) -> Result<(Size, Vec<[u8; 4]>), RasterError> {
    super::check_box(side_px, side_px)?;
    if side_px == 0 {
        return Err(RasterError::NoBox);
    }
    let code = QRBuilder::new(data).ecl(ECL::M).build().map_err(|_| RasterError::QrTooLong { bytes: data.len() })?;
    let modules = code.size as u32;
    let need_px = modules + 2 * u32::from(quiet);
    let scale = side_px / need_px;
    if scale == 0 {
        return Err(RasterError::QrTooSmall { side_px, need_px });
    }
    let start = (side_px - modules * scale) / 2;
    let side = side_px as usize;
    let dark = ink::premultiplied(dark, 255);
    let mut pixels = vec![ink::premultiplied(light, 255); side * side];
    for (y, row) in pixels.chunks_exact_mut(side).enumerate() {
        let Some(module_y) = (y as u32).checked_sub(start).map(|y| y / scale).filter(|y| *y < modules) else {
            continue;
        };
        for (x, pixel) in row.iter_mut().enumerate().skip(start as usize).take((modules * scale) as usize) {
            let module_x = (x as u32 - start) / scale;
            let at = (module_y * modules + module_x) as usize;
            if code.data.get(at).is_some_and(|m| m.value()) {
                *pixel = dark;
            }
        }
    }
    Ok((Size::new(side_px, side_px), pixels))
}

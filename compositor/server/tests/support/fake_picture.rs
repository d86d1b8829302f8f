//! Pictures for the fake desk: each scene has its own colours and something that moves.

use image::{ImageBuffer, Rgb, codecs::jpeg::JpegEncoder};
use vitrine_show::ports::desk::{Monitor, OverlayStatus, Snapshot};

type Color = [f32; 3];

const PALETTES: [(Color, Color, Color); 5] = [
    ([0.16, 0.22, 0.34], [0.42, 0.46, 0.55], [0.93, 0.78, 0.66]),
    ([0.26, 0.16, 0.30], [0.62, 0.42, 0.50], [0.96, 0.86, 0.62]),
    ([0.78, 0.74, 0.68], [0.93, 0.91, 0.87], [0.15, 0.35, 0.62]),
    ([0.10, 0.25, 0.22], [0.30, 0.52, 0.44], [0.90, 0.95, 0.90]),
    ([0.05, 0.06, 0.10], [0.20, 0.16, 0.30], [0.95, 0.72, 0.29]),
];

/// A JPEG of what a monitor shows at `t` seconds; `None` for names that the show does not know.
pub fn draw(show: &Snapshot, monitor: &Monitor, t: f32) -> Option<Vec<u8>> {
    let scene_index = |name: &str| show.scenes.iter().position(|s| s.name.as_str() == name);
    let program = show.program.as_ref().and_then(|s| scene_index(s.as_str()));
    let (width, height) = match monitor {
        Monitor::Program(_) | Monitor::Preview(_) => (640, 360),
        Monitor::Scene(_) | Monitor::Input(_) => (240, 135),
    };
    let on_air = matches!(monitor, Monitor::Program(_));
    let index = match monitor {
        Monitor::Program(_) => program?,
        Monitor::Preview(_) => scene_index(show.preview.as_ref()?.as_str())?,
        Monitor::Scene(name) => scene_index(name.as_str())?,
        Monitor::Input(name) => show.inputs.iter().position(|i| i.name == *name)?,
    };
    let coming =
        show.transition.as_ref().filter(|_| on_air).and_then(|tr| Some((scene_index(tr.to.as_str())?, tr.progress)));
    let card =
        on_air && show.overlays.iter().any(|o| o.name.as_str() == "price card" && o.status != OverlayStatus::Off);
    let light = if on_air { 1.0 - show.black } else { 1.0 };
    let picture = ImageBuffer::from_fn(width, height, |px, py| {
        let (x, y) = (px as f32 / width as f32, py as f32 / height as f32);
        let mut color = shade(index, x, y, t);
        if let Some((to, progress)) = coming {
            color = mix(color, shade(to, x, y, t), progress);
        }
        if card && (0.68..0.95).contains(&x) && (0.64..0.92).contains(&y) {
            color = if y > 0.84 { [0.95, 0.72, 0.29] } else { [0.97, 0.97, 0.96] };
        }
        Rgb(color.map(|c| (c * light * 255.0).clamp(0.0, 255.0) as u8))
    });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 72).encode_image(&picture).ok()?;
    Some(jpeg)
}

fn shade(index: usize, x: f32, y: f32, t: f32) -> Color {
    let (low, high, figure) = PALETTES[index % PALETTES.len()];
    let ground = mix(low, high, (0.55 * x + 0.45 * (1.0 - y) + 0.06 * (t * 0.6 + x * 5.0).sin()).clamp(0.0, 1.0));
    let (cx, sway) = (0.42 + 0.1 * index as f32 % 0.3, 0.02 * (t * 1.4).sin());
    let (dx, dy) = ((x - cx - sway) * 16.0 / 9.0, y - 0.42);
    let head = 1.0 - smooth(0.15, 0.155, (dx * dx + dy * dy * 0.75).sqrt());
    let (bx, by) = ((x - cx - sway * 0.6) * 16.0 / 9.0, y - 1.0);
    let body = 1.0 - smooth(0.37, 0.375, (bx * bx + by * by * 0.9).sqrt());
    let dressed = mix(ground, mix(figure, low, 0.55), body);
    mix(dressed, figure, head)
}

fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let u = ((x - from) / (to - from)).clamp(0.0, 1.0);
    u * u * (3.0 - 2.0 * u)
}

fn mix(a: Color, b: Color, by: f32) -> Color {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * by)
}

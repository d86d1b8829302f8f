//! QR codes, images and SVGs.

use super::*;
use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder};
use std::sync::Arc;
use vitrine_scene::raster::Fit;

fn png(width: u32, height: u32, color: impl Fn(u32, u32) -> [u8; 4]) -> Arc<[u8]> {
    let rgba: Vec<u8> =
        (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| color(x, y)).collect();
    let mut out = Vec::new();
    PngEncoder::new(&mut out).write_image(&rgba, width, height, ExtendedColorType::Rgba8).unwrap();
    out.into()
}

fn image(bytes: &Arc<[u8]>, box_px: (u32, u32), fit: Fit, radius_px10: u32) -> Result<Picture, RasterError> {
    shared().raster(&RasterSpec::Image { bytes: Arc::clone(bytes), box_px, fit, radius_px10 })
}

fn qr(data: &str, side_px: u32) -> Result<Picture, RasterError> {
    shared().raster(&RasterSpec::Qr { data: data.to_owned(), dark: Color::BLACK, light: WHITE, quiet: 4, side_px })
}

#[test]
fn qr_codes_are_read_by_a_reader() {
    for (data, side) in [
        ("https://shop.example/l/7F3K", 240),
        ("HTTPS://S.EXAMPLE/A1", 180),
        ("Grüße 你好 🍎", 400),
        ("1234567890", 120),
    ] {
        let picture = qr(data, side).unwrap();
        let mut read = rqrr::PreparedImage::prepare_from_greyscale(side as usize, side as usize, |x, y| {
            pixel(&picture, x as u32, y as u32)[0]
        });
        let grids = read.detect_grids();
        assert_eq!(grids.len(), 1, "{data}");
        assert_eq!(grids[0].decode().unwrap().1, data);
    }
}

#[test]
fn qr_modules_are_whole_pixels_and_the_quiet_zone_is_kept() {
    let picture = qr("https://shop.example/l/7F3K", 243).unwrap();
    assert!(pixels(&picture).all(|(_, _, p)| p == [0, 0, 0, 255] || p == [255; 4]));
    let dark: Vec<_> = pixels(&picture).filter(|(_, _, p)| p[0] == 0).collect();
    let (first_x, first_y, _) = *dark.first().unwrap();
    // Version 2 is 25 modules; 243 / (25 + 8) = 7 pixels each.
    assert_eq!((first_x, first_y), ((243 - 25 * 7) / 2, (243 - 25 * 7) / 2));
}

#[test]
fn qr_codes_that_cannot_be_say_why() {
    assert_eq!(qr(&"x".repeat(5000), 2000).unwrap_err().code(), "RASTER_QR_TOO_LONG");
    assert_eq!(qr("https://shop.example", 20).unwrap_err().code(), "RASTER_QR_TOO_SMALL");
    assert_eq!(qr("x", 0).unwrap_err().code(), "RASTER_NO_BOX");
    assert!(qr("", 100).is_ok());
}

#[test]
fn pictures_are_fitted_as_told() {
    // Red left half, blue right half, 200 × 100.
    let two = png(200, 100, |x, _| if x < 100 { [255, 0, 0, 255] } else { [0, 0, 255, 255] });
    let cover = image(&two, (100, 100), Fit::Cover, 0).unwrap();
    assert_eq!((pixel(&cover, 5, 50), pixel(&cover, 95, 50)), ([255, 0, 0, 255], [0, 0, 255, 255]));
    let contain = image(&two, (100, 100), Fit::Contain, 0).unwrap();
    assert_eq!((pixel(&contain, 50, 10)[3], pixel(&contain, 20, 50)), (0, [255, 0, 0, 255]));
    assert_eq!(ink(&contain), Some((0, 25, 100, 75)));
    let stretch = image(&two, (50, 300), Fit::Stretch, 0).unwrap();
    assert_eq!((pixel(&stretch, 5, 290), pixel(&stretch, 45, 5)), ([255, 0, 0, 255], [0, 0, 255, 255]));
}

#[test]
fn reduction_averages_and_stays_premultiplied() {
    // One-pixel checks of clear and opaque: reduced, an even half.
    let checks = png(512, 512, |x, y| if (x + y) % 2 == 0 { [255, 255, 255, 255] } else { [255, 0, 0, 0] });
    let small = image(&checks, (32, 32), Fit::Stretch, 0).unwrap();
    assert!(is_premultiplied(&small));
    for (_, _, p) in pixels(&small) {
        assert!(p.iter().all(|v| v.abs_diff(128) <= 3), "{p:?}");
    }
    // Half-transparent edges of a disc: the sinc's lobes must not lift colour above alpha.
    let disc =
        png(
            300,
            300,
            |x, y| if (x as f32 - 150.0).hypot(y as f32 - 150.0) < 120.0 { [255, 220, 10, 255] } else { [0; 4] },
        );
    assert!(is_premultiplied(&image(&disc, (77, 77), Fit::Contain, 0).unwrap()));
    assert!(is_premultiplied(&image(&disc, (900, 900), Fit::Cover, 300).unwrap()));
}

#[test]
fn corners_are_round() {
    let white = png(10, 10, |_, _| [255; 4]);
    let round = image(&white, (100, 60), Fit::Stretch, 200).unwrap();
    for (x, y) in [(0, 0), (99, 0), (0, 59), (99, 59)] {
        assert_eq!(pixel(&round, x, y)[3], 0);
    }
    assert_eq!((pixel(&round, 20, 0)[3], pixel(&round, 0, 30)[3], pixel(&round, 6, 6)[3]), (255, 255, 255));
    let disc = image(&white, (100, 100), Fit::Stretch, 99_999).unwrap();
    let area: u64 = pixels(&disc).map(|(_, _, p)| u64::from(p[3])).sum();
    let exact = std::f64::consts::PI * 2500.0 * 255.0;
    assert!((area as f64 - exact).abs() < exact * 0.002, "{area} for {exact}");
}

#[test]
fn jpeg_is_read_and_turned_upright() {
    let rgb: Vec<u8> = (0..40 * 20).flat_map(|i| if i % 40 < 20 { [250, 10, 10] } else { [10, 10, 250] }).collect();
    let mut plain = Vec::new();
    JpegEncoder::new_with_quality(&mut plain, 95).write_image(&rgb, 40, 20, ExtendedColorType::Rgb8).unwrap();
    let picture = shared().load_image(&plain).unwrap();
    assert_eq!(picture.size(), Size::new(40, 20));
    assert!(pixel(&picture, 5, 10)[0] > 200 && pixel(&picture, 35, 10)[2] > 200);
    // Orientation 6 in a minimal EXIF block: turn clockwise.
    let tiff = [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"[..]].concat();
    let app1 = [&b"\xFF\xE1"[..], &(tiff.len() as u16 + 8).to_be_bytes(), b"Exif\0\0", &tiff].concat();
    let turned = [&plain[..2], &app1, &plain[2..]].concat();
    let picture = shared().load_image(&turned).unwrap();
    assert_eq!(picture.size(), Size::new(20, 40));
    assert!(pixel(&picture, 10, 5)[0] > 200 && pixel(&picture, 10, 35)[2] > 200);
}

#[test]
fn bombs_and_rubbish_are_refused_by_name() {
    // A PNG header that promises 30 000 × 30 000 pixels.
    let mut bomb = png(4, 4, |_, _| [0; 4]).to_vec();
    bomb[16..20].copy_from_slice(&30_000u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&30_000u32.to_be_bytes());
    let code = |bytes: &[u8]| shared().load_image(bytes).unwrap_err().code();
    let refused = code(&bomb);
    assert!(refused == "RASTER_IMAGE_TOO_LARGE" || refused == "RASTER_IMAGE_BROKEN", "{refused}");
    let wide = png(8000, 3000, |_, _| [0; 4]);
    assert_eq!(code(&wide), "RASTER_IMAGE_TOO_LARGE");
    assert_eq!(code(b""), "RASTER_IMAGE_FORMAT");
    assert_eq!(code(b"GIF89a............"), "RASTER_IMAGE_FORMAT");
    assert_eq!(code(b"hello"), "RASTER_IMAGE_FORMAT");
    let whole = png(64, 64, |x, y| [x as u8, y as u8, 0, 255]);
    assert_eq!(code(&whole[..whole.len() / 2]), "RASTER_IMAGE_BROKEN");
    assert_eq!(image(&whole, (0, 5), Fit::Cover, 0).unwrap_err().code(), "RASTER_NO_BOX");
    assert_eq!(image(&whole, (8192, 8192), Fit::Cover, 0).unwrap_err().code(), "RASTER_BOX_TOO_LARGE");
}

fn svg(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

#[test]
fn svg_is_drawn_for_its_box() {
    let dot = svg(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><circle cx="10" cy="5" r="5" fill="#00ff00"/></svg>"##,
    );
    let native = shared().load_image(&dot).unwrap();
    assert_eq!(native.size(), Size::new(20, 10));
    let contained = image(&dot, (400, 400), Fit::Contain, 0).unwrap();
    assert_eq!(ink(&contained), Some((100, 100, 300, 300)));
    assert_eq!(pixel(&contained, 200, 200), [0, 255, 0, 255]);
    assert!(is_premultiplied(&contained));
}

#[test]
fn svg_reads_nothing_and_swells_nothing() {
    let outside = std::env::temp_dir().join(format!("vitrine-svg-{}.png", std::process::id()));
    std::fs::write(&outside, png(8, 8, |_, _| [255, 0, 0, 255])).unwrap();
    let thief = svg(&format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="50" height="50"><image width="50" height="50" xlink:href="{}"/></svg>"#,
        outside.display()
    ));
    let drawn = image(&thief, (50, 50), Fit::Cover, 0).unwrap();
    std::fs::remove_file(&outside).unwrap();
    assert_eq!(ink(&drawn), None, "a file of the machine was read");
    let laughs = svg(
        r#"<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&b;</text></svg>"#,
    );
    assert_eq!(image(&laughs, (50, 50), Fit::Cover, 0).unwrap_err().code(), "RASTER_SVG");
    let broken = svg("<svg xmlns='http://www.w3.org/2000/svg'><g></svg>");
    assert_eq!(image(&broken, (50, 50), Fit::Cover, 0).unwrap_err().code(), "RASTER_SVG");
    let endless =
        svg(r##"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g id="a"><use href="#a"/></g></svg>"##);
    let _ = image(&endless, (50, 50), Fit::Cover, 0);
    let huge = svg(r#"<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"/>"#);
    assert_eq!(shared().load_image(&huge).unwrap_err().code(), "RASTER_IMAGE_TOO_LARGE");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn damaged_files_never_panic(at in 0usize..2000, to in proptest::num::u8::ANY) {
        let mut bytes = png(40, 40, |x, y| [x as u8 * 6, y as u8 * 6, 99, 255]).to_vec();
        let len = bytes.len();
        bytes[at % len] = to;
        let mut mine = shared();
        let before = mine.stats().panics;
        let _ = mine.load_image(&bytes);
        proptest::prop_assert_eq!(mine.stats().panics, before);
    }
}

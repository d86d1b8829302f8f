//! Letters: where their ink is, what colour it has, how lines break.

use super::*;
use vitrine_scene::raster::{Outline, TextShadow};

#[test]
fn ink_is_where_the_alignment_says() {
    if !have(&["Inter"]) {
        return;
    }
    let at = |align, valign| {
        let spec = TextSpec { box_px: (600, 200), align, valign, ..text("Aa") };
        ink(&draw(&spec)).unwrap()
    };
    let (left, top, right, bottom) = at(Align::Start, VerticalAlign::Top);
    assert!(left < 10 && right < 100 && top < 30 && bottom < 70, "{left} {top} {right} {bottom}");
    let (left, top, right, bottom) = at(Align::Center, VerticalAlign::Middle);
    assert!(left.abs_diff(600 - right) <= 6, "{left} {right}");
    assert!((top + bottom).abs_diff(200) <= 20, "{top} {bottom}");
    let (left, top, right, bottom) = at(Align::End, VerticalAlign::Bottom);
    assert!(left > 500 && right > 590 && top > 130 && bottom <= 200, "{left} {top} {right} {bottom}");
}

#[test]
fn right_to_left_text_starts_at_the_right_and_reads_leftwards() {
    if !have(&["Inter", "Noto Sans Arabic"]) {
        return;
    }
    let spec = TextSpec { box_px: (600, 100), ..text("سلام") };
    let (left, _, right, _) = ink(&draw(&spec)).unwrap();
    assert!(left > 400 && right > 580, "{left} {right}");
    // The tall letter comes first: in Arabic it stands at the right, in Latin at the left.
    let tall_at_left = |content: &str| {
        let picture = draw(&text(content));
        let (left, top, right, _) = ink(&picture).unwrap();
        let (x, ..) = pixels(&picture).find(|(_, y, p)| *y == top && p[3] > 8).unwrap();
        x - left < right - x
    };
    assert!(!tall_at_left("اببببب"), "Arabic must run to the left");
    assert!(tall_at_left("lmmmm"), "Latin must run to the right");
    // In a right-to-left sentence, a Latin word and figures keep their own direction: all fits on one line.
    let mixed = draw(&TextSpec { lines_max: 1, box_px: (1200, 80), ..text("السعر 129.00 EUR اليوم") });
    assert!(ink(&mixed).unwrap().0 > 400);
}

#[test]
fn joined_scripts_are_joined() {
    if !have(&["Inter", "Noto Sans Arabic", "Noto Sans Devanagari"]) {
        return;
    }
    // Shaped, a word is narrower than its letters alone; unshaped, it is as wide.
    let width = |content: &str| {
        let (left, _, right, _) = ink(&draw(&text(content))).unwrap();
        right - left
    };
    assert!(width("سلام") < width("س") + width("ل") + width("ا") + width("م"));
    assert!(width("क्षत्रिय") < width("क्") + width("ष") + width("त्") + width("रि") + width("य"));
    // The head line of a Devanagari word has no gap.
    let picture = draw(&TextSpec { weight: 600, ..text("नमस्ते") });
    let (left, _, right, _) = ink(&picture).unwrap();
    let gaps = (left..right).filter(|x| (0..picture.size().height).all(|y| pixel(&picture, *x, y)[3] < 40)).count();
    assert_eq!(gaps, 0);
}

#[test]
fn emoji_have_colour_and_letters_have_the_spec_s() {
    if !have(&["Inter", "Noto Color Emoji"]) {
        return;
    }
    for weight in [400, 700] {
        for content in ["🍎", "❤️", "👩‍🚀", "🇯🇵", "👍🏽", "1️⃣"] {
            let picture = draw(&TextSpec { weight, ..text(content) });
            let colored =
                pixels(&picture).filter(|(_, _, [r, g, b, a])| *a > 200 && r.max(g).max(b) - r.min(g).min(b) > 60);
            assert!(colored.count() > 100, "{content} has no colour at weight {weight}");
            assert!(is_premultiplied(&picture));
            let (left, _, right, _) = ink(&picture).unwrap();
            assert!(right - left < 80, "{content} fell apart into several glyphs: {left} to {right}");
        }
    }
    let orange = Color { r: 250, g: 160, b: 20, a: 255 };
    let picture = draw(&TextSpec { color: orange, ..text("Hallo") });
    assert!(pixels(&picture).filter(|(_, _, p)| p[3] == 255).all(|(_, _, p)| p == [250, 160, 20, 255]));
}

#[test]
fn tabular_figures_have_one_width() {
    if !have(&["Inter"]) {
        return;
    }
    let width = |content: &str, tabular| shared().measure(&TextSpec { tabular, ..text(content) }).unwrap().width;
    let widths: Vec<_> = ["1111", "0000", "7777", "1807"].iter().map(|s| width(s, true)).collect();
    // Side bearings differ by what the ink leaves of the advance; the advances are equal.
    assert!(widths.iter().all(|w| w.abs_diff(widths[0]) <= 3), "{widths:?}");
    assert!(width("0000", false) > width("1111", false) + 10);
}

#[test]
fn too_much_text_ends_in_an_ellipsis_within_the_lines() {
    if !have(&["Inter"]) {
        return;
    }
    let long = "A long title that has far too many words for the small card that it must fit into today";
    let lay = |spec: &TextSpec| {
        let mut shared = shared();
        let laid = text::lay_out(spec, &mut shared.fonts).unwrap();
        (laid.line_count(), laid.cut)
    };
    let spec = TextSpec { box_px: (400, 0), lines_max: 2, ..text(long) };
    assert_eq!(lay(&spec).0, 2);
    let picture = draw(&spec);
    let (_, _, right, bottom) = ink(&picture).unwrap();
    assert!(right <= 400 && picture.size().height <= 2 * 58 + 8 && bottom > 80, "{right} {bottom}");
    // The end of the second line is the ellipsis: ink on the baseline only.
    let tail = pixels(&picture).filter(|(x, y, p)| p[3] > 60 && *x + 30 >= right && *y >= 58);
    let (tops, bottoms): (Vec<_>, Vec<_>) = tail.map(|(_, y, _)| (y, y)).unzip();
    let (top, bottom) = (tops.iter().min().unwrap(), bottoms.iter().max().unwrap());
    assert!(bottom - top < 12, "no ellipsis at the end: ink from {top} to {bottom}");
    // A box bounds the lines as well; without bounds all is there.
    assert_eq!(lay(&TextSpec { box_px: (400, 60), ..text(long) }).0, 1);
    assert!(lay(&TextSpec { box_px: (400, 0), ..text(long) }).0 > 4);
    assert_eq!(lay(&TextSpec { lines_max: 2, ..text("one\ntwo\nthree") }), (2, true));
    // A word wider than the box breaks rather than leaves it.
    let word = TextSpec { box_px: (200, 0), ..text("Donaudampfschifffahrtsgesellschaft") };
    assert!(lay(&word).0 > 1 && ink(&draw(&word)).unwrap().2 <= 200);
}

#[test]
fn outline_lies_outside_and_shadow_under_the_letters() {
    if !have(&["Inter"]) {
        return;
    }
    let red = Color { r: 255, g: 0, b: 0, a: 255 };
    let plain = draw(&text("IO"));
    let outlined = draw(&TextSpec { outline: Some(Outline { width_px10: 40, color: red }), ..text("IO") });
    let (a, b) = (ink(&plain).unwrap(), ink(&outlined).unwrap());
    assert_eq!((b.2 - b.0, b.3 - b.1), (a.2 - a.0 + 8, a.3 - a.1 + 8));
    let white = |p: &Picture| pixels(p).filter(|(_, _, c)| *c == [255; 4]).count();
    assert_eq!(white(&plain), white(&outlined), "the outline must not eat the letters");

    let shadow = TextShadow { blur_px10: 60, offset_px10: (50, 80), color: Color { a: 160, ..Color::BLACK } };
    let shadowed = draw(&TextSpec { shadow: Some(shadow), ..text("IO") });
    assert!(is_premultiplied(&shadowed) && is_premultiplied(&outlined));
    let dark = pixels(&shadowed).filter(|(_, _, [r, _, _, a])| *a > 20 && *r < 8).count();
    assert!(dark > 200, "no shadow is seen: {dark}");
    let edge = pixels(&shadowed).filter(|(x, y, _)| {
        let size = shadowed.size();
        *x == 0 || *y == 0 || *x + 1 == size.width || *y + 1 == size.height
    });
    assert!(edge.map(|(_, _, p)| p[3]).max().unwrap() <= 6, "the shadow is cut by the bitmap's edge");
}

#[test]
fn measuring_agrees_with_drawing_and_sticks_to_boxes() {
    for content in ["", " ", "g", "Ünïted ÅÇ", "a\n\nb", "𝔘𝔫𝔦"] {
        let spec = text(content);
        let measured = shared().measure(&spec).unwrap();
        assert_eq!(measured, draw(&spec).size(), "{content:?}");
    }
    let spec = TextSpec { box_px: (321, 123), ..text("box") };
    assert_eq!(draw(&spec).size(), Size::new(321, 123));
    let huge = TextSpec { box_px: (9000, 10), ..text("x") };
    assert_eq!(shared().measure(&huge).unwrap_err().code(), "RASTER_BOX_TOO_LARGE");
}

#[test]
fn the_baseline_stays_when_another_script_enters() {
    if !have(&["Inter", "Noto Sans CJK SC", "Noto Color Emoji"]) {
        return;
    }
    let bottom_of_h = |content: &str| {
        let picture = draw(&text(content));
        pixels(&picture).filter(|(x, _, p)| *x < 8 && p[3] > 128).map(|(_, y, _)| y).max().unwrap()
    };
    assert_eq!(bottom_of_h("H"), bottom_of_h("H 价格 🍎"));
}

//! The codes burnt into the picture, read back from a still by a decoder that is not ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

const SHOW: &str = r##"
vitrine = 1
name = "Codes"
address = "https://live.example.com"
[[canvas]]
name = "main"
size = [1280, 720]
[[scene]]
name = "Ground"
layer = [{ color = "#2f6f8f" }]
[[overlay]]
name = "card"
card = "MUG-RED"
place = { anchor = "bottom-right", x = "95%", y = "94%" }
shown = true
[[overlay]]
name = "sign"
qr = "LAMP/2"
place = { anchor = "top-left", x = "5%", y = "6%" }
shown = true
[[product]]
sku = "MUG-RED"
title = "Red mug"
price = "14.90 EUR"
stock = 12
[[product]]
sku = "LAMP/2"
title = "Lamp"
price = "49 EUR"
"##;

#[test]
fn a_phone_reads_the_codes_off_a_720p_picture() {
    let folder = tempfile::tempdir().unwrap();
    let (file, png) = (folder.path().join("show.toml"), folder.path().join("still.png"));
    std::fs::write(&file, SHOW).unwrap();
    let drawn = Command::new(env!("CARGO_BIN_EXE_vitrine"))
        .arg("render")
        .arg(&file)
        .args(["--at", "1s", "--out"])
        .arg(&png)
        .output()
        .unwrap();
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    let picture = image::open(&png).unwrap().into_luma8();
    let mut prepared = {
        let (w, h) = (picture.width() as usize, picture.height() as usize);
        rqrr::PreparedImage::prepare_from_greyscale(w, h, |x, y| picture.as_raw()[y * w + x])
    };
    let mut read: Vec<String> = prepared.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect();
    read.sort();
    assert_eq!(read, ["https://live.example.com/b/LAMP%2F2", "https://live.example.com/b/MUG-RED"]);
}

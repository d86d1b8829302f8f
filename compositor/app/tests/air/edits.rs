//! The show file is edited while on air: each edit is on air, a broken one is refused with its line, nothing is lost.

use crate::harness::{Air, wait_until};
use crate::pictures::{assert_gapless, counted_clip, numbers_in};

fn show(edit: u32) -> String {
    let extra = if edit.is_multiple_of(2) {
        String::new()
    } else {
        "[input.extra]\nkind = \"color\"\nfill = \"#204060\"\n".to_owned()
    };
    let layer = if edit.is_multiple_of(2) {
        ""
    } else {
        "[[scene.layer]]\ninput = \"extra\"\nplace = { x = \"70%\", y = \"60%\", w = 40, h = 30 }\n"
    };
    format!(
        "[input.cam]\nkind = \"file\"\nuri = \"cam.mp4\"\nloop = true\n{extra}\
         [[scene]]\nname = \"Scene {edit}\"\n[[scene.layer]]\ninput = \"cam\"\n{layer}\
         [[overlay]]\nname = \"title\"\nshown = true\ntext = {{ text = \"Edit {edit}\", size = 24 }}\n\
         place = {{ anchor = \"bottom\", x = \"50%\", y = \"95%\" }}\n\
         [[output]]\nname = \"copy\"\nkind = \"record\"\npath = \"copy.mp4\"\n\
         video = {{ bitrate_kbps = 3000, preset = \"ultrafast\" }}\n"
    )
}

#[test]
fn twenty_edits_on_air_lose_no_picture_and_a_broken_one_is_refused_with_its_line() {
    let air = Air::start(&show(0), |folder| counted_clip(&folder.join("cam.mp4"), 0, 300));
    air.wait_for("outputs", "copy", "live");
    air.wait_for("inputs", "cam", "live");
    let scene = || air.snapshot()["scenes"][0]["name"].clone();
    for edit in 1..=20 {
        air.save(&show(edit));
        wait_until(&format!("edit {edit} to be on air"), || scene() == format!("Scene {edit}"));
    }
    let broken = show(21).replace("input = \"cam\"", "input = \"cma\"");
    let line = 7 + broken.lines().position(|line| line.contains("cma")).unwrap();
    air.save(&broken);
    let problems = || air.snapshot()["problems"].clone();
    wait_until("the refusal", || problems().as_array().is_some_and(|all| !all.is_empty()));
    assert_eq!(problems()[0]["line"], line, "{}", problems());
    assert!(problems()[0]["help"].as_str().unwrap().contains("cam"), "{}", problems());
    assert_eq!(scene(), "Scene 20");
    air.save(&show(22));
    wait_until("the cured file to be on air", || scene() == "Scene 22" && problems() == serde_json::json!([]));
    let folder = air.end();
    let copy = folder.path().join("copy.mp4");
    assert_gapless(&copy);
    // The input that no edit touched was never opened again: its pictures go on.
    let numbers: Vec<u32> = numbers_in(&copy).into_iter().flatten().collect();
    let steps = numbers.windows(2).filter(|pair| pair[1] < pair[0] && pair[0] < 290).count();
    assert_eq!(steps, 0, "the camera began anew: {numbers:?}");
}

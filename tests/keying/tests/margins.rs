//! The keyer's promises against OBS chroma key v2, on painted truth. Small pictures; scored on other seeds than tuned.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use keying::truth::axes;
use keying::{DEVELOPING, Method, Options, Scores, Table, run};

fn table(names: &[&str], methods: &[Method], (width, height): (usize, usize)) -> Table {
    let axes = names.iter().map(|name| (*name).to_owned()).collect();
    run(&Options { width, height, methods: methods.to_vec(), axes, seeds: DEVELOPING }, |_| {})
}

fn scores(table: &Table, axis: &str, method: Method) -> Scores {
    *table.scores(axis, method).unwrap_or_else(|| panic!("{axis}: no figures for {}\n{table}", method.name()))
}

#[test]
fn fine_is_far_above_the_best_settings_of_obs() {
    let methods = [Method::FineAuto, Method::ObsBest];
    for (axis, decibels, edge) in [("clean-444", 3.0, 0.5), ("noisy-420", 2.0, 0.5)] {
        let table = table(&[axis], &methods, (320, 180));
        let (ours, obs) = (scores(&table, axis, Method::FineAuto), scores(&table, axis, Method::ObsBest));
        assert!(ours.psnr_db >= obs.psnr_db + decibels, "{axis}: less than {decibels} dB above\n{table}");
        assert!(ours.edge_mse <= edge * obs.edge_mse, "{axis}: edge error over {edge} of OBS's\n{table}");
    }
}

#[test]
fn fast_is_nowhere_below_the_best_settings_of_obs() {
    let names: Vec<_> = axes().iter().map(|axis| axis.name).collect();
    let table = table(&names, &[Method::FastAuto, Method::ObsBest], (96, 54));
    for row in table.rows.iter().filter(|row| row.scores.is_none()) {
        println!("skipped: {row}");
    }
    for axis in names {
        if let (Some(fast), Some(obs)) = (table.scores(axis, Method::FastAuto), table.scores(axis, Method::ObsBest)) {
            assert!(fast.psnr_db >= obs.psnr_db, "{axis}\n{table}");
        }
    }
}

#[test]
fn auto_is_within_a_decibel_of_the_searched_best_on_every_screen() {
    let screens: Vec<_> = axes().iter().map(|axis| axis.name).filter(|name| name.starts_with("screen-")).collect();
    assert!(screens.len() >= 5);
    let methods = [Method::FineAuto, Method::FineBest, Method::FastAuto, Method::FastBest];
    let table = table(&screens, &methods, (160, 90));
    for axis in screens {
        for (auto, best) in [(Method::FineAuto, Method::FineBest), (Method::FastAuto, Method::FastBest)] {
            let (auto, best) = (scores(&table, axis, auto), scores(&table, axis, best));
            assert!(auto.psnr_db >= best.psnr_db - 1.0, "{axis}\n{table}");
        }
    }
}

#[test]
fn auto_leaves_a_subject_of_the_screens_own_hue_its_colour() {
    // Seeds of development on which the subject wears navy: the searched settings take far less off for spill than
    // suits other clothes.
    let navy = [102, 109, 112];
    let options = Options {
        axes: vec!["screen-blue".to_owned()],
        methods: vec![Method::FineAuto, Method::FineBest],
        seeds: navy,
        ..Options::quick()
    };
    let table = run(&options, |_| {});
    let (auto, best) = (Method::FineAuto, Method::FineBest);
    let [auto, best] = [auto, best].map(|method| scores(&table, "screen-blue", method).psnr_db);
    assert!(auto >= best - 0.7, "{table}");
}

#[test]
fn a_run_is_the_same_each_time_and_survives_json() {
    let once = || table(&["glass"], &[Method::FastAuto, Method::FineAuto, Method::ObsDefault], (64, 36));
    let first = once();
    assert_eq!(first, once());
    let text = serde_json::to_string(&first).unwrap();
    assert_eq!(serde_json::from_str::<Table>(&text).unwrap().rows.len(), first.rows.len());
}

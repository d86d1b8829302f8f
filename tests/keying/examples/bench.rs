//! Prints the table: `cargo run --release -p keying --example bench -- [auto|quick|full] [AXIS…] [--sheets DIR]`.

use keying::{DEVELOPING, Method, Options, run, write_sheets};
use std::path::Path;

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let sheets = args.iter().position(|a| a == "--sheets").map(|at| args.split_off(at)).and_then(|a| a.get(1).cloned());
    let mut options = Options::full();
    if args.first().is_some_and(|a| a == "quick") {
        options = Options { methods: Method::BUILT_IN.to_vec(), width: 320, height: 180, seeds: DEVELOPING, ..options };
    }
    if args.first().is_some_and(|a| a == "auto") {
        // What needs no search: seconds, to see what a change of the keyer does.
        let methods = vec![Method::FineAuto, Method::FastAuto];
        options = Options { methods, width: 320, height: 180, seeds: DEVELOPING, ..options };
    }
    options.axes = args.into_iter().skip(1).collect();
    let table = run(&options, |row| eprintln!("{row}"));
    println!("{table}");
    if let Some(dir) = sheets
        && let Err(why) = write_sheets(&options, &table, Path::new(&dir))
    {
        eprintln!("no sheets: {why}");
    }
}

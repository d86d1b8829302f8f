//! The command line: what people and scripts may ask of the program.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A live shopping studio: cameras in, keyed and composed, goods on the picture, out to everywhere.
#[derive(Debug, Parser)]
#[command(name = "vitrine", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Puts a show on air.
    Run(RunArgs),
    /// Checks a show file and prints every problem with its line and cure.
    Check {
        /// The show file.
        file: PathBuf,
    },
    /// Draws one exact frame of a show, without a clock.
    Render(RenderArgs),
    /// Lists the inputs, encoders and adapters of this machine.
    Probe {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Measures; beside peers in the same run where there are any.
    Bench(BenchArgs),
    /// Prints the JSON Schema of the show file.
    Schema,
    /// Keys one frame of a clip: a PNG with straight alpha, and its matte.
    Key(KeyArgs),
    /// Looks after the shop's database.
    #[command(subcommand)]
    Store(StoreCommand),
    /// The plugin author's and the operator's tools; `vitrine plugin help` lists them.
    #[command(disable_help_flag = true)]
    Plugin {
        /// What the tools are told.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<std::ffi::OsString>,
    },
}

/// Which renderer draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RendererChoice {
    /// SIMD over planes.
    Cpu,
    /// wgpu, also on a software adapter.
    Gpu,
    /// A real GPU if there is one, else the CPU.
    Auto,
}

/// `vitrine run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The show file.
    pub file: PathBuf,
    /// Which renderer draws.
    #[arg(long, value_enum, default_value = "auto")]
    pub renderer: RendererChoice,
    /// Where the console and the API listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Ends the show after this time, such as `20s` or `5m`.
    #[arg(long, value_parser = duration)]
    pub duration: Option<Duration>,
    /// The shop's database: a path, or `postgres://…` to share it with other processes. Beside the show file if not
    /// said.
    #[arg(long, env = "VITRINE_DB", hide_env_values = true)]
    pub db: Option<String>,
}

/// `vitrine store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Audits the ledger against the counters; exit code 0 only if they agree.
    Check {
        /// The database.
        #[arg(long)]
        db: String,
    },
    /// Writes orders and ledger as CSV and as Parquet into a folder.
    Export {
        /// The database.
        #[arg(long)]
        db: String,
        /// The folder.
        #[arg(long, default_value = ".")]
        to: PathBuf,
    },
}

/// `vitrine render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// The show file.
    pub file: PathBuf,
    /// The scene; the show's first if none is named.
    #[arg(long)]
    pub scene: Option<String>,
    /// The instant, such as `2.5s`.
    #[arg(long, value_parser = duration, default_value = "0s")]
    pub at: Duration,
    /// The canvas; the show's first if none is named.
    #[arg(long)]
    pub canvas: Option<String>,
    /// Which renderer draws.
    #[arg(long, value_enum, default_value = "cpu")]
    pub renderer: RendererChoice,
    /// Where the PNG goes.
    #[arg(long)]
    pub out: PathBuf,
}

/// How much work the keyer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GradeChoice {
    /// In the chroma plane.
    Fast,
    /// Linear light, screen surface, screen subtraction.
    Fine,
    /// OBS chroma key v2 by its published behaviour, to compare with.
    Obs,
}

/// `vitrine key`.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// The clip.
    #[arg(long = "in")]
    pub clip: PathBuf,
    /// The instant, such as `2s`.
    #[arg(long, value_parser = duration, default_value = "0s")]
    pub at: Duration,
    /// How much work is done.
    #[arg(long, value_enum, default_value = "fine")]
    pub grade: GradeChoice,
    /// Finds tolerance, softness and spill in the picture too, not only the screen's colour.
    #[arg(long)]
    pub auto: bool,
    /// Where the matte goes, as a grey PNG.
    #[arg(long)]
    pub matte: Option<PathBuf>,
    /// Where the cut-out goes.
    #[arg(long)]
    pub out: PathBuf,
}

/// `vitrine bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Which benchmark: `on-air`, `render`, `keying`, `plugins`, `store`, `tsunami`, `viewers`.
    #[arg(default_value = "render")]
    pub name: String,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// Measured seconds of `on-air` and `viewers`; `plugins` divides them among its four runs.
    #[arg(long, value_parser = duration, default_value = "120s")]
    pub seconds: Duration,
    /// How often `on-air` edits the show file while it measures.
    #[arg(long, default_value_t = 0)]
    pub edits: u32,
    /// Which renderer draws in `on-air`.
    #[arg(long, value_enum, default_value = "cpu")]
    pub renderer: RendererChoice,
    /// Picture size of `render`: 720p, 1080p or 4k; all if none is named.
    #[arg(long)]
    pub size: Option<String>,
    /// One case of `render`, one axis of `keying`, `edit` or `hostile` of `plugins`; all if none is named.
    #[arg(long)]
    pub case: Option<String>,
    /// Says what changed since a run of `render` that was saved with `--json > FILE`.
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Draws how cost grows with layers, sizes and cores into an SVG file; nothing else of `render` is run then.
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// Where the contact sheets of `keying` go, one PNG an axis.
    #[arg(long, value_name = "DIR")]
    pub sheets: Option<PathBuf>,
    /// Buyers of `tsunami`.
    #[arg(long, default_value_t = 10_000)]
    pub buyers: u64,
    /// Units that they want.
    #[arg(long, default_value_t = 1_000)]
    pub units: u64,
    /// Viewers of `viewers`.
    #[arg(long, default_value_t = 10_000)]
    pub viewers: u64,
    /// Runs `viewers` without a program on air beside it.
    #[arg(long)]
    pub no_program: bool,
    /// A PostgreSQL database for `store` and `tsunami`; a fresh SQLite file if not said.
    #[arg(long, env = "VITRINE_BENCH_DB", hide_env_values = true)]
    pub db: Option<String>,
}

/// Reads `20s`, `2.5s`, `500ms`, `5m`, `1h`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let help = || format!("`{text}` is not a duration; write it like 20s, 2.5s, 500ms, 5m or 1h");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| help())?;
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(help()),
    };
    Duration::try_from_secs_f64(number * unit).map_err(|_| help())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(duration("2.5s"), Ok(Duration::from_millis(2_500)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        for bad in ["", "s", "-1s", "5 parsecs", "nan", "1e400s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}

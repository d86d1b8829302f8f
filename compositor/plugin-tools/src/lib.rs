//! `vitrine plugin …`: the author's and the operator's tools, each a single command with a clear end.
//!
//! ```text
//! new ─► build ─► check ─► test ─► pack ─► sign ─► install ─► grant      dev = build, install, again on save
//! ```
//!
//! The program `vitrine-plugin` is this and nothing more; `vitrine plugin …` becomes it.

mod bench_kit;
mod build;
mod check;
mod error;
mod install;
mod new;
mod show_file;
mod test;

use clap::{Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub use build::build;
pub use check::check;
pub use error::ToolError;
pub use new::new;
pub use test::test;

/// A guest language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Rust, through the SDK.
    Rust,
    /// JavaScript, run by QuickJS.
    Js,
    /// Python 3.
    Python,
}

/// `vitrine plugin …`.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Make a folder with a plugin that builds, tests and runs as it stands.
    New {
        /// The plugin's name and folder.
        name: String,
        /// Its language.
        #[arg(long, value_enum, default_value = "rust")]
        lang: Lang,
    },
    /// Build the plugin of this folder into `build/plugin.wasm`.
    Build,
    /// Check manifest, exports, imports and size.
    Check,
    /// Play the scripts under `tests/` and compare what the plugin does with the files beside them.
    Test {
        /// Write what it does into the files instead.
        #[arg(long)]
        bless: bool,
    },
    /// Build, install into a show, and again whenever a file is saved.
    Dev {
        /// The show file.
        #[arg(long, default_value = "show.toml")]
        show: PathBuf,
    },
    /// Build, check and pack into `NAME-VERSION.vpk`.
    Pack,
    /// Sign a package in place.
    Sign {
        /// The package.
        package: Option<PathBuf>,
        /// The signing key's file.
        #[arg(long)]
        key: Option<PathBuf>,
        /// Make a new signing key in this file.
        #[arg(long, conflicts_with_all = ["package", "key"])]
        new_key: Option<PathBuf>,
    },
    /// Install a package into a show: check it, ask for consent, compile it.
    Install {
        /// The package.
        package: PathBuf,
        /// The show file.
        #[arg(long, default_value = "show.toml")]
        show: PathBuf,
        /// Grant everything that it asks for, without asking.
        #[arg(long)]
        grant_all: bool,
    },
    /// Grant permissions of an installed plugin; without keys it lists what is asked for.
    Grant {
        /// The package's id or short name.
        package: String,
        /// Permissions as they are listed, such as "overlay card".
        keys: Vec<String>,
        /// Everything that it asks for.
        #[arg(long)]
        all: bool,
        /// The show file.
        #[arg(long, default_value = "show.toml")]
        show: PathBuf,
    },
    /// Take permissions back; without keys all of them.
    Revoke {
        /// The package's id or short name.
        package: String,
        /// Permissions as they are listed.
        keys: Vec<String>,
        /// The show file.
        #[arg(long, default_value = "show.toml")]
        show: PathBuf,
    },
    /// List the installed plugins.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// The show file.
        #[arg(long, default_value = "show.toml")]
        show: PathBuf,
    },
    /// Print the end of a plugin's log.
    Logs {
        /// The plugin's name in the show file.
        plugin: String,
        /// Lines at most.
        #[arg(long, default_value_t = 100)]
        lines: usize,
        /// The show file.
        #[arg(long, default_value = "show.toml")]
        show: PathBuf,
    },
    /// Packages for `vitrine bench plugins`: a plain guest in each language, and a hostile one.
    #[command(hide = true)]
    BenchKit {
        /// Where they go.
        folder: PathBuf,
    },
    /// The compiler process: for the host itself.
    #[command(hide = true)]
    Compile {
        /// The component.
        input: PathBuf,
        /// The native code.
        output: PathBuf,
        /// With every core: nobody waits for a picture on this machine.
        #[arg(long)]
        all_cores: bool,
    },
}

/// Runs one command in the current folder; what it says goes to standard output, errors with their code to standard error.
#[must_use]
pub fn run(command: PluginCommand) -> ExitCode {
    match dispatch(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error [{}]: {error}", error.code());
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: PluginCommand) -> Result<ExitCode, ToolError> {
    let here = Path::new(".");
    match command {
        PluginCommand::New { name, lang } => new(here, &name, lang)?,
        PluginCommand::Build => drop(build(here)?),
        PluginCommand::Check => {
            let component = build(here)?;
            for line in check(here, &component)? {
                println!("{line}");
            }
        }
        PluginCommand::Test { bless } => {
            let component = build(here)?;
            return Ok(if test(here, &component, bless)? { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        PluginCommand::Dev { show } => return install::dev(here, &show),
        PluginCommand::Pack => drop(install::pack_here(here)?),
        PluginCommand::Sign { package, key, new_key } => {
            install::sign_file(package.as_deref(), key.as_deref(), new_key.as_deref())?
        }
        PluginCommand::Install { package, show, grant_all } => install::install(&package, &show, grant_all)?,
        PluginCommand::Grant { package, keys, all, show } => install::grant(&package, &keys, all, &show)?,
        PluginCommand::Revoke { package, keys, show } => install::revoke(&package, &keys, &show)?,
        PluginCommand::List { json, show } => install::list(json, &show)?,
        PluginCommand::Logs { plugin, lines, show } => install::logs(&plugin, lines, &show)?,
        PluginCommand::BenchKit { folder } => bench_kit::write(&folder)?,
        PluginCommand::Compile { input, output, all_cores } => {
            vitrine_plugin_host::compile_file(&input, &output, all_cores).map_err(ToolError::Compile)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

//! Ahead-of-time compilation: a cache by content hash, filled by a process of its own. Nothing here compiles.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use thiserror::Error;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Longest that a compilation may take: a Python guest takes 15 s on one core, a starved machine four times that.
const COMPILE_TIME_MAX: Duration = Duration::from_secs(180);
/// Part of a cached file's name: changes with everything that makes old files useless.
const TAG: &str = concat!("48.0.8-1-", env!("CARGO_PKG_VERSION"));

/// Why a component isn't ready to run.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The cache folder can't be used.
    #[error("the plugin cache {path}: {source}; check the rights of the folder and the room on the disk")]
    Cache {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The compiler process said no.
    #[error("the component was refused by the compiler: {0}")]
    Refused(String),
    /// It took too long.
    #[error("compiling took longer than {} s and was ended", COMPILE_TIME_MAX.as_secs())]
    TooLong,
    /// What was compiled can't be loaded.
    #[error("the compiled component can't be loaded: {0}; remove it from the cache to compile it anew")]
    Load(String),
}

/// Turns a component into native code.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// Runs this program with these arguments, then the component's path and the result's path.
    Process {
        /// The program, such as this one again.
        program: PathBuf,
        /// Arguments before the two paths, such as `plugin compile`.
        args: Vec<String>,
    },
    /// In this process: for tests and the compiler process itself.
    #[cfg(feature = "compiler")]
    InProcess,
}

/// Compiled components on disk, readable by this user alone: whoever can write here can run native code as the host.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    compiler: Compiler,
}

impl Cache {
    /// A cache in this folder, which is made with mode 0700.
    ///
    /// # Errors
    /// [`CompileError::Cache`] when it can't be made.
    pub fn open(folder: &Path, compiler: Compiler) -> Result<Self, CompileError> {
        let error = |source| CompileError::Cache { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(error)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(error)?;
        }
        Ok(Self { folder: folder.to_owned(), compiler })
    }

    fn path(&self, hash: &str) -> PathBuf {
        self.folder.join(format!("{hash}-{TAG}-{}.cwasm", std::env::consts::ARCH))
    }

    /// Whether this component is compiled already.
    #[must_use]
    pub fn has(&self, hash: &str) -> bool {
        self.path(hash).is_file()
    }

    /// The component, from the cache or compiled into it first. Blocks: never call it on an async thread.
    ///
    /// # Errors
    /// [`CompileError`] says what failed and what to do.
    pub fn load(&self, engine: &Engine, hash: &str, wasm: &[u8]) -> Result<Component, CompileError> {
        let path = self.path(hash);
        if path.is_file() {
            if let Ok(component) = deserialize(engine, &path) {
                return Ok(component);
            }
            // Written by another build or torn: it is made anew.
            fs::remove_file(&path).map_err(|source| CompileError::Cache { path: path.clone(), source })?;
        }
        self.compile(wasm, &path)?;
        deserialize(engine, &path)
    }

    /// Compiles a component into the cache if it isn't there, without loading it. Blocks.
    ///
    /// # Errors
    /// [`CompileError`] says what failed and what to do.
    pub fn prepare(&self, hash: &str, wasm: &[u8]) -> Result<(), CompileError> {
        let path = self.path(hash);
        if path.is_file() { Ok(()) } else { self.compile(wasm, &path) }
    }

    fn compile(&self, wasm: &[u8], path: &Path) -> Result<(), CompileError> {
        let error = |source| CompileError::Cache { path: path.to_owned(), source };
        let unique = format!("{}-{:?}", std::process::id(), std::thread::current().id()).replace(['(', ')'], "");
        let (input, output) =
            (path.with_extension(format!("{unique}.wasm")), path.with_extension(format!("{unique}.new")));
        fs::write(&input, wasm).map_err(error)?;
        let made = match &self.compiler {
            Compiler::Process { program, args } => run(program, args, &input, &output),
            #[cfg(feature = "compiler")]
            Compiler::InProcess => build::compile_file(&input, &output, false).map_err(CompileError::Refused),
        };
        fs::remove_file(&input).map_err(error)?;
        if made.is_err() {
            drop(fs::remove_file(&output));
        }
        made?;
        fs::rename(&output, path).map_err(error)
    }
}

#[allow(unsafe_code, reason = "wasmtime's contract for native code from disk")]
fn deserialize(engine: &Engine, path: &Path) -> Result<Component, CompileError> {
    // SAFETY: the folder is this user's alone (mode 0700) and only `compile` writes there, from the compiler's output.
    unsafe { Component::deserialize_file(engine, path) }.map_err(|e| CompileError::Load(format!("{e:#}")))
}

fn run(program: &Path, args: &[String], input: &Path, output: &Path) -> Result<(), CompileError> {
    let error = |source| CompileError::Cache { path: program.to_owned(), source };
    let log = output.with_extension("log");
    let stderr = fs::File::create(&log).map_err(error)?;
    let mut child = Command::new(program)
        .args(args)
        .args([input, output])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .map_err(error)?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(error)? {
            break status;
        }
        if started.elapsed() > COMPILE_TIME_MAX {
            drop(child.kill());
            drop(child.wait());
            drop(fs::remove_file(&log));
            return Err(CompileError::TooLong);
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let said = fs::read_to_string(&log).unwrap_or_default();
    drop(fs::remove_file(&log));
    if status.success() {
        return Ok(());
    }
    let said = if said.trim().is_empty() { status.to_string() } else { said };
    Err(CompileError::Refused(crate::powers::log::one_line(said.trim(), 1_000)))
}

/// The compiler itself: only in the compiler process, in tests and in the author's tools.
#[cfg(feature = "compiler")]
pub mod build {
    use crate::engine;
    use std::fs;
    use std::path::Path;
    use wasmtime::Engine;

    /// Compiles a component file to native code at low priority of the caller's choosing.
    ///
    /// # Errors
    /// A text that says what is wrong with the component.
    pub fn compile_file(input: &Path, output: &Path, all_cores: bool) -> Result<(), String> {
        let wasm = fs::read(input).map_err(|e| format!("{}: {e}", input.display()))?;
        fs::write(output, compile_bytes(&wasm, all_cores)?).map_err(|e| format!("{}: {e}", output.display()))
    }

    /// Compiles a component's bytes, on one core unless all may be used. The result is the same.
    ///
    /// # Errors
    /// A text that says what is wrong with the component.
    pub fn compile_bytes(wasm: &[u8], all_cores: bool) -> Result<Vec<u8>, String> {
        let mut config = engine::config();
        config.parallel_compilation(all_cores);
        let engine = Engine::new(&config).map_err(|e| format!("{e:#}"))?;
        engine.precompile_component(wasm).map_err(|e| format!("{e:#}"))
    }
}

/// The body of the hidden subcommand `compile INPUT OUTPUT`: lowers its own priority and compiles. A show that runs asks
/// for what is left of one core; an author's tools take all, behind a show on the same machine.
///
/// # Errors
/// A text for standard error.
#[cfg(feature = "compiler")]
pub fn compile_file(input: &Path, output: &Path, all_cores: bool) -> Result<(), String> {
    #[cfg(target_os = "linux")]
    {
        use crate::limits::{COMPILE_NICENESS, COMPILE_NICENESS_AT_HAND};
        let niceness = if all_cores { COMPILE_NICENESS_AT_HAND } else { COMPILE_NICENESS };
        #[allow(unsafe_code, reason = "the one way to lower a process's own priority")]
        // SAFETY: setpriority changes only how this process is scheduled; where it is refused, it runs as it was.
        let _refused = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, niceness) };
    }
    build::compile_file(input, output, all_cores)
}

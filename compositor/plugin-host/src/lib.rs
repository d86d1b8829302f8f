//! Lets strangers help without letting them hurt: runs plugins as sandboxed WebAssembly components.
//!
//! ```text
//! show ──tell(Event)──► Mailbox ──► Actor ──► Guest (budget, wall limit, caps) ──► Powers (manifest ∩ grant)
//!                       bounded      supervises                                      │
//! desk ──call(Call)───────────────► Workers ──► Guest                                ▼
//!                                                         Proposals::propose ──► show::step judges
//! ```
//!
//! No guest code runs on, or is awaited by, the tick. The live process has no compiler: components are compiled by a
//! process of their own when they are installed (feature `compiler`), and only loaded here.
//!
//! ```no_run
//! # use vitrine_plugin_host::*;
//! # use std::{path::Path, sync::Arc};
//! # fn demo(outside: Outside, source: Box<dyn Source>) -> Result<(), Box<dyn std::error::Error>> {
//! let compiler = Compiler::Process { program: std::env::current_exe()?, args: vec!["compile".into()] };
//! let host = PluginHost::start(outside, Cache::open(Path::new("cache"), compiler)?)?;
//! host.add(vitrine_media::PluginId::new("polls")?, source, serde_json::json!({}));
//! # Ok(()) }
//! ```

pub mod bench;
mod bindings;
mod compile;
mod convert;
mod engine;
mod folder;
mod grants;
mod guest;
mod host;
pub mod limits;
mod mailbox;
mod outside;
mod package;
pub mod powers;
#[cfg(feature = "compiler")]
pub mod rehearsal;
mod schema;
mod supervise;
mod webhook;

pub use compile::{Cache, CompileError, Compiler};
#[cfg(feature = "compiler")]
pub use compile::{build, compile_file};
pub use engine::{Allocation, EngineError};
pub use folder::{FolderError, FolderLogs, Installed, PluginFolder, short_name};
pub use grants::{Consent, Grants, GrantsError, PluginGrant, SecretAt};
pub use host::{HostError, LoadError, PluginHost, Source};
pub use outside::{
    Address, Datagrams, FileKv, Finder, Found, HostClock, Incoming, KvError, KvStore, LanFinder, LogSink, Lookup,
    MemoryKv, NoFinder, NoLog, Outgoing, Outside, SecretSource, Stored, SystemClock, SystemDatagrams, SystemLookup,
    Transport, Wire, may_dial,
};
pub use package::{
    PackError, Package, PackageError, SignError, generate_key, load_key, pack, read_package, sha256_hex, sign,
};
pub use powers::telemetry::Figure;
pub use schema::check as check_settings;
pub use supervise::{Next, Supervisor};
pub use webhook::verified as webhook_verified;

/// Why something did not happen, as it crosses to a guest.
pub use bindings::vitrine::plugin::types::Fault;

//! What the server is told at its start.

use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use vitrine_media::Secret;

/// What a caller may do; each role may do all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Anybody: the shopper's page, holds, checkout, webhooks (which carry their own signatures).
    Public,
    /// May look at the desk: monitors, state, meters.
    Viewer,
    /// May run the show.
    Operator,
    /// May do what costs money: refunds, stock, the seller's API.
    Owner,
}

/// A token and what it opens.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// What it opens.
    pub role: Role,
    /// At least 32 characters of randomness.
    pub token: Secret,
}

/// How the server is reached and what it may show.
#[derive(Clone, Debug, Default)]
pub struct ServerConfig {
    /// Tokens. A caller on loopback that calls the server by a loopback name needs none.
    pub tokens: Vec<AccessToken>,
    /// Names by which the server may be called besides loopback, without port: `live.example.com`.
    pub hosts: Vec<String>,
    /// A reverse proxy on loopback stands before the server: the caller's address is the last of `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// HLS outputs: name of the output and the folder that its files are written to.
    pub hls: BTreeMap<String, PathBuf>,
}

//! The rules that a manifest must keep, beyond its syntax.

use crate::limits::{
    ENTRIES_MAX, HTTP_PER_S_MAX, KV_KIB_MAX, MANIFEST_BYTES_MAX, MEMORY_MIB_MAX, NAME_CHARS_MAX, OVERLAY_NODES_MAX,
    OVERLAY_SIDE_PX_MAX, REASON_CHARS_MAX, WORKERS_MAX,
};
use crate::{Allow, EXPORTS, Manifest, Permission};
use thiserror::Error;

/// Why a manifest was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ManifestError {
    /// It isn't TOML, or a key is unknown, missing or of the wrong type. The text holds line and column.
    #[error("plugin.toml: {0}")]
    Syntax(String),
    /// It is too long.
    #[error("plugin.toml has {0} bytes; at most {MANIFEST_BYTES_MAX} are read: move long texts into assets")]
    TooLong(usize),
    /// A value breaks a rule.
    #[error("plugin.toml: `{key}` is `{value}`; write {wanted}")]
    Value {
        /// Where.
        key: String,
        /// What is there.
        value: String,
        /// What to write.
        wanted: String,
    },
    /// A list holds something twice.
    #[error("plugin.toml: `{key}` holds `{value}` twice; remove one")]
    Twice {
        /// Where.
        key: String,
        /// What.
        value: String,
    },
}

impl ManifestError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "MANIFEST_SYNTAX",
            Self::TooLong(_) => "MANIFEST_TOO_LONG",
            Self::Value { .. } => "MANIFEST_VALUE",
            Self::Twice { .. } => "MANIFEST_TWICE",
        }
    }
}

type Checked = Result<(), ManifestError>;

fn wrong(key: impl Into<String>, value: impl ToString, wanted: impl Into<String>) -> Checked {
    Err(ManifestError::Value { key: key.into(), value: value.to_string(), wanted: wanted.into() })
}

fn name(key: &str, value: &str) -> Checked {
    let good = !value.is_empty()
        && value.len() <= NAME_CHARS_MAX
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
        && value.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && !value.contains("..");
    if good {
        return Ok(());
    }
    wrong(key, value, format!("1 to {NAME_CHARS_MAX} of a-z, 0-9, `-`, `_`, `.`, a letter or digit first"))
}

fn text(key: &str, value: &str, chars_max: usize) -> Checked {
    let chars = value.chars().count();
    if (1..=chars_max).contains(&chars) && !value.chars().any(char::is_control) {
        return Ok(());
    }
    wrong(key, value.escape_debug(), format!("1 to {chars_max} characters without control characters"))
}

fn at_most(key: &str, value: u32, min: u32, max: u32) -> Checked {
    if (min..=max).contains(&value) { Ok(()) } else { wrong(key, value, format!("a number from {min} to {max}")) }
}

fn once<'a>(key: &str, values: impl Iterator<Item = &'a str>) -> Checked {
    let mut seen = std::collections::BTreeSet::new();
    let mut count = 0;
    for value in values {
        count += 1;
        if !seen.insert(value) {
            return Err(ManifestError::Twice { key: key.to_owned(), value: value.to_owned() });
        }
    }
    if count > ENTRIES_MAX { wrong(key, count, format!("at most {ENTRIES_MAX} entries")) } else { Ok(()) }
}

/// `MAJOR.MINOR.PATCH` as numbers.
pub(crate) fn version(value: &str) -> Option<[u32; 3]> {
    let mut parts = value.split('.').map(|p| {
        let plain = p.len() == 1 || !p.starts_with('0');
        if plain && p.bytes().all(|b| b.is_ascii_digit()) { p.parse::<u32>().ok() } else { None }
    });
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

/// All rules.
pub(crate) fn check(m: &Manifest) -> Checked {
    if m.manifest != 1 {
        return wrong("manifest", m.manifest, "1");
    }
    name("plugin.id", &m.plugin.id)?;
    if !m.plugin.id.contains('.') {
        return wrong("plugin.id", &m.plugin.id, "a domain backwards, such as `org.example.hello`");
    }
    text("plugin.name", &m.plugin.name, NAME_CHARS_MAX)?;
    if version(&m.plugin.version).is_none() {
        return wrong("plugin.version", &m.plugin.version, "MAJOR.MINOR.PATCH, such as `1.2.0`");
    }
    if m.plugin.api != "1.0" {
        return wrong("plugin.api", &m.plugin.api, "`1.0`, the version that this host offers");
    }
    once("exports", m.exports.iter().map(String::as_str))?;
    if let Some(unknown) = m.exports.iter().find(|e| !EXPORTS.contains(&e.as_str())) {
        return wrong("exports", unknown, format!("only: {}", EXPORTS.join(", ")));
    }
    if !m.exports("lifecycle") {
        return wrong("exports", m.exports.join(", "), "`lifecycle` too: every plugin exports it");
    }
    at_most("runtime.memory-mib", m.runtime.memory_mib, 2, MEMORY_MIB_MAX)?;
    at_most("runtime.workers", m.runtime.workers, 0, WORKERS_MAX)?;
    once("commands", m.commands.iter().map(String::as_str))?;
    for command in &m.commands {
        name("commands", command)?;
    }
    hooks_and_panels(m)?;
    permission(&m.permission)
}

fn hooks_and_panels(m: &Manifest) -> Checked {
    once("webhook.id", m.webhook.iter().map(|w| w.id.as_str()))?;
    for hook in &m.webhook {
        name("webhook.id", &hook.id)?;
        if !m.exports("webhooks") && !m.exports("payment-settlement") {
            return wrong("exports", m.exports.join(", "), "`webhooks` too: a `[[webhook]]` needs it");
        }
        if let Some(verify) = &hook.verify {
            let used = m.permission.secrets.as_ref().is_some_and(|s| s.r#use.contains(&verify.secret));
            if !used {
                return wrong("webhook.verify.secret", &verify.secret, "a name listed under `permission.secrets.use`");
            }
            text("webhook.verify.header", &verify.header, NAME_CHARS_MAX)?;
        }
    }
    once("panel.id", m.panel.iter().map(|p| p.id.as_str()))?;
    for panel in &m.panel {
        name("panel.id", &panel.id)?;
        text("panel.label", &panel.label, NAME_CHARS_MAX)?;
    }
    Ok(())
}

fn permission(p: &Permission) -> Checked {
    once("permission.overlay.layer", p.overlay.iter().map(|o| o.layer.as_str()))?;
    for o in &p.overlay {
        name("permission.overlay.layer", &o.layer)?;
        for side in o.size {
            at_most("permission.overlay.size", side, 8, OVERLAY_SIDE_PX_MAX)?;
        }
        at_most("permission.overlay.max-nodes", o.max_nodes, 1, OVERLAY_NODES_MAX)?;
        text("permission.overlay.reason", &o.reason, REASON_CHARS_MAX)?;
    }
    once("permission.http.allow", p.http.iter().map(|h| h.allow.as_str()))?;
    for h in &p.http {
        origin(&h.allow)?;
        once("permission.http.methods", h.methods.iter().map(String::as_str))?;
        for method in &h.methods {
            if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                return wrong("permission.http.methods", method, "GET, HEAD, POST, PUT, PATCH or DELETE");
            }
        }
        if let Some(most) = h.per_second {
            at_most("permission.http.per-second", most, 1, HTTP_PER_S_MAX)?;
        }
        text("permission.http.reason", &h.reason, REASON_CHARS_MAX)?;
    }
    once("permission.udp.endpoint", p.udp.iter().map(|u| u.endpoint.as_str()))?;
    for u in &p.udp {
        name("permission.udp.endpoint", &u.endpoint)?;
        text("permission.udp.protocol", &u.protocol, NAME_CHARS_MAX)?;
        text("permission.udp.reason", &u.reason, REASON_CHARS_MAX)?;
    }
    if let Some(s) = &p.secrets {
        once("permission.secrets.use", s.r#use.iter().map(String::as_str))?;
        once("permission.secrets.reveal", s.reveal.iter().map(String::as_str))?;
        for secret in s.r#use.iter().chain(&s.reveal) {
            name("permission.secrets", secret)?;
        }
        text("permission.secrets.reason", &s.reason, REASON_CHARS_MAX)?;
    }
    if let Some(kv) = &p.kv {
        at_most("permission.kv.kib", kv.kib, 1, KV_KIB_MAX)?;
        text("permission.kv.reason", &kv.reason, REASON_CHARS_MAX)?;
    }
    allow("chat", p.chat.as_ref(), Some(&["read", "write"]))?;
    allow("shop", p.shop.as_ref(), Some(&["read", "propose"]))?;
    allow("orders", p.orders.as_ref(), Some(&["read", "buyers"]))?;
    allow("polls", p.polls.as_ref(), Some(&["read", "propose"]))?;
    allow("devices", p.devices.as_ref(), None)
}

fn allow(power: &str, allow: Option<&Allow>, known: Option<&[&str]>) -> Checked {
    let Some(allow) = allow else { return Ok(()) };
    let key = format!("permission.{power}.allow");
    once(&key, allow.allow.iter().map(String::as_str))?;
    for part in &allow.allow {
        match known {
            Some(known) if !known.contains(&part.as_str()) => {
                return wrong(key, part, format!("only: {}", known.join(", ")));
            }
            Some(_) => {}
            None if part == "artnet-node" => {}
            None if part.starts_with('_') && (part.ends_with("._tcp") || part.ends_with("._udp")) => {}
            None => return wrong(key, part, "`artnet-node` or an mDNS service such as `_http._tcp`"),
        }
    }
    text(&format!("permission.{power}.reason"), &allow.reason, REASON_CHARS_MAX)
}

fn origin(value: &str) -> Checked {
    let wanted = "scheme and host, such as `https://api.example.com` or `https://*.example.com:8443`";
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    let Some(rest) = rest else { return wrong("permission.http.allow", value, wanted) };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) => (host, port.parse::<u16>().is_ok_and(|p| p > 0)),
        None => (rest, true),
    };
    let host = host.strip_prefix("*.").unwrap_or(host);
    let good = port
        && !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    if good { Ok(()) } else { wrong("permission.http.allow", value, wanted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
manifest = 1
exports = ["lifecycle", "webhooks"]
[plugin]
id = "org.example.hello"
name = "Hello"
version = "1.0.0"
api = "1.0"
[[webhook]]
id = "pay"
verify = { scheme = "stripe", header = "stripe-signature", secret = "hook-key" }
[permission]
secrets = { use = ["hook-key"], reason = "checks payments" }
chat = { allow = ["read"], reason = "answers questions" }
[[permission.http]]
allow = "https://api.example.com"
methods = ["GET", "POST"]
per-second = 100
reason = "makes labels"
"#;

    #[test]
    fn a_good_manifest_lists_what_it_asks_for() {
        let keys: Vec<String> = Manifest::parse(GOOD).unwrap().asks().into_iter().map(|a| a.key).collect();
        let wanted = [
            "http GET https://api.example.com",
            "http POST https://api.example.com",
            "http 100/s https://api.example.com",
            "secrets use hook-key",
            "chat read",
        ];
        assert_eq!(keys, wanted);
    }

    #[test]
    fn each_broken_rule_names_its_key_and_the_cure() {
        let cases = [
            ("manifest = 1", "manifest = 2", "plugin.toml: `manifest` is `2`; write 1"),
            (
                "\"1.0.0\"",
                "\"1.0\"",
                "plugin.toml: `plugin.version` is `1.0`; write MAJOR.MINOR.PATCH, such as `1.2.0`",
            ),
            (
                "org.example.hello",
                "../../etc",
                "plugin.toml: `plugin.id` is `../../etc`; write 1 to 64 of a-z, 0-9, `-`, `_`, `.`, a letter or digit first",
            ),
            (
                "org.example.hello",
                "hello",
                "plugin.toml: `plugin.id` is `hello`; write a domain backwards, such as `org.example.hello`",
            ),
            (
                "[\"read\"]",
                "[\"read\", \"read\"]",
                "plugin.toml: `permission.chat.allow` holds `read` twice; remove one",
            ),
            ("[\"read\"]", "[\"own\"]", "plugin.toml: `permission.chat.allow` is `own`; write only: read, write"),
            (
                "https://api.example.com",
                "https://user@api.example.com/x",
                "plugin.toml: `permission.http.allow` is `https://user@api.example.com/x`; write scheme and host, such as `https://api.example.com` or `https://*.example.com:8443`",
            ),
            (
                "per-second = 100",
                "per-second = 201",
                "plugin.toml: `permission.http.per-second` is `201`; write a number from 1 to 200",
            ),
            (
                "[\"hook-key\"]",
                "[\"other\"]",
                "plugin.toml: `webhook.verify.secret` is `hook-key`; write a name listed under `permission.secrets.use`",
            ),
            (
                "\"lifecycle\", ",
                "",
                "plugin.toml: `exports` is `webhooks`; write `lifecycle` too: every plugin exports it",
            ),
        ];
        for (from, to, said) in cases {
            let error = Manifest::parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let said = Manifest::parse(&GOOD.replace("manifest = 1", "manifest = 1\nmanfest = 2")).unwrap_err().to_string();
        assert!(said.contains("line 3") && said.contains("manfest"), "{said}");
    }
}

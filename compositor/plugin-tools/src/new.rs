//! `new`: a folder with everything that a plugin needs, the SDK and the interface included.

use crate::error::at;
use crate::{Lang, ToolError};
use std::fs;
use std::path::Path;

macro_rules! wit {
    ($($name:literal),* $(,)?) => {
        /// The interface package, as released.
        pub(crate) const WIT: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../plugin-api/wit/", $name)))),*];
    };
}

wit!(
    "assets.wit",
    "chat.wit",
    "commerce.wit",
    "devices.wit",
    "events.wit",
    "http.wit",
    "kv.wit",
    "log.wit",
    "orders.wit",
    "overlay.wit",
    "polls.wit",
    "secrets.wit",
    "settings.wit",
    "shop.wit",
    "system.wit",
    "telemetry.wit",
    "timers.wit",
    "types.wit",
    "udp.wit",
    "worlds.wit",
);

const SDK: &[(&str, &str)] = &[
    ("sdk/Cargo.toml", include_str!("../../../plugin-api/sdk/Cargo.toml")),
    ("sdk/src/lib.rs", include_str!("../../../plugin-api/sdk/src/lib.rs")),
    ("sdk/src/glue.rs", include_str!("../../../plugin-api/sdk/src/glue.rs")),
    ("sdk/src/scene.rs", include_str!("../../../plugin-api/sdk/src/scene.rs")),
];

const COMMON: &[(&str, &str)] = &[
    ("plugin.toml", include_str!("../templates/common/plugin.toml")),
    ("README.md", include_str!("../templates/common/README.md")),
    ("show.toml", include_str!("../templates/common/show.toml")),
    (".gitignore", include_str!("../templates/common/gitignore")),
    ("tests/hello/script.toml", include_str!("../templates/common/tests/hello/script.toml")),
    ("tests/hello/expected.txt", include_str!("../templates/common/tests/hello/expected.txt")),
    ("tests/denied/script.toml", include_str!("../templates/common/tests/denied/script.toml")),
    ("tests/denied/expected.txt", include_str!("../templates/common/tests/denied/expected.txt")),
];

const fn files(lang: Lang) -> &'static [(&'static str, &'static str)] {
    match lang {
        Lang::Rust => &[
            ("Cargo.toml", include_str!("../templates/rust/Cargo.toml.in")),
            ("src/lib.rs", include_str!("../templates/rust/src/lib.rs")),
        ],
        Lang::Js => &[
            ("package.json", include_str!("../templates/js/package.json")),
            ("src/plugin.js", include_str!("../templates/js/src/plugin.js")),
        ],
        Lang::Python => &[("app.py", include_str!("../templates/python/app.py"))],
    }
}

/// Writes the interface package, and for Rust the SDK, into `.vitrine/`.
pub(crate) fn write_kit(folder: &Path, lang: Lang) -> Result<(), ToolError> {
    let kit = folder.join(".vitrine");
    for (name, text) in WIT {
        write(&kit.join("wit").join(name), text)?;
    }
    if lang == Lang::Rust {
        for (name, text) in SDK {
            write(&kit.join(name), text)?;
        }
    }
    Ok(())
}

/// Writes a file where it differs, so that build tools see no change where there is none.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), ToolError> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(at(parent))?;
    }
    fs::write(path, text).map_err(at(path))
}

/// Makes the folder `name` under `here`.
///
/// # Errors
/// [`ToolError`] when the name can't be used or the folder is there.
pub fn new(here: &Path, name: &str, lang: Lang) -> Result<(), ToolError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty()
        || name.len() > 32
        || !name.bytes().all(plain)
        || !name.starts_with(|c: char| c.is_ascii_lowercase())
    {
        return Err(ToolError::Name(name.chars().take(64).collect()));
    }
    let folder = here.join(name);
    if folder.exists() {
        return Err(ToolError::Exists(name.to_owned()));
    }
    let exports = "[\"lifecycle\", \"timer-events\"]";
    for (path, text) in COMMON.iter().chain(files(lang)) {
        write(&folder.join(path), &text.replace("{{name}}", name).replace("{{exports}}", exports))?;
    }
    write_kit(&folder, lang)?;
    println!(
        "{name}/ is ready. Next:\n  cd {name}\n  vitrine plugin test\n  vitrine run show.toml     # in another terminal\n  vitrine plugin dev        # on the picture, again on every save"
    );
    Ok(())
}

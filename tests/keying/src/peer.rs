//! Programs of others, if they are installed: bytes in, bytes out.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use thiserror::Error;

/// Why something was not measured.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Skip(pub String);

/// Runs `program`, writes `input` to it and returns what it wrote.
pub(crate) fn pipe(program: &str, args: &[&str], input: &[u8]) -> Result<Vec<u8>, Skip> {
    let skip = |what: &str| Skip(format!("{program} {what}"));
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| skip("is not installed"))?;
    let (mut stdin, mut stdout) = (child.stdin.take(), child.stdout.take());
    let mut output = Vec::new();
    std::thread::scope(|scope| {
        // A peer that closes early still may have written all that is needed.
        scope.spawn(|| stdin.take().map(|mut pipe| pipe.write_all(input)));
        stdout.as_mut().map(|pipe| pipe.read_to_end(&mut output))
    });
    let status = child.wait().map_err(|_| skip("can't be waited for"))?;
    if status.success() || !output.is_empty() { Ok(output) } else { Err(skip("failed")) }
}

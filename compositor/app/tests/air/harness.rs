//! A show on air: started from a show file, asked over its API, ended by signals.

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longest wait for anything: the machine may be busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something to become so, and gives how long that took.
pub(crate) fn wait_until(what: &str, mut so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Sends a signal, by its name.
pub(crate) fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap().success());
}

/// A process that is killed when the test lets go of it.
pub(crate) struct Peer(pub(crate) Child);

impl Peer {
    /// Starts it without input and output.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Kills it now.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A show in a folder of its own, on air.
pub(crate) struct Air {
    folder: tempfile::TempDir,
    program: Peer,
    port: u16,
}

/// The canvas that all shows of these tests have: small, so that a busy machine keeps up.
const CANVAS: &str = "vitrine = 1\nname = \"Air\"\n[[canvas]]\nname = \"main\"\nsize = [320, 180]\nfps = 30\n";

impl Air {
    /// Puts a show on air, after `prepare` has put what it needs into its folder.
    pub(crate) fn start(show: &str, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        fs::write(folder.path().join("show.toml"), format!("{CANVAS}{show}")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vitrine"))
            .args(["run", "show.toml", "--renderer", "cpu", "--listen", "127.0.0.1:0"])
            .current_dir(folder.path())
            .env("NO_COLOR", "1")
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = read_lines(child.stderr.take().unwrap());
        let program = Peer(child);
        let port = loop {
            let line = lines.recv_timeout(PATIENCE).expect("the program says where its console is");
            if let Some((_, at)) = line.split_once("the console is at http://127.0.0.1:") {
                break at.trim_end_matches('/').parse().unwrap();
            }
        };
        Self { folder, program, port }
    }

    /// A file of the show.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Saves the show file anew.
    pub(crate) fn save(&self, show: &str) {
        fs::write(self.path("show.toml"), format!("{CANVAS}{show}")).unwrap();
    }

    /// What the API answers.
    pub(crate) fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        let body = if head.to_ascii_lowercase().contains("chunked") { dechunk(body) } else { body.to_owned() };
        serde_json::from_str(&body).unwrap()
    }

    /// The state of the show.
    pub(crate) fn snapshot(&self) -> Value {
        self.get("/api/snapshot")
    }

    /// Waits for an input or output, by the snapshot's word for it, to have a status.
    pub(crate) fn wait_for(&self, of: &str, name: &str, status: &str) -> Duration {
        wait_until(&format!("{name} to be {status}"), || {
            let snapshot = self.snapshot();
            let found = snapshot[of].as_array().unwrap().iter().find(|one| one["name"] == name).cloned();
            found.is_some_and(|one| one["status"] == status)
        })
    }

    /// Waits for this many more ticks of the show.
    pub(crate) fn ticks(&self, count: u64) {
        let ticks = || self.snapshot()["stats"]["ticks"].as_u64().unwrap();
        let until = ticks() + count;
        wait_until("ticks", || ticks() >= until);
    }

    /// Where its console is.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.program.0.id()
    }

    /// Waits for the program to end by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the program to end", || {
            status = self.program.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Ends the show as an operator's system does, and gives the folder for what is left to look at.
    pub(crate) fn end(mut self) -> tempfile::TempDir {
        // Seen when a test fails.
        let last = self.snapshot();
        let losers = last["lanes"].as_array().unwrap().iter().filter(|lane| lane["dropped"] != 0);
        eprintln!("{}; lanes that lost something: {:?}", last["stats"], losers.collect::<Vec<_>>());
        signal(self.pid(), "TERM");
        assert!(self.wait().success());
        self.folder
    }
}

/// Reads lines as they come, so that the program never waits for its log to be read.
fn read_lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (lines, read) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            // Seen when a test fails.
            eprintln!("{line}");
            let _ = lines.send(line);
        }
    });
    read
}

fn dechunk(body: &str) -> String {
    let (mut rest, mut whole) = (body, String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        whole += &after[..size];
        rest = after[size..].trim_start_matches("\r\n");
    }
    whole
}

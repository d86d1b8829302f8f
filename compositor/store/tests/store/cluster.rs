//! A throw-away PostgreSQL server for this test binary, or the reason why there is none.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

static CLUSTER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The URL of a fresh, empty database, or `None` with a printed reason.
pub(crate) fn database() -> Option<String> {
    let dir = match CLUSTER.get_or_init(start) {
        Ok(dir) => dir,
        Err(reason) => {
            println!("skipped: {reason}");
            return None;
        }
    };
    let name = format!("shop{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new("psql")
        .args(["-h", &dir.display().to_string(), "-U", "vitrine", "-d", "postgres", "-qc"])
        .arg(format!("CREATE DATABASE {name}"))
        .status();
    assert!(made.is_ok_and(|status| status.success()), "CREATE DATABASE {name} failed");
    let host = dir.display().to_string().replace('/', "%2F");
    Some(format!("postgres://vitrine@{host}/{name}"))
}

fn start() -> Result<PathBuf, String> {
    for tool in ["initdb", "postgres", "psql", "setpriv"] {
        let found =
            std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|p| p.join(tool).is_file()));
        if !found {
            return Err(format!("{tool} is not installed"));
        }
    }
    sweep_up();
    let dir = std::env::temp_dir().join(format!("vitrine-pg-{}", std::process::id()));
    std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
    run(as_nobody(&dir, "chown").args(["65534:65534"]).arg(&dir), true)?;
    let data = dir.join("data");
    run(
        as_nobody(&dir, "initdb").args(["-U", "vitrine", "-A", "trust", "--no-sync", "-E", "UTF8", "-D"]).arg(&data),
        false,
    )?;
    serve(&dir, &data)?;
    wait(&dir)?;
    Ok(dir)
}

/// Removes what earlier runs left: their servers died with them.
fn sweep_up() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix("vitrine-pg-") else { continue };
        if pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// PostgreSQL refuses to run as root; `chown` must be root.
fn as_nobody(dir: &Path, program: &str) -> Command {
    let root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    let mut command = if root && program != "chown" {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig", "INT", program]);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(dir).env("HOME", dir).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn run(command: &mut Command, may_fail: bool) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("{command:?}: {e}"))?;
    if status.success() || may_fail { Ok(()) } else { Err(format!("{command:?} ended with {status}")) }
}

/// The server dies with the thread that started it, so that thread lives as long as the tests.
fn serve(dir: &Path, data: &Path) -> Result<(), String> {
    let mut command = as_nobody(dir, "postgres");
    command.arg("-D").arg(data).arg("-k").arg(dir);
    for setting in ["listen_addresses=", "max_connections=200", "fsync=off", "full_page_writes=off"] {
        command.args(["-c", setting]);
    }
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("postgres".into())
        .spawn(move || {
            let child = command.spawn();
            let failed = child.as_ref().err().map(ToString::to_string);
            let _ = tell.send(failed);
            if let Ok(mut child) = child {
                let _ = child.wait();
            }
        })
        .map_err(|e| e.to_string())?;
    told.recv().map_err(|e| e.to_string())?.map_or(Ok(()), Err)
}

fn wait(dir: &Path) -> Result<(), String> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        let mut probe = Command::new("psql");
        probe.args(["-h", &dir.display().to_string(), "-U", "vitrine", "-d", "postgres", "-qc", "SELECT 1"]);
        if probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success()) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("PostgreSQL did not start within a minute".into())
}

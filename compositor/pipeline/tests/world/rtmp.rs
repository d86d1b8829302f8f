//! RTMP against a real server: it receives, it dies and returns, it reads nothing; keys stay secret.

use crate::common::*;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use vitrine_media::Secret;
use vitrine_pipeline::outputs::{OutputError, OutputKind, OutputState};

/// nginx with its RTMP module, on a port of its own.
struct Nginx {
    peer: Peer,
    port: u16,
    dir: std::path::PathBuf,
}

impl Nginx {
    fn start(dir: &Path, port: u16) -> Option<Self> {
        let module = Path::new("/usr/lib/nginx/modules/ngx_rtmp_module.so");
        if !module.exists() {
            println!("skipped: nginx with its RTMP module is not installed");
            return None;
        }
        let conf = format!(
            "load_module {};\ndaemon off;\nmaster_process off;\nerror_log {dir}/error.log;\npid {dir}/pid;\n\
             events {{ worker_connections 64; }}\n\
             rtmp {{ server {{ listen 127.0.0.1:{port}; ping 2s; ping_timeout 2s;\n\
             application live {{ live on; record all; record_path {dir}; record_suffix -%s.flv; }} }} }}\n",
            module.display(),
            dir = dir.display(),
        );
        let file = dir.join("nginx.conf");
        std::fs::write(&file, conf).unwrap();
        let peer = Self::spawn(dir);
        let nginx = Self { peer, port, dir: dir.to_owned() };
        nginx.wait_up();
        Some(nginx)
    }

    fn spawn(dir: &Path) -> Peer {
        Peer::start(Command::new("/usr/sbin/nginx").arg("-p").arg(dir).arg("-c").arg(dir.join("nginx.conf")))
    }

    fn wait_up(&self) {
        wait_until("nginx", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    fn restart(&mut self) {
        self.peer = Self::spawn(&self.dir);
        self.wait_up();
    }

    fn url(&self) -> Secret {
        Secret::new(format!("rtmp://127.0.0.1:{}/live", self.port))
    }

    /// The server's own recordings, oldest first.
    fn recordings(&self) -> Vec<std::path::PathBuf> {
        let mut all: Vec<_> = std::fs::read_dir(&self.dir)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "flv"))
            .collect();
        all.sort_by_key(|p| std::fs::metadata(p).unwrap().modified().unwrap());
        all
    }
}

fn to(url: Secret, key: &str) -> OutputKind {
    OutputKind::Rtmp { url, key: Some(Secret::new(key.to_owned())) }
}

#[test]
fn a_real_server_receives_and_after_its_death_receives_again_from_a_key_picture() {
    let (_keep, dir) = folder();
    let Some(mut nginx) = Nginx::start(&dir, free_port()) else { return };
    let film = dir.join("safety.mp4");
    let mut studio = Studio::start();
    let record = studio.record(&film);
    let rtmp = studio.output("server", to(nginx.url(), "key-of-the-show"));
    wait_for_live(&rtmp);
    wait_for_live(&record);
    let seen = ffprobe(
        &format!("{}/key-of-the-show", nginx.url().reveal()),
        "stream=codec_name,avg_frame_rate,sample_rate,width",
    );
    for wanted in ["codec_name=h264", "codec_name=aac", "sample_rate=48000", "width=320"] {
        assert!(seen.contains(wanted), "{seen}");
    }
    nginx.peer.kill();
    wait_until("the loss to be noticed", || rtmp.stats().state.word() == "lost");
    studio.pictures(30);
    let before = nginx.recordings().len();
    nginx.restart();
    wait_until("the stream to return", || rtmp.stats().state.word() == "live");
    assert!(rtmp.stats().reconnects >= 1);
    wait_until("a second recording", || nginx.recordings().len() > before);
    studio.pictures(60);
    studio.finish();
    let counts = counts_in(&film);
    assert_consecutive(&counts);
    let last = nginx.recordings().pop().unwrap();
    let first = ffprobe_first_video_flags(&last);
    assert!(first.contains('K'), "the first picture after the return is no key picture: {first}");
    assert_consecutive(&counts_in(&last));
}

fn ffprobe_first_video_flags(path: &Path) -> String {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8_lossy(&out.stdout).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_server_that_accepts_and_never_reads_is_noticed_and_touches_nobody() {
    let (_keep, dir) = folder();
    let hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rtmp://{}/live", hole.local_addr().unwrap());
    let film = dir.join("safety.mp4");
    let mut studio = Studio::start();
    let record = studio.record(&film);
    let rtmp = studio.output("hole", to(Secret::new(url), "key-of-the-hole"));
    wait_for_live(&record);
    let took = wait_until("the black hole to be noticed", || matches!(rtmp.stats().state, OutputState::Lost { .. }));
    assert!(took < Duration::from_secs(15), "{took:?}");
    let stats = rtmp.stats();
    assert_eq!(stats.frames_sent.min(1), 1, "{stats:?}");
    assert!(stats.last_error.is_some(), "{stats:?}");
    studio.finish();
    assert_consecutive(&counts_in(&film));
    let stats = record.stats();
    assert_eq!((stats.frames_dropped, stats.reconnects), (0, 0), "{stats:?}");
}

#[test]
fn a_server_that_stops_reading_in_the_middle_is_noticed() {
    let (_keep, dir) = folder();
    let Some(nginx) = Nginx::start(&dir, free_port()) else { return };
    let mut studio = Studio::start();
    let rtmp = studio.output("server", to(nginx.url(), "key-of-the-stop"));
    wait_for_live(&rtmp);
    nginx.peer.signal("STOP");
    wait_until("the silence to be noticed", || matches!(rtmp.stats().state, OutputState::Lost { .. }));
    assert!(matches!(rtmp.stats().last_error, Some(OutputError::Stalled(_))), "{:?}", rtmp.stats());
    nginx.peer.signal("CONT");
    wait_until("the stream to return", || rtmp.stats().state.word() == "live");
    studio.finish();
}

#[test]
fn a_refusing_server_gives_a_reason_without_the_key() {
    let port = free_port();
    let mut studio = Studio::start();
    let url = Secret::new(format!("rtmp://127.0.0.1:{port}/live"));
    let rtmp = studio.output("nobody", to(url, "live_SECRETKEY_77"));
    wait_until("refusal", || matches!(rtmp.stats().state, OutputState::Lost { .. }));
    let stats = rtmp.stats();
    let said = format!("{stats:?} {}", stats.last_error.clone().unwrap());
    assert!(!said.contains("SECRETKEY"), "{said}");
    assert_eq!(stats.last_error.unwrap().code(), "OUTPUT_FAILED");
    studio.finish();
}

//! A server that dies takes nothing with it, and has the stream again when it is back.

use crate::harness::{Air, Peer, free_port, wait_until};
use crate::pictures::{assert_gapless, counted_clip};
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

/// nginx with its RTMP module, from the Debian packages nginx and libnginx-mod-rtmp.
fn nginx(folder: &Path, port: u16) -> Peer {
    let dir = folder.display();
    let conf = format!(
        "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;\ndaemon off;\nmaster_process off;\n\
         pid {dir}/nginx.pid;\nerror_log {dir}/nginx.log;\nevents {{ worker_connections 64; }}\n\
         rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}\n"
    );
    fs::write(folder.join("nginx.conf"), conf).unwrap();
    let server = Peer::start(Command::new("nginx").arg("-c").arg(folder.join("nginx.conf")));
    wait_until("nginx to listen", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    server
}

/// What ffprobe reads from a stream of the server.
fn streams(url: &str) -> String {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-rw_timeout", "20000000", "-show_entries"])
        .args(["stream=codec_name,r_frame_rate,sample_rate", "-of", "default=noprint_wrappers=1", url])
        .output()
        .unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn show(port: u16) -> String {
    format!(
        "[input.cam]\nkind = \"file\"\nuri = \"cam.mp4\"\nloop = true\n\
         [[scene]]\nname = \"A\"\n[[scene.layer]]\ninput = \"cam\"\n\
         [[output]]\nname = \"stream\"\nkind = \"rtmp\"\nurl = \"rtmp://127.0.0.1:{port}/live/show\"\n\
         video = {{ bitrate_kbps = 1500, preset = \"ultrafast\", keyframe_s = 1 }}\n\
         [[output]]\nname = \"copy\"\nkind = \"record\"\npath = \"copy.mp4\"\n\
         video = {{ bitrate_kbps = 1500, preset = \"ultrafast\", keyframe_s = 1 }}\n"
    )
}

#[test]
fn an_rtmp_server_that_is_gone_for_ten_seconds_has_the_stream_again_and_the_recording_has_all() {
    if !Path::new("/usr/lib/nginx/modules/ngx_rtmp_module.so").exists() {
        println!("skipped: nginx with its RTMP module is not installed (apt: libnginx-mod-rtmp)");
        return;
    }
    let port = free_port();
    let peers = tempfile::tempdir().unwrap();
    let mut server = nginx(peers.path(), port);
    let air = Air::start(&show(port), |folder| counted_clip(&folder.join("cam.mp4"), 0, 300));
    air.wait_for("outputs", "stream", "live");
    air.wait_for("outputs", "copy", "live");
    let url = format!("rtmp://127.0.0.1:{port}/live/show");
    let wanted = ["codec_name=h264", "r_frame_rate=30/1", "codec_name=aac", "sample_rate=48000"];
    let seen = streams(&url);
    assert!(wanted.iter().all(|want| seen.contains(want)), "{seen}");
    server.kill();
    air.wait_for("outputs", "stream", "retrying");
    air.ticks(300);
    let _server = nginx(peers.path(), port);
    let back = air.wait_for("outputs", "stream", "live");
    println!("the stream was back {back:?} after the server");
    let seen = streams(&url);
    assert!(wanted.iter().all(|want| seen.contains(want)), "{seen}");
    let snapshot = air.snapshot();
    let outputs = snapshot["outputs"].as_array().unwrap();
    let copy = outputs.iter().find(|output| output["name"] == "copy").unwrap();
    assert_eq!((&copy["frames_dropped"], &copy["reconnects"]), (&0.into(), &0.into()), "{copy}");
    let folder = air.end();
    assert_gapless(&folder.path().join("copy.mp4"));
}

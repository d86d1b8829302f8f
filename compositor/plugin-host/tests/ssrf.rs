//! Sixty ways to a server that must not be reached: the canary counts its visitors.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

mod common;

use common::{Ear, Given, cache, hostile, id, outside};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use vitrine_plugin_host::{Lookup, PluginGrant, PluginHost, Wire};
use vitrine_show::ports::Answer;

/// Every name leads to this machine; `rebind.test` first to a public address and then here.
struct Liar {
    asked: AtomicUsize,
}

impl Lookup for Liar {
    fn lookup(&self, name: String) -> Answer<'static, std::io::Result<Vec<IpAddr>>> {
        let first = self.asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Box::pin(async move {
            Ok(match name.as_str() {
                // A documentation address: nobody answers there, and it is refused as well.
                "rebind.test" if first => vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))],
                "mixed.test" => vec![local, "::1".parse().unwrap(), "::ffff:127.0.0.1".parse().unwrap()],
                _ => vec![local],
            })
        })
    }
}

fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hits = Arc::new(AtomicUsize::new(0));
    let count = hits.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 1024]);
            let _ =
                stream.write_all(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (port, hits)
}

const HOSTS: [&str; 44] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "allowed.test@127.0.0.1",
    "127.0.0.1%2f@allowed.test",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[ff02::1]",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "127.0.0.1.nip.io",
    "①②⑦.⓪.⓪.①",
    "allowed.test.evil.test",
    "evil-allowed.test",
    "rebind.test",
];

#[test]
fn no_address_leads_to_the_canary() {
    let (port, hits) = canary();
    let mut urls: Vec<String> = HOSTS.iter().map(|h| format!("http://{h}:{port}/")).collect();
    urls.extend(
        ["allowed.test", "sub.allowed.test", "rebind.test", "mixed.test"].map(|h| format!("http://{h}:{port}/x")),
    );
    urls.extend(
        [
            "http://allowed.test/",
            "https://allowed.test/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
        ]
        .map(String::from),
    );
    urls.extend(
        ["http://user:pw@allowed.test", "http://allowed.test#@127.0.0.1", "http://allowed.test\\@127.0.0.1"]
            .map(|u| format!("{u}:{port}/")),
    );
    urls.extend(
        ["http:127.0.0.1", "//127.0.0.1/", "http://", "127.0.0.1", "javascript:1", "http://127。0。0。1/"]
            .map(String::from),
    );
    assert!(urls.len() >= 60, "{}", urls.len());
    // The operator has even granted the wildcard and the literal addresses' names: addresses are still judged.
    let mut extra = String::new();
    for allow in [
        "allowed.test",
        "*.allowed.test",
        "rebind.test",
        "mixed.test",
        "localhost",
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        extra += &format!("[[permission.http]]\nallow = \"http://{allow}:{port}\"\nreason = \"tests\"\n");
    }
    let ear = Arc::new(Ear::default());
    let lookup: Arc<dyn Lookup> = Arc::new(Liar { asked: AtomicUsize::new(0) });
    let wire = Arc::new(Wire::new(&lookup).unwrap());
    let host = PluginHost::start(outside(&ear, wire), cache()).unwrap();
    for (n, some) in urls.chunks(15).enumerate() {
        let name = format!("bad-{n}");
        let settings = serde_json::json!({"mode": "urls", "urls": some.join(" ")});
        host.add(id(&name), common::all(hostile(&extra)), settings);
    }
    for url in &urls {
        let line = ear.line(&format!("info: {}: ", url.replace('\\', "\\\\")).replace("\\\\", ""));
        assert!(line.contains("Denied") || line.contains("Invalid"), "{line}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0, "{:?}", ear.lines());

    // The canary is alive: where the operator opens the private network for one address, it is reached, once; where it
    // points to next is not followed.
    let asked = format!("[[permission.http]]\nallow = \"http://127.0.0.1:{port}\"\nreason = \"tests\"\n");
    let package = hostile(&asked);
    let opened = [format!("http://127.0.0.1:{port}")].into();
    let grant = PluginGrant { private: opened, ..PluginGrant::all(&package.manifest) };
    let url = format!("http://127.0.0.1:{port}/opened");
    host.add(
        id("opened"),
        Box::new(Given(Mutex::new((package, grant)))),
        serde_json::json!({"mode": "urls", "urls": url}),
    );
    assert_eq!(ear.line(&format!("error: {url}: ")), format!("error: {url}: 302"));
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

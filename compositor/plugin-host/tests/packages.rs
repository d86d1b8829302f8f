//! Packages that lie: each is refused with its code, in no time, and nothing is written.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

mod common;

use common::{HOSTILE_TOML, TICKER, component};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use vitrine_plugin_host::{
    Consent, Grants, PluginFolder, PluginGrant, generate_key, load_key, pack, read_package, sha256_hex, sign,
};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn good() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plugin.toml"), HOSTILE_TOML).unwrap();
    pack(folder.path(), &component(TICKER)).unwrap().1
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(*path, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A package of these files with a true list.
fn listed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let lines: Vec<_> = files
        .iter()
        .map(|(path, bytes)| serde_json::json!({"path": path, "size": bytes.len(), "sha256": sha256_hex(bytes)}))
        .collect();
    let contents = serde_json::json!({"format": 1, "files": lines}).to_string();
    let mut all = files.to_vec();
    all.push(("contents.json", contents.as_bytes()));
    zip(&all)
}

fn code(bytes: &[u8]) -> &'static str {
    read_package(bytes).unwrap_err().code()
}

#[test]
fn a_good_package_is_read_and_packing_is_repeatable() {
    let package = read_package(&good()).unwrap();
    assert_eq!(package.manifest.plugin.id, "test.hostile");
    assert_eq!(good(), good());
}

#[test]
fn paths_that_lead_out_or_clash_are_refused() {
    for path in [
        "../evil",
        "a/../../evil",
        "/etc/passwd",
        "C:\\evil",
        "..\\evil",
        "a\\b",
        "a/./b",
        "a//b",
        "nul",
        "assets/CON.png",
        "com1.txt",
        "aux ",
        "a.",
        "assets/\u{202e}gnp.exe",
        "a\0b",
        "a:b",
        "~\u{7f}",
    ] {
        assert_eq!(code(&listed(&[(path, b"x")])), "PACKAGE_PATH", "{path:?}");
    }
    assert_eq!(code(&listed(&[("assets/a.png", b"x"), ("assets/A.png", b"y")])), "PACKAGE_PATH");
    let mut links = ZipWriter::new(Cursor::new(Vec::new()));
    links.add_symlink("assets/link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    assert_eq!(code(&links.finish().unwrap().into_inner()), "PACKAGE_PATH");
}

#[test]
fn bombs_stop_while_streaming() {
    let zeros = vec![0_u8; 8 << 20];
    assert_eq!(code(&listed(&[("assets/zeros", &zeros)])), "PACKAGE_BOMB");
    let many: Vec<(String, Vec<u8>)> = (0..300).map(|n| (format!("assets/{n}"), vec![1])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(p, b)| (p.as_str(), b.as_slice())).collect();
    assert_eq!(code(&listed(&many)), "PACKAGE_TOO_MANY");
    let mut seed = 1_u32;
    let noise: Vec<u8> = (0..9 << 20)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [b'a', b'b'][(seed >> 31) as usize]
        })
        .collect();
    let four: Vec<(String, &[u8])> = (0..4).map(|n| (format!("assets/{n}"), noise.as_slice())).collect();
    let four: Vec<(&str, &[u8])> = four.iter().map(|(p, b)| (p.as_str(), *b)).collect();
    assert_eq!(code(&listed(&four)), "PACKAGE_TOO_LARGE");
}

/// Files that contain each other: each one's data is a stored block around the next one's header, and then the next one's
/// data (Fifield, "A better zip bomb", 2019). All end in the same kernel.
fn overlapping(count: usize) -> Vec<u8> {
    let name = |n: usize| format!("assets/{n:03}");
    let header = |signature: &[u8], n: usize, packed: usize, plain: usize| {
        let mut bytes = signature.to_vec();
        bytes.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(u32::try_from(packed).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(plain).unwrap().to_le_bytes());
        bytes.extend(u16::try_from(name(n).len()).unwrap().to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    };
    let stored = |last: u8, text: &[u8]| {
        let length = u16::try_from(text.len()).unwrap();
        [&[last][..], &length.to_le_bytes(), &(!length).to_le_bytes(), text].concat()
    };
    let (mut data, mut plain, mut places) = (stored(1, &[b'x'; 1_000]), 1_000, Vec::new());
    for n in (0..count).rev() {
        let local = [header(b"PK\x03\x04", n, data.len(), plain), name(n).into_bytes()].concat();
        places.push((n, data.len(), plain));
        let whole = [local.clone(), data].concat();
        data = if n == 0 { whole } else { [stored(0, &local)[..5].to_vec(), whole].concat() };
        plain += local.len();
    }
    let mut archive = data;
    let (start, end) = (archive.len(), places.len());
    for (n, packed, plain) in places.into_iter().rev() {
        let offset = start - packed - 30 - name(n).len();
        archive.extend(b"PK\x01\x02\x14\x00");
        archive.extend(&header(b"", n, packed, plain)[..]);
        archive.extend([0; 10]);
        archive.extend(u32::try_from(offset).unwrap().to_le_bytes());
        archive.extend(name(n).into_bytes());
    }
    let size = u32::try_from(archive.len() - start).unwrap();
    let entries = u16::try_from(end).unwrap().to_le_bytes();
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([entries, entries].concat());
    archive.extend(size.to_le_bytes());
    archive.extend(u32::try_from(start).unwrap().to_le_bytes());
    archive.extend([0, 0]);
    archive
}

#[test]
fn files_that_lie_over_each_other_are_refused() {
    let error = read_package(&overlapping(200)).unwrap_err();
    assert_eq!(error.code(), "PACKAGE_OVERLAP", "{error}");
    let wanted = "`assets/001` lies over another file of the archive; make the package with `vitrine plugin pack`";
    assert_eq!(error.to_string(), wanted);
    assert_eq!(code(&overlapping(1)), "PACKAGE_NOT_ZIP", "one alone lies over nothing; its checksum is wrong");
}

#[test]
fn what_was_not_packed_is_not_believed() {
    assert_eq!(code(b"not a zip"), "PACKAGE_NOT_ZIP");
    assert_eq!(code(&zip(&[("plugin.toml", b"x")])), "PACKAGE_MISSING");
    assert_eq!(code(&listed(&[("plugin.toml", HOSTILE_TOML.as_bytes())])), "PACKAGE_MISSING");
    let list = br#"{"format":1,"files":[{"path":"plugin.toml","size":1,"sha256":"00"}]}"#;
    assert_eq!(code(&zip(&[("plugin.toml", b"x"), ("contents.json", list)])), "PACKAGE_HASH");
    assert_eq!(code(&zip(&[("extra", b"x"), ("contents.json", br#"{"format":1,"files":[]}"#)])), "PACKAGE_UNLISTED");
    let lying = HOSTILE_TOML.replace("[100, 100]", "[100, 100000]");
    assert_eq!(code(&listed(&[("plugin.toml", lying.as_bytes()), ("plugin.wasm", b"x")])), "MANIFEST_VALUE");
    let bytes = good();
    for cut in (0..bytes.len()).step_by(997) {
        assert!(read_package(&bytes[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn a_signature_covers_every_byte_and_binds_the_publisher() {
    let folder = tempfile::tempdir().unwrap();
    let key_at = |name: &str| {
        let (secret, public) = generate_key().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, secret.reveal()).unwrap();
        (load_key(&path).unwrap(), public)
    };
    let ((mine, public), (other, _)) = (key_at("mine"), key_at("other"));
    let signed = sign(&good(), &mine).unwrap();
    assert_eq!(read_package(&signed).unwrap().publisher, public);

    let mut archive = zip::ZipArchive::new(Cursor::new(&signed)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        files.insert(entry.name().unwrap().to_string(), bytes);
    }
    let contents = String::from_utf8(files["contents.json"].clone()).unwrap();
    files.insert("contents.json".into(), contents.replace("\"format\": 1", "\"format\":  1").into_bytes());
    let files: Vec<(&str, &[u8])> = files.iter().map(|(p, b)| (p.as_str(), b.as_slice())).collect();
    assert_eq!(code(&zip(&files)), "PACKAGE_SIGNATURE");

    let plugins = PluginFolder::beside(&folder.path().join("show.toml"));
    let (first, second) = (folder.path().join("a.vpk"), folder.path().join("b.vpk"));
    std::fs::write(&first, &signed).unwrap();
    std::fs::write(&second, sign(&good(), &other).unwrap()).unwrap();
    let installed = plugins.install(&first).unwrap();
    assert!(matches!(&installed.consent, Consent::Missing(asks) if asks[0].key == "overlay card"));
    let mut grants = Grants::default();
    let granted = ["overlay card".to_owned()].into();
    grants.plugin.insert("test.hostile".into(), PluginGrant { publisher: public, granted, ..PluginGrant::default() });
    grants.save(&plugins.grants_path()).unwrap();
    assert_eq!(plugins.install(&first).unwrap().consent, Consent::Full);
    assert_eq!(plugins.install(&second).unwrap_err().code(), "PLUGIN_PUBLISHER_CHANGED");
    assert_eq!(plugins.read("hostile").unwrap().publisher, installed.package.publisher, "the old one stays");
}

#[test]
fn what_is_refused_leaves_no_trace_and_says_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let plugins = PluginFolder::beside(&place.path().join("show/show.toml"));
    let file = place.path().join("wicked.vpk");
    let zeros = vec![0_u8; 8 << 20];
    let list = br#"{"format":1,"files":[{"path":"plugin.toml","size":1,"sha256":"00"}]}"#;
    let lying = HOSTILE_TOML.replace("api = \"1.0\"", "api = \"9.0\"");
    let wicked: [(Vec<u8>, &str, &str); 6] = [
        (listed(&[("../../evil", b"x")]), "PACKAGE_PATH", "rename the file and pack again"),
        (listed(&[("/tmp/evil", b"x")]), "PACKAGE_PATH", "rename the file and pack again"),
        (listed(&[("assets/zeros", &zeros)]), "PACKAGE_BOMB", "such archives are refused"),
        (zip(&[("plugin.toml", b"x"), ("contents.json", list)]), "PACKAGE_HASH", "get the package again"),
        (b"not a zip".to_vec(), "PACKAGE_NOT_ZIP", "vitrine plugin pack"),
        (listed(&[("plugin.toml", lying.as_bytes()), ("plugin.wasm", b"x")]), "MANIFEST_", ""),
    ];
    for (bytes, code, cure) in wicked {
        std::fs::write(&file, bytes).unwrap();
        let error = plugins.install(&file).unwrap_err();
        assert!(error.code().starts_with(code), "{error} ({})", error.code());
        assert!(error.to_string().contains(cure), "{error}");
        let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["wicked.vpk"], "{code}");
    }
}

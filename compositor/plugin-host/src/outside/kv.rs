//! Stores of plugins' keys and bytes: in memory for tests, and in one append-only file each.

use crate::outside::KvStore;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// A value and the count of its changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The bytes.
    pub value: Vec<u8>,
    /// From 1.
    pub version: u64,
}

/// Why the store failed.
#[derive(Debug, Error)]
pub enum KvError {
    /// The file system said no.
    #[error("the plugin's store can't be used: {0}; check the disk and the rights of the data folder")]
    Io(#[from] io::Error),
}

type Map = BTreeMap<String, Stored>;

fn keys_of(map: &Map, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
    let start = match after {
        Some(after) if after >= prefix => Bound::Excluded(after),
        _ => Bound::Included(prefix),
    };
    let range = map.range::<str, _>((start, Bound::Unbounded));
    range.map(|(k, _)| k).take_while(|k| k.starts_with(prefix)).take(limit).cloned().collect()
}

fn bytes_of(map: &Map) -> usize {
    map.iter().map(|(k, v)| k.len() + v.value.len()).sum()
}

/// Keys and bytes that end with the process.
#[derive(Default)]
pub struct MemoryKv {
    maps: Mutex<BTreeMap<String, Map>>,
}

impl MemoryKv {
    fn with<T>(&self, package: &str, work: impl FnOnce(&mut Map) -> T) -> T {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        work(maps.entry(package.to_owned()).or_default())
    }
}

impl KvStore for MemoryKv {
    fn get(&self, package: &str, key: &str) -> Result<Option<Stored>, KvError> {
        Ok(self.with(package, |map| map.get(key).cloned()))
    }

    fn put(&self, package: &str, key: &str, value: Option<Stored>) -> Result<(), KvError> {
        self.with(package, |map| match value {
            Some(value) => map.insert(key.to_owned(), value),
            None => map.remove(key),
        });
        Ok(())
    }

    fn keys(&self, package: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, KvError> {
        Ok(self.with(package, |map| keys_of(map, prefix, after, limit)))
    }

    fn bytes(&self, package: &str) -> Result<usize, KvError> {
        Ok(self.with(package, |map| bytes_of(map)))
    }
}

/// One line of a store's file: a key's new value, or that it is gone.
#[derive(Serialize, Deserialize)]
struct Line {
    k: String,
    v: Option<String>,
    n: u64,
}

struct Opened {
    map: Map,
    file: File,
    lines: usize,
}

/// Keys and bytes in `FOLDER/PACKAGE.kv`, one JSON line a change; a torn last line is ignored.
pub struct FileKv {
    folder: PathBuf,
    open: Mutex<BTreeMap<String, Opened>>,
}

impl FileKv {
    /// A store in this folder, which is made.
    ///
    /// # Errors
    /// The file system's, when the folder can't be made.
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), open: Mutex::default() })
    }

    fn opened<'a>(
        &self,
        open: &'a mut MutexGuard<'_, BTreeMap<String, Opened>>,
        package: &str,
    ) -> Result<&'a mut Opened, KvError> {
        if !open.contains_key(package) {
            let opened = load(&self.folder.join(format!("{package}.kv")))?;
            open.insert(package.to_owned(), opened);
        }
        open.get_mut(package).ok_or_else(|| KvError::Io(io::Error::other("not open")))
    }

    fn with<T>(&self, package: &str, work: impl FnOnce(&mut Opened) -> Result<T, KvError>) -> Result<T, KvError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        work(self.opened(&mut open, package)?)
    }
}

fn load(path: &Path) -> Result<Opened, KvError> {
    let mut map = Map::new();
    if let Ok(file) = File::open(path) {
        for text in BufReader::new(file).lines() {
            let Ok(line) = serde_json::from_str::<Line>(&text?) else { continue };
            match line.v.map(|v| STANDARD.decode(v)) {
                Some(Ok(value)) => map.insert(line.k, Stored { value, version: line.n }),
                Some(Err(_)) => continue,
                None => map.remove(&line.k),
            };
        }
    }
    // Written anew at each start, so the file holds what lives and little more.
    let fresh = path.with_extension("kv.new");
    let mut file = File::create(&fresh)?;
    for (key, stored) in &map {
        write_line(&mut file, key, Some(stored))?;
    }
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    let file = OpenOptions::new().append(true).open(path)?;
    Ok(Opened { lines: map.len(), map, file })
}

fn write_line(file: &mut File, key: &str, stored: Option<&Stored>) -> io::Result<()> {
    let line =
        Line { k: key.to_owned(), v: stored.map(|s| STANDARD.encode(&s.value)), n: stored.map_or(0, |s| s.version) };
    let mut bytes = serde_json::to_vec(&line)?;
    bytes.push(b'\n');
    file.write_all(&bytes)
}

impl KvStore for FileKv {
    fn get(&self, package: &str, key: &str) -> Result<Option<Stored>, KvError> {
        self.with(package, |o| Ok(o.map.get(key).cloned()))
    }

    fn put(&self, package: &str, key: &str, value: Option<Stored>) -> Result<(), KvError> {
        let path = self.folder.join(format!("{package}.kv"));
        self.with(package, |o| {
            write_line(&mut o.file, key, value.as_ref())?;
            o.lines += 1;
            match value {
                Some(value) => o.map.insert(key.to_owned(), value),
                None => o.map.remove(key),
            };
            if o.lines > 1_000 + 4 * o.map.len() {
                *o = load(&path)?;
            }
            Ok(())
        })
    }

    fn keys(&self, package: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, KvError> {
        self.with(package, |o| Ok(keys_of(&o.map, prefix, after, limit)))
    }

    fn bytes(&self, package: &str) -> Result<usize, KvError> {
        self.with(package, |o| Ok(bytes_of(&o.map)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_store_survives_a_restart_and_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let kv = FileKv::new(folder.path()).unwrap();
        let stored = |v: &str, version| Some(Stored { value: v.into(), version });
        kv.put("a.b", "one", stored("1", 1)).unwrap();
        kv.put("a.b", "two", stored("2", 1)).unwrap();
        kv.put("a.b", "two", None).unwrap();
        kv.put("other.c", "one", stored("x", 7)).unwrap();
        drop(kv);
        let path = folder.path().join("a.b.kv");
        fs::write(&path, fs::read_to_string(&path).unwrap() + "{\"k\":\"tor").unwrap();
        let kv = FileKv::new(folder.path()).unwrap();
        assert_eq!(kv.keys("a.b", "", None, 10).unwrap(), ["one"]);
        assert_eq!(kv.get("a.b", "one").unwrap(), stored("1", 1));
        assert_eq!(kv.get("other.c", "one").unwrap(), stored("x", 7));
    }

    #[test]
    fn packages_with_the_same_keys_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let stores: [Box<dyn KvStore>; 2] =
            [Box::new(MemoryKv::default()), Box::new(FileKv::new(folder.path()).unwrap())];
        for kv in stores {
            kv.put("org.a", "key", Some(Stored { value: b"mine".to_vec(), version: 1 })).unwrap();
            for other in ["org.b", "org.a.b", "org", "org.A"] {
                assert_eq!(kv.get(other, "key").ok().flatten(), None, "{other}");
            }
            assert_eq!(kv.get("org.a", "key").unwrap().unwrap().value, b"mine");
        }
    }
}

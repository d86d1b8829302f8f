//! What each kind of thread of this process costs, as the kernel counts it.

use std::collections::BTreeMap;
use std::fs;

/// Processor seconds by kind of thread, the numbers of many alike taken off their names.
pub type Threads = BTreeMap<String, f64>;

/// Processor seconds that the threads of this process have used so far. Threads that have ended are not in it.
pub fn now() -> Threads {
    let mut all = Threads::new();
    for entry in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        if let Some((name, seconds)) = read(&stat) {
            *all.entry(name).or_default() += seconds;
        }
    }
    all
}

/// What was used between the two, the dearest first.
pub fn between(before: &Threads, after: &Threads) -> Vec<(String, f64)> {
    let used = |(name, seconds): (&String, &f64)| (name.clone(), seconds - before.get(name).unwrap_or(&0.0));
    let mut all: Vec<_> = after.iter().map(used).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

/// Name and processor seconds in a line of `/proc/<pid>/task/<tid>/stat` (proc(5): fields 2, 14 and 15).
fn read(stat: &str) -> Option<(String, f64)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let mut fields = tail.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    let seconds = (f64::from(ticks()?) + f64::from(ticks()?)) / 100.0;
    let kind: String = name.chars().filter(|c| !c.is_ascii_digit()).collect();
    Some((kind, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_s_name_may_hold_anything() {
        let stat = "12 (cam0: (src)) S 1 2 3 0 -1 64 0 0 0 0 150 50 0 0 20 0 9 0 100 0 0";
        assert_eq!(read(stat), Some(("cam: (src)".to_owned(), 2.0)));
        assert_eq!(read("nonsense"), None);
    }
}

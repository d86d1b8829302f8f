//! The plugins of a running show, kept in step with the show file, the packages beside it and their grants.
//!
//! ```text
//! show file, plugins/*.vpk, plugins/grants.toml ──look──► Seen ──steps──► add / remove / reload / settings ──► host
//! ```

use crate::give_back::{GiveBack, give_back};
use crate::proposals::ToShow;
use crate::studio::Studio;
use crate::watch::{Stamp, stamp};
use crate::wiring;
use anyhow::{Context, anyhow};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use vitrine_commerce::{ShopView, ShowId};
use vitrine_media::{Lane, LaneStats, PluginId, Popped, ShowTime};
use vitrine_plugin_host::{
    Compiler, FileKv, FolderLogs, Grants, LanFinder, Lookup, Outside, PluginFolder, PluginGrant, PluginHost,
    SystemClock, SystemDatagrams, SystemLookup, Transport, Wire,
};
use vitrine_show::ports::plugins::{Event, Order, PluginStatus, Plugins};
use vitrine_show::ports::shop::{News, OrderQuery, Shop};

/// Orders from before the start that plugins can read.
const ORDERS_KNOWN: u32 = 100;
/// How long the thread that tells the plugins waits for news before it looks again whether there is an end.
const NEWS_PATIENCE: Duration = Duration::from_secs(5);
/// How often the folder is looked at.
const EVERY: Duration = Duration::from_millis(250);

/// The program with the compiler and the author's tools, beside this one: the live program carries no compiler.
///
/// # Errors
/// When this program can't find itself.
pub fn tools() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("can't find this program")?;
    Ok(program.with_file_name("vitrine-plugin"))
}

/// What there is to follow.
#[derive(Clone, Default, PartialEq)]
struct Seen {
    /// The show file's plugins and their settings.
    wanted: BTreeMap<PluginId, serde_json::Value>,
    /// The package of each, if it is installed.
    packages: BTreeMap<PluginId, Stamp>,
    /// The file of grants.
    grants_file: Option<Stamp>,
    /// What it says, by package id.
    grants: BTreeMap<String, PluginGrant>,
}

/// What a change means for one plugin.
#[derive(Debug, PartialEq)]
enum Step {
    Add(PluginId),
    Remove(PluginId),
    Reload(PluginId),
    Settings(PluginId),
}

/// What has to be done between two looks. `package` gives the package id of a plugin that has been loaded.
fn steps(before: &Seen, now: &Seen, package: impl Fn(&PluginId) -> Option<String>) -> Vec<Step> {
    let mut steps: Vec<Step> =
        before.wanted.keys().filter(|name| !now.wanted.contains_key(*name)).cloned().map(Step::Remove).collect();
    for (name, settings) in &now.wanted {
        let Some(old) = before.wanted.get(name) else {
            steps.push(Step::Add(name.clone()));
            continue;
        };
        if settings != old {
            steps.push(Step::Settings(name.clone()));
        }
        // A plugin that could not be loaded yet may wait for any grant.
        let regranted = match package(name) {
            Some(id) => before.grants.get(&id) != now.grants.get(&id),
            None => before.grants != now.grants,
        };
        match (before.packages.get(name), now.packages.get(name)) {
            // Added anew, so that the console says what is missing.
            (Some(_), None) => steps.push(Step::Add(name.clone())),
            (old, new) if old != new || regranted => steps.push(Step::Reload(name.clone())),
            _ => {}
        }
    }
    steps
}

/// The plugins of a running show.
pub struct Guests {
    studio: Weak<Studio>,
    folder: PluginFolder,
    transport: OnceLock<Arc<dyn Transport>>,
    host: OnceLock<Arc<PluginHost>>,
    window: OnceLock<Window>,
    news: Lane<News>,
    seen: Mutex<(ShowTime, Seen)>,
    back: Mutex<GiveBack>,
}

impl Guests {
    /// None yet; [`Guests::follow`] starts them.
    pub fn new(studio: &Arc<Studio>) -> Self {
        Self {
            studio: Arc::downgrade(studio),
            folder: PluginFolder::beside(&studio.path),
            transport: OnceLock::new(),
            host: OnceLock::new(),
            window: OnceLock::new(),
            news: wiring::shop_news(),
            seen: Mutex::default(),
            back: Mutex::default(),
        }
    }

    /// Has requests of plugins go this way and not onto the wire: a benchmark makes its own net. Said before the first
    /// plugin is added; later words are not heard.
    pub fn dial(&self, transport: Arc<dyn Transport>) {
        let _ = self.transport.set(transport);
    }

    /// The show, while it is on air.
    pub fn studio(&self) -> Option<Arc<Studio>> {
        self.studio.upgrade()
    }

    /// Every plugin and how it does.
    pub fn list(&self) -> Vec<PluginStatus> {
        self.host.get().map(|host| host.list()).unwrap_or_default()
    }

    /// What the shop did and is yet to be told to the plugins.
    pub fn news(&self) -> LaneStats {
        self.news.stats()
    }

    /// The plugins, once the show has named one.
    pub fn host(&self) -> Option<Arc<PluginHost>> {
        self.host.get().cloned()
    }

    /// Looks whether show file, packages or grants changed, and does what that means. Called by the `show` thread; a
    /// look costs a few file times.
    pub fn follow(&self, now: ShowTime) {
        let Some(studio) = self.studio.upgrade() else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(seen.0) < EVERY && seen.0 != ShowTime::ZERO {
            return;
        }
        let next = self.look(&studio, &seen.1);
        let statuses = self.list();
        let package = |name: &PluginId| {
            statuses.iter().find(|s| s.plugin == *name).map(|s| s.package.clone()).filter(|id| !id.is_empty())
        };
        for step in steps(&seen.1, &next, package) {
            self.take(&studio, &step, &next);
        }
        *seen = (now, next);
        let turns = self.host.get().map_or(0, |host| host.turns());
        if self.back.lock().unwrap_or_else(PoisonError::into_inner).due(turns, now) {
            give_back();
        }
    }

    fn look(&self, studio: &Studio, before: &Seen) -> Seen {
        let file = Arc::clone(studio.parts().run.file());
        let named = file.plugins.0.iter();
        let wanted: BTreeMap<_, _> =
            named.map(|(name, set)| (name.clone(), serde_json::Value::Object(set.0.clone()))).collect();
        if wanted.is_empty() {
            return Seen::default();
        }
        let path = |name: &PluginId| self.folder.package_path(name.as_str());
        let packages = wanted.keys().filter_map(|name| Some((name.clone(), stamp(&path(name))?))).collect();
        let grants_file = stamp(&self.folder.grants_path());
        let grants = if grants_file == before.grants_file {
            before.grants.clone()
        } else {
            match Grants::load(&self.folder.grants_path()) {
                Ok(grants) => grants.plugin,
                Err(why) => {
                    tracing::error!("grants not taken: {why}");
                    before.grants.clone()
                }
            }
        };
        Seen { wanted, packages, grants_file, grants }
    }

    fn take(&self, studio: &Arc<Studio>, step: &Step, seen: &Seen) {
        let host = match self.host.get() {
            Some(host) => Arc::clone(host),
            None => match self.start(studio) {
                Ok(host) => host,
                Err(why) => {
                    tracing::error!("the show runs without plugins: {why:#}");
                    return;
                }
            },
        };
        match step {
            Step::Add(name) => {
                let settings = seen.wanted.get(name).cloned().unwrap_or_default();
                host.add(name.clone(), self.folder.source(name.as_str()), settings);
            }
            Step::Remove(name) => {
                host.remove(name);
            }
            Step::Reload(name) => {
                host.order(name, Order::Reload);
            }
            Step::Settings(name) => {
                let settings = seen.wanted.get(name).cloned().unwrap_or_default();
                if let Err(why) = host.set_settings(name, settings) {
                    tracing::error!(plugin = %name, "settings not taken: {why}");
                }
            }
        }
    }

    /// Ends them all.
    pub fn end(&self) {
        self.news.close();
        if let Some(host) = self.host.get() {
            host.shutdown();
        }
    }

    fn start(&self, studio: &Arc<Studio>) -> anyhow::Result<Arc<PluginHost>> {
        let transport = match self.transport.get() {
            Some(transport) => Arc::clone(transport),
            None => {
                let lookup: Arc<dyn Lookup> = Arc::new(SystemLookup);
                Arc::new(Wire::new(&lookup).map_err(|why| anyhow!(why))?)
            }
        };
        let outside = Outside {
            clock: Arc::new(SystemClock::start()),
            proposals: Arc::new(ToShow(Arc::downgrade(studio))),
            transport,
            datagrams: Arc::new(SystemDatagrams::open()),
            finder: Arc::new(LanFinder),
            kv: Arc::new(FileKv::new(&self.folder.data()).context("can't open the plugins' data")?),
            secrets: Arc::new(self.folder.clone()),
            log: Arc::new(FolderLogs::new(&self.folder)),
        };
        let compiler = Compiler::Process { program: tools()?, args: vec!["compile".into()] };
        let host = Arc::new(PluginHost::start(outside, self.folder.cache(compiler)?)?);
        // Both are set once, here: `follow` holds the lock that lets one thread at a time come so far.
        let _ = self.host.set(Arc::clone(&host));
        let _ = studio.parts().assets.plugins.set(Arc::clone(&host) as Arc<dyn Plugins>);
        if let Some(window) = self.window.get() {
            window.open(&host);
        }
        Ok(host)
    }

    /// From now on plugins see the shop's window, its polls and its orders. `address` is where viewers reach the pages;
    /// `tasks` is where the shop is asked.
    pub fn sell(self: &Arc<Self>, shop: &Arc<dyn Shop>, show: ShowId, address: String, tasks: Handle) {
        let window = Window { shop: Arc::clone(shop), show, address, tasks };
        if let Some(host) = self.host.get() {
            window.open(host);
        }
        // Set once: a show has one shop.
        let _ = self.window.set(window);
        let guests = Arc::clone(self);
        let telling = wiring::start_own("guests", move || guests.tell_news());
        if let Err(why) = telling {
            tracing::error!("plugins hear nothing of the shop: {why:#}");
            return;
        }
        let guests = Arc::clone(self);
        shop.listen(Arc::new(move |news| {
            // The store's own thread only hands over: buyers wait for it. A show without plugins has nobody to tell.
            if guests.host.get().is_some() && guests.news.push(news.clone()) == Ok(false) {
                tracing::warn!(
                    code = "PLUGINS_BEHIND",
                    "plugins missed what a commit of the shop did: they are too busy"
                );
            }
        }));
    }

    /// Tells the plugins what the shop did, until the end. Of what it looks like, only the newest is told.
    fn tell_news(&self) {
        let mut waiting = None;
        loop {
            let news = match waiting.take().map_or_else(|| self.news.pop(NEWS_PATIENCE), Popped::Next) {
                Popped::Next(news) => news,
                Popped::Empty => continue,
                Popped::Closed => return,
            };
            let (Some(host), Some(window)) = (self.host.get(), self.window.get()) else { continue };
            window.tell_orders(host, &news.events);
            match self.news.pop(Duration::ZERO) {
                Popped::Next(next) => waiting = Some(next),
                Popped::Empty | Popped::Closed => window.tell(host, &news.view),
            }
        }
    }
}

/// The shop as plugins see it.
struct Window {
    shop: Arc<dyn Shop>,
    show: ShowId,
    address: String,
    tasks: Handle,
}

impl Window {
    /// Shows the shop as it stands to plugins that are yet to be told: to read, not as news.
    fn open(&self, host: &Arc<PluginHost>) {
        self.tell(host, &self.shop.view());
        let (host, shop, show) = (Arc::clone(host), Arc::clone(&self.shop), self.show.clone());
        self.tasks.spawn(async move {
            let newest = OrderQuery { limit: ORDERS_KNOWN, ..OrderQuery::default() };
            match shop.orders(newest).await {
                Ok(orders) => {
                    let ours = orders.iter().filter(|order| order.show == show);
                    host.remember_orders(&ours.filter_map(vitrine_show::goods::order).collect::<Vec<_>>());
                }
                Err(why) => tracing::warn!("plugins don't know the orders before this start: {why}"),
            }
        });
    }

    /// What changed is copied into mailboxes, nothing is waited for.
    fn tell_orders(&self, host: &PluginHost, events: &[vitrine_commerce::Event]) {
        let orders = vitrine_show::goods::orders(events, &self.show);
        if !orders.is_empty() {
            host.tell(Event::Orders(orders.into()));
        }
    }

    fn tell(&self, host: &PluginHost, view: &ShopView) {
        let window = vitrine_show::goods::window(view, &self.show, view.at_ms, &self.address);
        host.tell(Event::Shop(Arc::new(window)));
        if let Some(poll) = vitrine_show::goods::poll(view, &self.show) {
            host.tell(Event::Poll(Arc::new(poll)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn id(name: &str) -> PluginId {
        PluginId::new(name).unwrap()
    }

    fn seen(name: &str, threshold: u32, installed: Option<u64>) -> Seen {
        let wanted = BTreeMap::from([(id(name), serde_json::json!({ "threshold": threshold }))]);
        let packages = installed.map(|len| (id(name), (SystemTime::UNIX_EPOCH, len))).into_iter().collect();
        Seen { wanted, packages, ..Seen::default() }
    }

    #[test]
    fn what_the_show_file_says_comes_and_goes() {
        let (none, one) = (Seen::default(), seen("polls", 1, Some(9)));
        assert_eq!(steps(&none, &one, |_| None), [Step::Add(id("polls"))]);
        assert_eq!(steps(&one, &none, |_| None), [Step::Remove(id("polls"))]);
        assert_eq!(steps(&one, &seen("polls", 2, Some(9)), |_| None), [Step::Settings(id("polls"))]);
        assert_eq!(steps(&one, &one.clone(), |_| None), []);
    }

    #[test]
    fn a_package_is_reloaded_when_it_changes_and_missed_when_it_goes() {
        let (none, one) = (seen("polls", 1, None), seen("polls", 1, Some(9)));
        assert_eq!(steps(&none, &one, |_| None), [Step::Reload(id("polls"))]);
        assert_eq!(steps(&one, &seen("polls", 1, Some(10)), |_| None), [Step::Reload(id("polls"))]);
        assert_eq!(steps(&one, &none, |_| None), [Step::Add(id("polls"))]);
    }

    #[test]
    fn a_grant_reloads_whom_it_concerns() {
        let before = seen("polls", 1, Some(9));
        let mut now = before.clone();
        now.grants.insert("org.polls".to_owned(), PluginGrant::default());
        assert_eq!(steps(&before, &now, |_| Some("org.other".to_owned())), []);
        assert_eq!(steps(&before, &now, |_| Some("org.polls".to_owned())), [Step::Reload(id("polls"))]);
        assert_eq!(steps(&before, &now, |_| None), [Step::Reload(id("polls"))]);
    }
}

//! One deny test for each power that needs no guest to be asked: the refusals' exact texts.

use super::{Means, Powers};
use crate::bindings::Fault;
use crate::grants::PluginGrant;
use crate::mailbox::Mailbox;
use crate::outside::{
    MemoryKv, NoFinder, NoLog, Outgoing, Outside, SecretSource, SystemClock, SystemDatagrams, Transport, View,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use vitrine_media::{PluginId, Secret};
use vitrine_plugin_manifest::Manifest;
use vitrine_show::ports::Answer;
use vitrine_show::ports::plugins::{Proposals, Proposed};

struct Deaf;

impl Proposals for Deaf {
    fn propose(&self, _: &PluginId, _: Proposed) -> bool {
        true
    }
}

impl Transport for Deaf {
    fn send(&self, _: Outgoing) -> Answer<'_, Result<crate::outside::Incoming, Fault>> {
        Box::pin(async { Ok(crate::outside::Incoming { status: 200, ..Default::default() }) })
    }
}

impl SecretSource for Deaf {
    fn secret(&self, _: &str, name: &str) -> Option<Secret> {
        (name == "set").then(|| Secret::new("s3cret".into()))
    }
}

fn powers(permission: &str, granted: &[&str]) -> Powers {
    let text = format!(
        "manifest = 1\nexports = [\"lifecycle\"]\n[plugin]\nid = \"test.p\"\nname = \"P\"\nversion = \"1.0.0\"\napi = \"1.0\"\n{permission}"
    );
    let manifest = Manifest::parse(&text).unwrap();
    let grant = PluginGrant { granted: granted.iter().map(|g| (*g).to_owned()).collect(), ..PluginGrant::default() };
    let outside = Arc::new(Outside {
        clock: Arc::new(SystemClock::start()),
        proposals: Arc::new(Deaf),
        transport: Arc::new(Deaf),
        datagrams: Arc::new(SystemDatagrams::open()),
        finder: Arc::new(NoFinder),
        kv: Arc::new(MemoryKv::default()),
        secrets: Arc::new(Deaf),
        log: Arc::new(NoLog),
    });
    let plugin = PluginId::new("p").unwrap();
    let means = Means {
        plugin: &plugin,
        manifest: &manifest,
        grant: &grant,
        outside: &outside,
        view: &Arc::new(View::default()),
        mailbox: &Arc::new(Mailbox::default()),
        files: &Arc::new(BTreeMap::new()),
    };
    Powers::new(&means, None)
}

fn denied<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    match result {
        Err(Fault::Denied(text)) => text,
        other => format!("not denied: {other:?}"),
    }
}

#[test]
fn udp_is_denied_until_asked_granted_and_bound() {
    let ask = "[[permission.udp]]\nendpoint = \"rig\"\nprotocol = \"art-net\"\nreason = \"light\"\n";
    let wanted = "plugin.toml does not ask for `udp rig`; add: [[permission.udp]] endpoint = \"rig\", protocol = \"…\", reason = \"…\"";
    assert_eq!(denied(powers("", &[]).udp.send("rig", b"x")), wanted);
    let wanted = "`udp rig` is not granted; the operator can: vitrine plugin grant test.p \"udp rig\"";
    assert_eq!(denied(powers(ask, &[]).udp.send("rig", b"x")), wanted);
    let wanted = "the endpoint `rig` has no address; the operator sets udp.rig in grants.toml";
    assert_eq!(powers(ask, &["udp rig"]).udp.send("rig", b"x"), Err(Fault::NotConfigured(wanted.into())));
}

#[test]
fn a_secret_that_may_be_used_may_still_not_be_read() {
    let ask = "[permission]\nsecrets = { use = [\"set\", \"unset\"], reason = \"signs\" }\n";
    let p = powers(ask, &["secrets use set", "secrets use unset"]);
    assert!(p.secrets.used("set").is_ok());
    let wanted =
        "plugin.toml does not ask for `secrets reveal set`; add: [permission] secrets = { reveal = [\"set\"], … }";
    assert_eq!(denied(p.secrets.reveal("set")), wanted);
    let wanted = "plugin.toml does not ask for `secrets use other`; add: [permission] secrets = { use = [\"other\"], reason = \"…\" }";
    assert_eq!(denied(p.secrets.used("other").map(drop)), wanted);
    assert!(matches!(p.secrets.used("unset"), Err(Fault::NotConfigured(_))));
}

#[test]
fn devices_orders_polls_and_shop_are_denied_until_granted() {
    let p = powers("", &[]);
    let wanted = "plugin.toml does not ask for `devices artnet-node`; add: [permission] devices = { allow = [\"artnet-node\"], reason = \"…\" }";
    assert_eq!(denied(p.devices.check("artnet-node")), wanted);
    let wanted =
        "plugin.toml does not ask for `orders read`; add: [permission] orders = { allow = [\"read\"], reason = \"…\" }";
    assert_eq!(denied(p.orders.recent(1)), wanted);
    let wanted =
        "plugin.toml does not ask for `polls read`; add: [permission] polls = { allow = [\"read\"], reason = \"…\" }";
    assert_eq!(denied(p.polls.current()), wanted);
    let asked = powers("[permission]\npolls = { allow = [\"propose\"], reason = \"asks\" }\n", &[]);
    let wanted = "`polls propose` is not granted; the operator can: vitrine plugin grant test.p \"polls propose\"";
    assert_eq!(denied(asked.polls.propose("?".into(), vec!["a".into(), "b".into()], 30)), wanted);
}

#[tokio::test]
async fn assets_go_the_way_of_http_and_must_be_pictures() {
    let wanted = "plugin.toml does not ask for `http GET https://cdn.test`; add: [[permission.http]] allow = \"https://cdn.test\", methods = [\"GET\"], reason = \"…\"";
    assert_eq!(denied(powers("", &[]).assets.fetch("https://cdn.test/a.png").await), wanted);
    let ask = "[[permission.http]]\nallow = \"https://cdn.test\"\nreason = \"pictures\"\n";
    let p = powers(ask, &["http GET https://cdn.test"]);
    let said = p.assets.fetch("https://cdn.test/a.png").await;
    assert_eq!(said, Err(Fault::Upstream("the address did not answer with a PNG or JPEG".into())));
}

#[test]
fn kv_keeps_to_its_room_its_versions_and_itself() {
    let p = powers("[permission]\nkv = { kib = 1, reason = \"counts\" }\n", &["kv 1"]);
    assert_eq!(p.kv.increment("n", 5), Ok(5));
    assert_eq!(p.kv.increment("n", -7), Ok(-2));
    assert_eq!(p.kv.write("a", Some(0), |_| Ok(vec![1])), Ok(1));
    assert_eq!(p.kv.write("a", Some(0), |_| Ok(vec![2])), Err(Fault::Invalid("the version is 1, not 0".into())));
    let full = p.kv.write("b", None, |_| Ok(vec![0; 1024]));
    assert_eq!(full, Err(Fault::Invalid("the 1 KiB of this plugin's store are full; delete something".into())));
    assert_eq!(
        denied(powers("", &[]).kv.get("a")),
        "plugin.toml does not ask for `kv 0`; add: [permission] kv = { kib = 64, reason = \"…\" }"
    );
}

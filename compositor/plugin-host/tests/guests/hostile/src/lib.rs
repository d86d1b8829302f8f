//! Does whatever its settings say that it should not.

use vitrine_plugin::overlay::{BarNode, Frame, Layer as Raw, Node, NumSrc, Op, Paint, Shape};
use vitrine_plugin::x_payment_provider::{Checkout, NextStep, PaymentState};
use vitrine_plugin::{
    Fault, Layer, Money, PaymentProvider, Plugin, Result, Scene, Start, at, chat, export, http, kv, log, settings, shop,
    system, telemetry, timers,
};

struct Hostile {
    mode: String,
    layer: Layer,
}

fn mode() -> String {
    let json = settings::get_json();
    json.split("\"mode\":\"").nth(1).and_then(|r| r.split('"').next()).unwrap_or("none").to_owned()
}

fn node(id: u32, x: f32) -> Node {
    let paint = || Paint::Token("ink".to_owned());
    let bar = BarNode { value: NumSrc::Fixed(0.5), fg: paint(), bg: paint(), radius: 0.0 };
    Node { id, parent: None, z: 0, frame: Frame { x, y: 0.0, w: 10.0, h: 10.0 }, opacity: 1.0, shape: Shape::Bar(bar) }
}

fn deep(n: u64) -> u64 {
    let page = core::hint::black_box([n; 512]);
    if n == 0 { page[3] } else { deep(n - 1) + page[(n % 512) as usize] }
}

fn tell<T>(what: &str, result: Result<T>) {
    match result {
        Ok(_) => log::info(&format!("{what}: taken")),
        Err(fault) => {
            telemetry::count("refused", 1);
            log::info(&format!("{what}: {fault:?}"));
        }
    }
}

fn request(url: &str) -> http::Request {
    http::Request { method: "GET".into(), url: url.into(), headers: vec![], body: vec![], timeout_ms: None, idempotency_key: None }
}

impl Hostile {
    fn misbehave(&self) -> Result<()> {
        match self.mode.as_str() {
            "loop" => loop {
                core::hint::black_box(());
            },
            "memory" => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(vec![7_u8; 1 << 20]);
                    core::hint::black_box(&hoard);
                }
            }
            "stack" => drop(core::hint::black_box(deep(u64::MAX))),
            "panic" => panic!("on purpose"),
            "logs" => (0..5_000).for_each(|n| log::info(&format!("line {n}\u{1b}[31m\nforged: line"))),
            "calls" => loop {
                system::now();
            },
            "big" => log::info(&"x".repeat(5 << 20)),
            "long-line" => log::info(&"x".repeat(1 << 20)),
            "sleep" => tell("slow", http::send(&request("http://slow.test/"))),
            "overlays" => self.overlays(),
            "numbers" => self.on_raw(Self::numbers),
            "nodes" => self.on_raw(Self::nodes),
            "text" => self.texts(),
            "powers" => self.powers(),
            "urls" => self.urls(),
            _ => {}
        }
        Ok(())
    }

    fn on_raw(&self, wickedness: impl Fn(&Self, &Raw)) {
        match Raw::open("card") {
            Ok(raw) => wickedness(self, &raw),
            Err(fault) => log::info(&format!("{fault:?}")),
        }
    }

    fn overlays(&self) {
        self.on_raw(Self::numbers);
        self.texts();
        self.on_raw(|_, raw| tell("one good node", raw.commit(&[Op::Put(node(1, 1.0))])));
        self.on_raw(Self::nodes);
    }

    fn numbers(&self, raw: &Raw) {
        for (what, x) in [("nan", f32::NAN), ("infinite", f32::INFINITY), ("far", 1e30)] {
            tell(what, raw.commit(&[Op::Put(node(1, x))]));
        }
        let huge = Node { frame: Frame { x: 0.0, y: 0.0, w: 1e9, h: 1e9 }, ..node(1, 0.0) };
        tell("enormous", raw.commit(&[Op::Put(huge)]));
        tell("unseen", raw.commit(&[Op::Put(Node { opacity: f32::NAN, ..node(1, 0.0) })]));
        tell("orphan", raw.commit(&[Op::Put(Node { parent: Some(77), ..node(2, 0.0) })]));
        tell("own parent", raw.commit(&[Op::Put(Node { parent: Some(3), ..node(3, 0.0) })]));
        tell("remove nothing", raw.commit(&[Op::Remove(9)]));
    }

    fn text(&self, what: &str, words: &str) {
        let mut s = Scene::new();
        s.text(at(0, 0, 90, 90), words);
        tell(what, self.layer.show(&s));
    }

    fn texts(&self) {
        self.text("long text", &"a".repeat(10_000));
        self.text("zalgo", &"z\u{300}\u{301}\u{302}".repeat(60));
        self.text("bidi", "\u{202e}drow\u{0}\u{7}\u{2066}\u{200d}\u{fdfd}\u{12031}");
        let mut s = Scene::new();
        s.qr(at(0, 0, 10, 10), &"q".repeat(9_000));
        tell("huge code", self.layer.show(&s));
    }

    fn nodes(&self, raw: &Raw) {
        tell("many nodes", raw.commit(&(1..=3_000).map(|n| Op::Put(node(n, 0.0))).collect::<Vec<_>>()));
        // More than may cross in one call: never answered, the instance ends here.
        tell("million operations", raw.commit(&vec![Op::Visible(true); 60_000]));
    }

    fn powers(&self) {
        tell("other layer", Layer::open("secret-layer"));
        tell("http", http::send(&request("https://example.com/")));
        tell("kv", kv::set("a", b"1"));
        tell("say", chat::say("", "hello"));
        tell("offer", shop::propose_offer("MUG", Some(&Money { minor: -1, currency: "EUR".into() }), None));
        tell("products", shop::products());
        tell("timer", timers::set("fast", 1, Some(1)));
        telemetry::observe("nan", f64::NAN);
    }

    fn urls(&self) {
        let all = settings::get_json();
        let list = all.split("\"urls\":\"").nth(1).and_then(|r| r.split('"').next()).unwrap_or("");
        for url in list.split(' ').filter(|u| !u.is_empty()) {
            match http::send(&request(url)) {
                Ok(answer) => log::error(&format!("{url}: {}", answer.status)),
                Err(fault) => log::info(&format!("{url}: {fault:?}")),
            }
        }
    }
}

impl Plugin for Hostile {
    fn start(_: Start) -> Result<Self> {
        let mode = mode();
        if mode == "init-panic" {
            panic!("in init");
        }
        let hostile = Self { layer: Layer::open("card")?, mode };
        // Once for a test that counts, over and over for a show that shall feel it.
        let again = settings::get_json().contains("\"again\":true");
        timers::set("go", 0, again.then_some(100))?;
        Ok(hostile)
    }

    fn on_timer(&mut self, _name: &str) -> Result<()> {
        self.misbehave()
    }
}

impl PaymentProvider for Hostile {
    fn create(checkout: Checkout) -> Result<(String, NextStep)> {
        match mode().as_str() {
            "pay-loop" => loop {
                core::hint::black_box(());
            },
            "pay-fault" => Err(Fault::Upstream("the bank is closed".into())),
            _ => Ok((checkout.idempotency_key.clone(), NextStep::Redirect(checkout.return_url))),
        }
    }

    fn status(_reference: &str) -> Result<PaymentState> {
        Ok(PaymentState::Pending)
    }

    fn refund(reference: &str, _amount: Money, key: &str) -> Result<String> {
        Ok(format!("{reference}/{key}"))
    }
}

export!(Hostile: timers, payments);

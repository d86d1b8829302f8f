//! Says hello, and how long the show is on.

use vitrine_plugin::{Layer, Plugin, Result, Scene, Start, Tint, Words, at, export, system, timers};

struct Hello {
    layer: Layer,
    since: u64,
}

impl Plugin for Hello {
    fn start(_why: Start) -> Result<Self> {
        let hello = Self { layer: Layer::open("hello")?, since: system::now() };
        let mut s = Scene::new();
        s.panel(at(0, 0, 560, 144));
        s.text(at(32, 20, 496, 60), "Hello, world").size(44).bold();
        s.text(at(32, 84, 496, 40), Words::Bound("minutes".to_owned())).size(28).tint(Tint::InkMuted);
        hello.layer.show(&s)?;
        hello.count()?;
        timers::set("minute", 60_000, Some(60_000))?;
        Ok(hello)
    }

    fn on_timer(&mut self, _name: &str) -> Result<()> {
        self.count()
    }
}

impl Hello {
    fn count(&self) -> Result<()> {
        let minutes = (system::now() - self.since) / 60_000;
        self.layer.set_text("minutes", &format!("On air since {minutes} min"))
    }
}

export!(Hello: timers);

//! Greets by name: one layer, one bound text, one setting.

use vitrine_plugin::{Layer, Plugin, Result, Scene, Start, Words, at, export, settings};

struct Greeting {
    layer: Layer,
}

impl Plugin for Greeting {
    fn start(_why: Start) -> Result<Self> {
        let greeting = Self { layer: Layer::open("greeting")? };
        let mut scene = Scene::new();
        scene.panel(at(0, 0, 640, 128));
        scene.text(at(40, 36, 560, 60), Words::Bound("words".to_owned())).size(44).bold();
        greeting.layer.show(&scene)?;
        greeting.greet()?;
        Ok(greeting)
    }

    fn settings_changed(&mut self) -> Result<()> {
        self.greet()
    }
}

impl Greeting {
    fn greet(&self) -> Result<()> {
        let settings: serde_json::Value = serde_json::from_str(&settings::get_json()).unwrap_or_default();
        let name = settings["name"].as_str().unwrap_or("everybody");
        self.layer.set_text("words", &format!("Good evening, {name}"))
    }
}

export!(Greeting);

//! The show file: one TOML text in, a typed [`ShowFile`] or every [`Problem`] at its line out.
//!
//! ```
//! let text = "vitrine = 1\nname = \"Demo\"\n[[canvas]]\nname = \"main\"\nsize = [1920, 1080]\n\
//!             [input.bars]\nkind = \"test\"\npatern = \"bars\"\n";
//! let problems = vitrine_scene::file::parse(text, "show.toml").unwrap_err();
//! assert!(problems[0].to_string().starts_with("show.toml:8:1: unknown key \"patern\""));
//! assert!(problems[0].help.contains("did you mean \"pattern\"?"));
//! ```

#[macro_use]
mod table;

mod audio;
mod base;
mod canvas;
mod goods;
mod grade;
mod input;
mod nearest;
mod output;
mod overlay;
mod place;
mod plugin;
mod problem;
mod product;
mod reader;
mod refs;
mod scene;
mod schema;
mod secret;
mod syntax;
mod text;
mod transition;
mod units;
mod words;

pub use audio::{Bus, Compressor, Gate, Strip};
pub use base::{Named, Nothing};
pub use canvas::{Canvas, Fps, Theme};
pub use goods::{Board, Goods, Ticker};
pub(crate) use grade::rect;
pub use grade::{ColorSettings, Key, ScreenColor};
pub use input::{
    ColorSource, FileSource, ImageSource, Input, Lost, Pattern, PipelineSource, RtmpSource, RtspSource, RtspTransport,
    Source, SrtSource, TestSource, TextSource, V4l2Source,
};
pub use output::{
    AudioCodec, CameraTarget, HlsTarget, Output, Preset, RecordTarget, RtmpTarget, RtmpsTarget, SrtTarget, Target,
    Video, VideoCodec,
};
pub use overlay::{Motion, MotionKind, Overlay, OverlayContent};
pub use place::{Anchor, Border, Bounds, BoundsKind, Crop, Look, Place, Shadow};
pub use plugin::Settings;
pub use problem::Problem;
pub use product::{Product, Variant};
pub use scene::{Content, Layer, LayerChange, LayerName, OnCanvas, Scene, Then};
pub use schema::schema;
pub use secret::{EnvName, FilePath, SecretRef};
pub use text::{TextLayer, TextStyle};
pub use transition::{
    Direction, Fade, FadeColor, Push, Side, Slide, Stinger, Transition, TransitionName, TransitionUse, Wipe,
};
pub use units::{Length, Millis, Price, currency_decimals, parse_color, parse_millis, parse_price};

use crate::limits::FILE_BYTES_MAX;
use base::{Address, Giving, LINE, Text, Version};
use reader::{Cx, ReadFields};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use vitrine_media::{InputId, PluginId};

table! {
    /// A show: everything that one program run needs.
    pub struct ShowFile {
        /// The version of this format: 1.
        pub vitrine: u32 | (Version),
        /// The show's name.
        pub name: String | (Text(200)),
        /// The pictures that are composed; the first is what scenes are designed on.
        pub canvases as "canvas": Vec<Canvas> = Vec::new(),
        /// Inputs by name.
        pub inputs as "input": Named<InputId, Input> | (Giving) = Named::default(),
        /// Transitions by name; the one called `default` is taken where a scene says none.
        pub transitions as "transition": Named<TransitionName, Transition> | (Giving) = Named::default(),
        /// Scenes; the first is on program when the show starts, the second on preview.
        pub scenes as "scene": Vec<Scene> = Vec::new(),
        /// Overlays, back to front, above every scene.
        pub overlays as "overlay": Vec<Overlay> = Vec::new(),
        /// Outputs.
        pub outputs as "output": Vec<Output> = Vec::new(),
        /// The bus that all sound ends in.
        pub audio: Bus = Bus::default(),
        /// The show's own colour and type.
        pub theme: Theme = Theme::default(),
        /// Settings of plugins by plugin name.
        pub plugins as "plugin": Named<PluginId, Settings> | (Giving) = Named::default(),
        /// What is sold.
        pub products as "product": Vec<Product> = Vec::new(),
        /// A CSV file of products, instead of or beside `[[product]]`.
        pub catalogue: Option<String> | (LINE) = None,
        /// Where viewers reach this program's pages, such as `https://live.example.com`: QR codes lead there. The
        /// address that the program listens on if not said.
        pub address: Option<String> | (Address) = None,
    }
}

/// Reads a show file. `file_name` is what problems are reported under.
///
/// # Errors
/// Every problem found in one pass, in the order of the file.
pub fn parse(text: &str, file_name: &str) -> Result<ShowFile, Vec<Problem>> {
    let mut cx = Cx::new(file_name, text);
    if text.len() > FILE_BYTES_MAX {
        let what = format!("a show file of {} bytes is too large", text.len());
        cx.problem(0..0, "FILE_TOO_LARGE", what, format!("use at most {FILE_BYTES_MAX} bytes"));
        return Err(cx.problems);
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    syntax::tell(&errors, &mut cx);
    let broken = !errors.is_empty();
    let root = Spanned::new(0..0, DeValue::Table(document.into_inner()));
    let read = reader::Fields::open(&root, "a table", &mut cx).and_then(|mut fields| {
        let read = ShowFile::read_fields(&mut fields, &mut cx);
        fields.close(&mut cx);
        read
    });
    refs::check(read.as_ref(), &mut cx);
    if broken {
        syntax::only_causes(&mut cx.problems);
    }
    match read {
        Some(show) if cx.problems.is_empty() => Ok(show),
        _ => {
            cx.problems.sort_by_key(|p| (p.line, p.column));
            Err(cx.problems)
        }
    }
}

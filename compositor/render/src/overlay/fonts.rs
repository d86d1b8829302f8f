//! The fonts: the system's and the show's own, what they cover, and their rasterised glyphs.

use super::limits;
use cosmic_text::fontdb::{Database, Family, ID, Query, Source, Style, Weight};
use cosmic_text::{CacheKey, Command, Font, FontSystem, SubpixelBin, SwashCache, SwashImage};
use std::collections::HashMap;
use std::sync::Arc;

/// Families that stand in for one that is missing, best first.
const SANS: [&str; 5] = ["Inter", "Noto Sans", "Open Sans", "DejaVu Sans", "Liberation Sans"];

/// Families of colour emoji, best first.
const EMOJI: [&str; 4] = ["Noto Color Emoji", "Apple Color Emoji", "Segoe UI Emoji", "Twemoji Mozilla"];

/// Where fonts come from.
#[derive(Clone, Debug)]
pub struct FontOptions {
    /// Whether the fonts installed on the machine are used.
    pub system: bool,
    /// Font files of the show (OpenType, TrueType, collections), as bytes. A file that isn't a font is left out.
    pub extra: Vec<Arc<[u8]>>,
    /// Family for text whose own family is missing.
    pub family: String,
    /// Language and region such as `en-US`; picks among the Chinese, Japanese and Korean forms of a Han character.
    pub locale: String,
}

impl Default for FontOptions {
    fn default() -> Self {
        Self { system: true, extra: Vec::new(), family: "Inter".to_owned(), locale: "en-US".to_owned() }
    }
}

/// Loaded fonts with their caches. Thrown away and made anew should a library panic on them.
pub(super) struct Fonts {
    pub(super) system: FontSystem,
    glyphs: SwashCache,
    faces: Vec<(ID, Weight)>,
    covered: HashMap<char, bool>,
    emoji: Option<&'static str>,
}

/// Reads the font files that `options` names; the slow part of a start.
pub(super) fn load(options: &FontOptions) -> Database {
    let mut db = Database::new();
    for bytes in &options.extra {
        let data: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(Arc::clone(bytes));
        db.load_font_source(Source::Binary(data));
    }
    if options.system {
        db.load_system_fonts();
    }
    let names: Vec<&str> = db.faces().filter_map(|f| f.families.first().map(|(name, _)| name.as_str())).collect();
    let wanted = std::iter::once(options.family.as_str()).chain(SANS);
    let sans = wanted.into_iter().find(|name| names.contains(name)).or_else(|| names.first().copied());
    if let Some(name) = sans.map(str::to_owned) {
        db.set_sans_serif_family(name);
    }
    db
}

impl Fonts {
    pub(super) fn new(db: Database, locale: &str) -> Self {
        let faces = db.faces().map(|face| (face.id, face.weight)).collect();
        let emoji = EMOJI.into_iter().find(|name| db.faces().any(|face| face.families.iter().any(|(n, _)| n == name)));
        let system = FontSystem::new_with_locale_and_db(locale.to_owned(), db);
        Self { system, glyphs: SwashCache::new(), faces, covered: HashMap::new(), emoji }
    }

    /// Whether there is any font at all.
    pub(super) fn any(&self) -> bool {
        !self.faces.is_empty()
    }

    /// The family of colour emoji, if one is there.
    pub(super) const fn emoji(&self) -> Option<&'static str> {
        self.emoji
    }

    /// Whether a family of this name is there, in any weight.
    pub(super) fn has_family(&self, name: &str) -> bool {
        self.system.db().faces().any(|face| face.families.iter().any(|(n, _)| n == name))
    }

    /// The face that `family` has for this weight and slant.
    pub(super) fn face(&mut self, family: Family<'_>, weight: Weight, style: Style) -> Option<Arc<Font>> {
        let id = self.system.db().query(&Query { families: &[family], weight, style, ..Query::default() })?;
        self.system.get_font(id, weight)
    }

    /// Whether any font has a glyph for `c`. A shaper would try every font, word by word, to find out that none has.
    pub(super) fn covers(&mut self, c: char) -> bool {
        if let Some(known) = self.covered.get(&c) {
            return *known;
        }
        let system = &mut self.system;
        let found =
            self.faces.iter().any(|&(id, weight)| system.get_font(id, weight).is_some_and(|font| has(&font, c)));
        if self.covered.len() == limits::COVERAGE_KEPT_MAX {
            self.covered.clear();
        }
        self.covered.insert(c, found);
        found
    }

    /// The rasterised glyph, if it has any ink.
    pub(super) fn glyph(&mut self, key: CacheKey) -> Option<&SwashImage> {
        if self.glyphs.image_cache.len() >= limits::GLYPHS_KEPT_MAX {
            self.glyphs.image_cache.clear();
        }
        self.glyphs.get_image(&mut self.system, key).as_ref().filter(|image| image.placement.width > 0)
    }
}

impl Fonts {
    /// The glyph's outline in pixels, upwards from its origin; `None` for glyphs that are pictures.
    pub(super) fn outline(&mut self, key: CacheKey) -> Option<&[Command]> {
        if self.glyphs.outline_command_cache.len() >= limits::GLYPHS_KEPT_MAX {
            self.glyphs.outline_command_cache.clear();
        }
        let key = CacheKey { x_bin: SubpixelBin::Zero, y_bin: SubpixelBin::Zero, ..key };
        self.glyphs.get_outline_commands(&mut self.system, key)
    }
}

/// Whether `font` has a glyph for `c`.
pub(super) fn has(font: &Font, c: char) -> bool {
    font.as_swash().charmap().map(c) != 0
}

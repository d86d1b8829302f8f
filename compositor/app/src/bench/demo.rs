//! The demo show as a case: every scene of it in turn, planned as on air, on pictures decoded beforehand.

use crate::load::load;
use crate::render::{Stills, scene_on_air};
use anyhow::anyhow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vitrine_media::{ShowTime, Size};
use vitrine_render::Pictures;
use vitrine_scene::draw::{Color, DrawList};
use vitrine_scene::plan::Memo;

/// The show that `./dev show` plays, seen from the root of the repository.
const FILE: &str = "scenes/autumn-drop/show.toml";
/// The instant that is planned: entrances are over.
const AT: Duration = Duration::from_secs(2);

/// The demo's scenes on one canvas, ready to be drawn.
pub(super) struct Demo {
    lists: Vec<DrawList>,
    stills: Stills,
}

impl Demo {
    /// Plans every scene for a canvas of `size`.
    ///
    /// # Errors
    /// When the show file or a picture of it isn't there.
    pub(super) fn new(size: Size) -> anyhow::Result<Self> {
        let mut loaded = load(Path::new(FILE), None).map_err(|error| anyhow!(error.lines().join("; ")))?;
        let mut show = (*loaded.show).clone();
        show.canvases.truncate(1);
        show.canvases.iter_mut().for_each(|canvas| canvas.size = size);
        loaded.show = Arc::new(show);
        let (stills, at) = (Stills::read(&loaded, AT)?, ShowTime::ZERO.after(AT));
        let names: Vec<String> = loaded.show.scenes.iter().map(|scene| scene.name.as_str().to_owned()).collect();
        let plan = |name: &String| -> anyhow::Result<DrawList> {
            let on_air = scene_on_air(&loaded, Some(name))?;
            stills.make_bitmaps(&on_air, at);
            let mut list = DrawList { canvas: size, background: Color::BLACK, draws: Vec::new() };
            on_air.plan_into(&mut Memo::default(), &mut list, 0, at, &stills);
            Ok(list)
        };
        let lists = names.iter().map(plan).collect::<anyhow::Result<Vec<_>>>()?;
        if lists.is_empty() {
            return Err(anyhow!("{FILE} has no scenes"));
        }
        Ok(Self { lists, stills })
    }

    /// What frame `index` shows: one scene after the other.
    pub(super) fn list(&self, index: usize) -> &DrawList {
        &self.lists[index % self.lists.len()]
    }

    /// What the lists name.
    pub(super) fn pictures(&self) -> &dyn Pictures {
        &self.stills
    }
}

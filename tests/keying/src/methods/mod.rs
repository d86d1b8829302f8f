//! The keyers that are compared: frames in, colours and mattes out, by a few knobs.

pub mod obs;
mod ours;
mod peers;

use crate::camera::Frame;
use crate::peer::Skip;
use serde::{Deserialize, Serialize};

/// What a keyer made of a frame.
#[derive(Clone, Debug)]
pub struct Cut {
    /// R'G'B' of the subject, straight, 0 to 1.
    pub rgb: Vec<[f32; 3]>,
    /// Its coverage, 0 to 1.
    pub alpha: Vec<f32>,
}

/// A keyer and the way its settings are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Our `fine` grade, settings by `auto`.
    FineAuto,
    /// Our `fine` grade, searched settings.
    FineBest,
    /// Our `fast` grade, settings by `auto`.
    FastAuto,
    /// Our `fast` grade, searched settings.
    FastBest,
    /// OBS chroma key v2 as it comes, for a green or blue screen.
    ObsDefault,
    /// OBS chroma key v2, colour picked from the screen, searched settings.
    ObsBest,
    /// ffmpeg `chromakey,despill`, colour picked from the screen, searched settings.
    FfmpegBest,
    /// GStreamer `alpha`, colour picked from the screen, searched settings.
    GstreamerBest,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::FineAuto,
        Self::FineBest,
        Self::FastAuto,
        Self::FastBest,
        Self::ObsDefault,
        Self::ObsBest,
        Self::FfmpegBest,
        Self::GstreamerBest,
    ];
    /// Those that need no other program.
    pub const BUILT_IN: [Self; 6] =
        [Self::FineAuto, Self::FineBest, Self::FastAuto, Self::FastBest, Self::ObsDefault, Self::ObsBest];

    /// Its name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FineAuto => "vitrine fine, auto",
            Self::FineBest => "vitrine fine, best",
            Self::FastAuto => "vitrine fast, auto",
            Self::FastBest => "vitrine fast, best",
            Self::ObsDefault => "OBS v2, default",
            Self::ObsBest => "OBS v2, best",
            Self::FfmpegBest => "ffmpeg, best",
            Self::GstreamerBest => "GStreamer, best",
        }
    }

    /// Whether the product blends in linear light (only OBS does).
    #[must_use]
    pub const fn blends_light(self) -> bool {
        matches!(self, Self::ObsDefault | Self::ObsBest)
    }

    /// Whether earlier pictures change what it makes of later ones.
    pub(crate) const fn learns(self) -> bool {
        matches!(self, Self::FineAuto | Self::FineBest | Self::FastAuto | Self::FastBest)
    }

    /// The values of each knob that the search turns; none where settings are not searched.
    pub(crate) const fn knobs(self) -> &'static [&'static [f32]] {
        match self {
            Self::FineAuto | Self::FastAuto | Self::ObsDefault => &[],
            Self::FineBest | Self::FastBest => &ours::KNOBS,
            Self::ObsBest => &obs::KNOBS,
            Self::FfmpegBest => &peers::FFMPEG_KNOBS,
            Self::GstreamerBest => &peers::GSTREAMER_KNOBS,
        }
    }

    /// Where the search starts: what each keyer comes with, and what suits a picked colour.
    pub(crate) fn starts(self) -> Vec<Vec<f32>> {
        match self {
            Self::FineAuto | Self::FastAuto | Self::ObsDefault => vec![Vec::new()],
            Self::FineBest | Self::FastBest => vec![vec![0.2, 0.12, 0.8]],
            Self::ObsBest => vec![vec![150.0, 80.0, 100.0, 0.0], vec![400.0, 80.0, 100.0, 1.0]],
            Self::FfmpegBest => vec![vec![0.12, 0.1, 0.5, 0.0]],
            Self::GstreamerBest => vec![vec![20.0, 2.0, 100.0, 100.0]],
        }
    }

    /// Keys frames of one camera in their order. `picked` is the screen's mean colour.
    pub(crate) fn key(self, frames: &[Frame], picked: [f32; 3], knobs: &[f32]) -> Result<Vec<Cut>, Skip> {
        use vitrine_scene::grade::KeyGrade::{Fast, Fine};
        match self {
            Self::FineAuto => ours::auto(frames, Fine),
            Self::FastAuto => ours::auto(frames, Fast),
            Self::FineBest => ours::key(frames, Fine, picked, knobs),
            Self::FastBest => ours::key(frames, Fast, picked, knobs),
            Self::ObsDefault => Ok(frames.iter().map(|f| obs::key(f, &obs::Settings::default_for(picked))).collect()),
            Self::ObsBest => Ok(frames.iter().map(|f| obs::key(f, &obs::Settings::of(picked, knobs))).collect()),
            Self::FfmpegBest => peers::ffmpeg(frames, picked, knobs),
            Self::GstreamerBest => peers::gstreamer(frames, picked, knobs),
        }
    }
}

//! What encoders are asked for, and which outputs can share one.

use vitrine_media::{FrameRate, Size};

/// How much time the encoder may spend on a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Least work, most bits.
    Ultrafast,
    /// A little more work.
    Superfast,
    /// The usual choice for a live show on few cores.
    #[default]
    Veryfast,
    /// For machines with cores to spare.
    Faster,
}

impl Preset {
    /// Its name in x264.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
            Self::Faster => "faster",
        }
    }
}

/// H.264 as wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VideoSettings {
    /// Kilobits per second.
    pub bitrate_kbps: u32,
    /// Milliseconds from key picture to key picture.
    pub keyframe_ms: u32,
    /// Work per picture.
    pub preset: Preset,
    /// No look-ahead, no frame threads: a picture leaves as soon as it is encoded.
    pub low_delay: bool,
    /// Threads; 0 lets the encoder choose.
    pub threads: u32,
    /// A particular encoder element instead of the best one found.
    pub encoder: Option<String>,
}

impl Default for VideoSettings {
    fn default() -> Self {
        let preset = Preset::Veryfast;
        Self { bitrate_kbps: 4500, keyframe_ms: 2000, preset, low_delay: false, threads: 0, encoder: None }
    }
}

/// AAC as wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AudioSettings {
    /// Kilobits per second, both channels together.
    pub bitrate_kbps: u32,
}

impl Default for AudioSettings {
    fn default() -> Self {
        Self { bitrate_kbps: 160 }
    }
}

/// One encoder: what it is fed and what it makes. Outputs with equal specs share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncoderSpec {
    /// The canvas it encodes.
    pub canvas: String,
    /// Pixels of the canvas; even.
    pub size: Size,
    /// Pictures per second of the canvas.
    pub rate: FrameRate,
    /// H.264 settings.
    pub video: VideoSettings,
    /// AAC settings; without, the stream has no sound.
    pub audio: Option<AudioSettings>,
}

/// An encoder and the outputs it feeds, by their places in the list given to [`share`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncoderPlan {
    /// What to encode.
    pub spec: EncoderSpec,
    /// Which outputs take it.
    pub outputs: Vec<usize>,
}

/// The fewest encoders that serve all `wanted`, in the order in which they are first wanted.
#[must_use]
pub fn share(wanted: &[EncoderSpec]) -> Vec<EncoderPlan> {
    let mut plans: Vec<EncoderPlan> = Vec::new();
    for (index, spec) in wanted.iter().enumerate() {
        match plans.iter_mut().find(|plan| plan.spec == *spec) {
            Some(plan) => plan.outputs.push(index),
            None => plans.push(EncoderPlan { spec: spec.clone(), outputs: vec![index] }),
        }
    }
    plans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_settings_share_one_encoder() {
        let spec = |canvas: &str, bitrate_kbps| EncoderSpec {
            canvas: canvas.to_owned(),
            size: Size::new(1920, 1080),
            rate: FrameRate::new(30, 1).unwrap(),
            video: VideoSettings { bitrate_kbps, ..VideoSettings::default() },
            audio: Some(AudioSettings::default()),
        };
        let plans = share(&[spec("main", 4500), spec("main", 6000), spec("main", 4500), spec("tall", 4500)]);
        let outputs: Vec<_> = plans.into_iter().map(|p| p.outputs).collect();
        assert_eq!(outputs, [vec![0, 2], vec![1], vec![3]]);
    }
}

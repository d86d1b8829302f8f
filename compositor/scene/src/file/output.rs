//! `[[output]]`: where the program goes.

use super::base::{Between, Given, LINE};
use super::input::scheme;
use super::reader::{Cx, Fields};
use super::secret::{Secret, SecretRef, no_secret_in, no_stream_key_in};
use vitrine_media::{CanvasName, OutputId};

table! {
    /// An output. Outputs of one canvas with equal `video` and `audio` share an encoder.
    pub struct Output {
        /// Its name.
        pub name: OutputId | (Given),
        /// Which canvas; the first if not said.
        pub canvas: Option<CanvasName> = None,
        /// Whether it starts with the show.
        pub start: bool = true,
        /// How pictures are encoded.
        pub video: Video = Video::default(),
        /// How sound is encoded.
        pub audio: AudioCodec = AudioCodec::default(),
    }
    flat {
        /// Where to, and the options of its kind.
        pub target: Target,
    }
}

kinds! {
    /// Where an output goes.
    pub enum Target by "kind" {
        /// An RTMP server, plain or over TLS (`rtmps://`).
        "rtmp" => Rtmp(RtmpTarget),
        /// An RTMP server over TLS.
        "rtmps" => Rtmps(RtmpsTarget),
        /// An SRT peer.
        "srt" => Srt(SrtTarget),
        /// A file that plays to its last second whatever happens.
        "record" => Record(RecordTarget),
        /// A folder of HLS segments.
        "hls" => Hls(HlsTarget),
        /// A loopback camera for other programs.
        "virtual-camera" => VirtualCamera(CameraTarget),
    }
}

words! {
    /// A picture codec.
    pub enum VideoCodec {
        /// H.264 by the best encoder found.
        #[default]
        H264 = "h264",
    }
}

words! {
    /// How much work an encoder does for each bit.
    pub enum Preset {
        /// Least.
        Ultrafast = "ultrafast",
        /// Less.
        Superfast = "superfast",
        /// What a shared machine bears.
        #[default]
        Veryfast = "veryfast",
        /// More.
        Faster = "faster",
        /// Still more.
        Fast = "fast",
        /// Much.
        Medium = "medium",
    }
}

table! {
    /// Picture encoding.
    default pub struct Video {
        /// The codec.
        pub codec: VideoCodec = VideoCodec::H264,
        /// Bits per second in thousands, 100 to 100000.
        pub bitrate_kbps: u32 | (Between(100.0..=100_000.0)) = 4500,
        /// Seconds between keyframes, 0.5 to 10.
        pub keyframe_s: f32 | (Between(0.5..=10.0)) = 2.0,
        /// How much work is done.
        pub preset: Preset = Preset::Veryfast,
    }
}

table! {
    /// Sound encoding: AAC, 48 kHz, stereo.
    default pub struct AudioCodec {
        /// Bits per second in thousands, 32 to 512.
        pub bitrate_kbps: u32 | (Between(32.0..=512.0)) = 160,
    }
}

table! {
    /// An RTMP server.
    pub struct RtmpTarget {
        /// Its address up to the application, without the stream key.
        pub url: String | (LINE),
        /// The stream key.
        pub key: Option<SecretRef> | (Secret) = None,
    }
    check RtmpTarget::check
}

impl RtmpTarget {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        scheme(&self.url, "url", &["rtmp://", "rtmps://"], fields, cx);
        no_secret_in(&self.url, "url", "key", fields, cx);
        no_stream_key_in(&self.url, fields, cx);
    }
}

table! {
    /// An RTMP server over TLS.
    pub struct RtmpsTarget {
        /// Its address up to the application, without the stream key.
        pub url: String | (LINE),
        /// The stream key.
        pub key: Option<SecretRef> | (Secret) = None,
    }
    check RtmpsTarget::check
}

impl RtmpsTarget {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        scheme(&self.url, "url", &["rtmps://"], fields, cx);
        no_secret_in(&self.url, "url", "key", fields, cx);
        no_stream_key_in(&self.url, fields, cx);
    }
}

table! {
    /// An SRT peer; `?mode=listener` waits for it, `?mode=caller` calls it.
    pub struct SrtTarget {
        /// Its address, without a passphrase.
        pub url: String | (LINE),
        /// Passphrase.
        pub passphrase: Option<SecretRef> | (Secret) = None,
        /// Send latency in milliseconds, 20 to 8000.
        pub latency_ms: u32 | (Between(20.0..=8_000.0)) = 120,
    }
    check SrtTarget::check
}

impl SrtTarget {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        scheme(&self.url, "url", &["srt://"], fields, cx);
        no_secret_in(&self.url, "url", "passphrase", fields, cx);
    }
}

table! {
    /// A recording.
    pub struct RecordTarget {
        /// Its file, `.mp4` or `.mkv`; `{show}`, `{start}` and `{canvas}` are filled in.
        pub path: String | (LINE),
    }
    check RecordTarget::check
}

impl RecordTarget {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        if ![".mp4", ".mkv"].iter().any(|end| self.path.to_ascii_lowercase().ends_with(end)) {
            let help = "let the path end in .mp4 or .mkv";
            cx.problem(fields.span_of("path"), "FILE_CONTAINER", "a recording needs a container", help);
        }
        let mut rest = self.path.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let word = after.split_once('}').map_or(after, |(word, _)| word);
            if !["show", "start", "canvas"].contains(&word) {
                let help = "use {show}, {start} or {canvas}";
                let what = format!("unknown {{{}}} in this path", super::reader::printable(word));
                cx.problem(fields.span_of("path"), "FILE_UNKNOWN_WORD", what, help);
                break;
            }
            rest = after;
        }
    }
}

table! {
    /// A folder of HLS segments.
    pub struct HlsTarget {
        /// The folder.
        pub path: String | (LINE),
        /// Length of a segment in seconds, 1 to 10.
        pub segment_s: u32 | (Between(1.0..=10.0)) = 2,
        /// Segments in the playlist, 3 to 1000.
        pub segments: u32 | (Between(3.0..=1000.0)) = 6,
        /// Keeps every segment: viewers can go back to the start, and the folder plays on when the show is over. It
        /// takes about 450 MB an hour for each Mbit/s.
        pub replay: bool = false,
    }
}

table! {
    /// A loopback camera.
    pub struct CameraTarget {
        /// Its device file; the first loopback device if not said.
        pub device: Option<String> | (LINE) = None,
    }
}

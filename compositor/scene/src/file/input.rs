//! `[input.NAME]`: where pictures and sound come from.

use super::audio::Strip;
use super::base::{Between, LINE, Sides};
use super::canvas::Fps;
use super::grade::{ColorSettings, Key};
use super::reader::{Cx, Fields};
use super::secret::{Secret, SecretRef, no_secret_in};
use super::text::TextStyle;
use super::units::Millis;
use crate::draw::Color;
use crate::limits::INPUT_SIDE_MAX;
use vitrine_media::Size;

const SIDES: Sides = Sides(INPUT_SIDE_MAX);

table! {
    /// An input: one source of pictures, sound or both. Scenes name it as often as they like.
    pub struct Input {
        /// Its sound.
        pub audio: Strip = Strip::default(),
        /// What is shown when it is lost.
        pub lost: Lost = Lost::default(),
        /// Its chroma key.
        pub key: Option<Key> = None,
        /// Its colour correction.
        pub color: Option<ColorSettings> = None,
    }
    flat {
        /// What it is, and the options of its kind.
        pub source: Source,
    }
}

table! {
    /// What is shown when an input's pictures stop.
    default pub struct Lost {
        /// How long the last picture stays, in milliseconds, 0 to 10000.
        pub hold_ms: u32 | (Between(0.0..=10_000.0)) = 500,
        /// An image that then takes its place; the built-in slate if not said.
        pub slate: Option<String> | (LINE) = None,
    }
}

kinds! {
    /// What an input is.
    pub enum Source by "kind" {
        /// A test picture and tone, made here.
        "test" => Test(TestSource),
        /// One colour.
        "color" => Color(ColorSource),
        /// A text.
        "text" => Text(TextSource),
        /// A still: PNG, JPEG, SVG.
        "image" => Image(ImageSource),
        /// A media file.
        "file" => File(FileSource),
        /// A camera or capture card.
        "v4l2" => V4l2(V4l2Source),
        /// An IP camera.
        "rtsp" => Rtsp(RtspSource),
        /// A contribution over SRT.
        "srt" => Srt(SrtSource),
        /// A stream that is pulled from an RTMP server.
        "rtmp" => Rtmp(RtmpSource),
        /// A GStreamer launch line, for what has no kind of its own.
        "pipeline" => Pipeline(PipelineSource),
    }
}

words! {
    /// A test picture.
    pub enum Pattern {
        /// Colour bars.
        #[default]
        Bars = "bars",
        /// A ball that moves.
        Ball = "ball",
        /// Checkers.
        Checkers = "checkers",
        /// A gradient.
        Gradient = "gradient",
        /// Noise.
        Snow = "snow",
        /// Rings of rising frequency.
        ZonePlate = "zone-plate",
    }
}

table! {
    /// A test picture and tone.
    default pub struct TestSource {
        /// Which picture.
        pub pattern: Pattern = Pattern::Bars,
        /// Its size.
        pub size: Size | (SIDES) = Size::new(1920, 1080),
        /// Its rate; the first canvas's if not said.
        pub fps: Option<Fps> = None,
        /// A tone in hertz, 20 to 20000; silence if not said.
        pub tone_hz: Option<f32> | (Between(20.0..=20_000.0)) = None,
    }
}

table! {
    /// One colour, as large as wherever it is laid.
    pub struct ColorSource {
        /// Which.
        pub fill: Color,
        /// Its size; the canvas's if not said.
        pub size: Option<Size> | (SIDES) = None,
    }
}

table! {
    /// A text as an input: a scene lays it like a picture.
    pub struct TextSource {
        /// Its box in pixels.
        pub area as "box": Size | (SIDES) = Size::new(960, 240),
    }
    flat {
        /// What is said and how it looks.
        pub style: TextStyle,
    }
}

table! {
    /// A still.
    pub struct ImageSource {
        /// Its file, relative to the show file.
        pub path: String | (LINE),
    }
}

table! {
    /// A media file.
    pub struct FileSource {
        /// A path relative to the show file, or a URI.
        pub uri: String | (LINE),
        /// Starts again at its end.
        pub looped as "loop": bool = false,
        /// Where it starts.
        pub start as "in": Millis = Millis(0),
        /// Where it ends; the file's own end if not said.
        pub end as "out": Option<Millis> = None,
        /// Starts from its beginning each time it comes on program.
        pub restart: bool = false,
    }
    check FileSource::check
}

impl FileSource {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        if self.end.is_some_and(|end| end <= self.start) {
            let help = "let \"out\" lie after \"in\"";
            cx.problem(fields.span_of("out"), "FILE_RANGE", "the clip ends before it starts", help);
        }
    }
}

table! {
    /// A camera or capture card.
    pub struct V4l2Source {
        /// Its device file.
        pub device: String | (LINE),
        /// Wanted size; the device's own choice if not said.
        pub size: Option<Size> | (SIDES) = None,
        /// Wanted rate.
        pub fps: Option<Fps> = None,
    }
}

words! {
    /// How RTSP media travel.
    pub enum RtspTransport {
        /// UDP, then TCP.
        #[default]
        Auto = "auto",
        /// Beside the control connection.
        Tcp = "tcp",
        /// As datagrams.
        Udp = "udp",
    }
}

table! {
    /// An IP camera.
    pub struct RtspSource {
        /// Its address, without a password.
        pub uri: String | (LINE),
        /// User name.
        pub user: Option<String> | (LINE) = None,
        /// Password.
        pub password: Option<SecretRef> | (Secret) = None,
        /// How media travel.
        pub transport: RtspTransport = RtspTransport::Auto,
        /// Jitter buffer in milliseconds, 0 to 10000.
        pub latency_ms: u32 | (Between(0.0..=10_000.0)) = 200,
    }
    check RtspSource::check
}

impl RtspSource {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        scheme(&self.uri, "uri", &["rtsp://", "rtsps://", "rtspt://"], fields, cx);
        no_secret_in(&self.uri, "uri", "password", fields, cx);
    }
}

table! {
    /// A contribution over SRT; `?mode=listener` waits for it, `?mode=caller` fetches it.
    pub struct SrtSource {
        /// Its address, without a passphrase.
        pub uri: String | (LINE),
        /// Passphrase.
        pub passphrase: Option<SecretRef> | (Secret) = None,
        /// Receive latency in milliseconds, 20 to 8000.
        pub latency_ms: u32 | (Between(20.0..=8_000.0)) = 120,
    }
    check SrtSource::check
}

impl SrtSource {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        scheme(&self.uri, "uri", &["srt://"], fields, cx);
        no_secret_in(&self.uri, "uri", "passphrase", fields, cx);
    }
}

table! {
    /// A stream pulled from an RTMP server.
    pub struct RtmpSource {
        /// Its address, without the stream's name if that is a secret.
        pub uri: String | (LINE),
        /// The stream's name, put behind the address.
        pub key: Option<SecretRef> | (Secret) = None,
    }
    check RtmpSource::check
}

impl RtmpSource {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        scheme(&self.uri, "uri", &["rtmp://", "rtmps://"], fields, cx);
        no_secret_in(&self.uri, "uri", "key", fields, cx);
    }
}

table! {
    /// A GStreamer launch line that ends in raw video, raw audio or both.
    pub struct PipelineSource {
        /// The line.
        pub launch: String | (LINE),
    }
}

/// Says which addresses fit.
pub(crate) fn scheme(url: &str, key: &str, schemes: &[&str], fields: &Fields<'_>, cx: &mut Cx<'_>) {
    let fits = schemes.iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
    if !fits {
        let help = format!("start it with {}", schemes.join(" or "));
        cx.problem(fields.span_of(key), "FILE_ADDRESS", "this address does not fit here", help);
    }
}

//! How each peer is called for each case.

use super::{Files, Line};
use vitrine_media::Size;
use vitrine_render::cases::{CARDS, Case, card, card_at};
use vitrine_scene::draw::Rect;

/// A window system that needs no display: the one that GStreamer's GL finds on a server.
const HEADLESS: &[(&str, &str)] = &[("GST_GL_PLATFORM", "egl"), ("GST_GL_WINDOW", "egl-device")];

/// A canvas of GStreamer's, and what lies on it.
struct Mix {
    canvas: Size,
    /// Properties of the mixer's pads.
    pads: String,
    /// What each camera's pictures go through on their way.
    filters: Vec<&'static str>,
    cards: usize,
}

impl Mix {
    fn plain(canvas: Size, cameras: usize, pads: String) -> Self {
        Self { canvas, pads, filters: vec![""; cameras], cards: 0 }
    }
}

/// Every peer that can do the case.
pub(super) fn of(case: Case, size: Size) -> Vec<Line> {
    let Size { width: w, height: h } = size;
    match case {
        Case::Pass => mixers(size, 1, String::new()),
        Case::Quad => {
            let (hw, hh) = (w / 2, h / 2);
            let pad = |n: u32| {
                let (x, y) = (n % 2 * hw, n / 2 * hh);
                format!("sink_{n}::xpos={x} sink_{n}::ypos={y} sink_{n}::width={hw} sink_{n}::height={hh} ")
            };
            let scaled: String = (0..4).map(|n| format!("[{n}]scale={hw}:{hh}[s{n}];")).collect();
            let stack = format!("{scaled}[s0][s1][s2][s3]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0");
            let mut all = mixers(size, 4, (0..4).map(pad).collect());
            all.push(ffmpeg(size, 4, 0, stack));
            all
        }
        Case::Pip => {
            let place = |n: u32| (w * 7 / 10, h * (5 + 30 * (n - 1)) / 100);
            let pad = |n: u32| {
                let (x, y) = place(n);
                format!("sink_{n}::xpos={x} sink_{n}::ypos={y} sink_{n}::width={} sink_{n}::height={} ", w / 4, h / 4)
            };
            let laid = |n: u32| {
                let (x, y) = place(n);
                let under = if n == 1 { "[0]".to_owned() } else { format!("[o{}]", n - 1) };
                let name = if n == 3 { String::new() } else { format!("[o{n}];") };
                format!("[{n}]scale={}:{}[s{n}];{under}[s{n}]overlay=x={x}:y={y}:format=yuv420{name}", w / 4, h / 4)
            };
            let mut all = mixers(size, 4, (1..4).map(pad).collect());
            all.push(ffmpeg(size, 4, 0, (1..4).map(laid).collect()));
            all
        }
        Case::Fade => {
            let mut all = mixers(size, 2, "sink_1::alpha=0.5 ".to_owned());
            all.push(ffmpeg(size, 2, 0, "[0][1]blend=all_mode=normal:all_opacity=0.5".to_owned()));
            all
        }
        Case::Key => {
            let mix = Mix { filters: vec!["", "! alpha method=green "], ..Mix::plain(size, 2, String::new()) };
            let key = "[1]chromakey=0x4ba05a:0.1:0.1[a];[0][a]overlay=format=yuv420".to_owned();
            vec![gst("gstreamer-alpha", "compositor", size, mix, false), ffmpeg(size, 2, 0, key)]
        }
        Case::Cards => cards(size),
        Case::Vertical => vertical(size),
    }
}

/// GStreamer's mixers on cameras that are laid as the pads say.
fn mixers(size: Size, cameras: usize, pads: String) -> Vec<Line> {
    let mix = || Mix::plain(size, cameras, pads.clone());
    vec![
        gst("gstreamer-compositor", "compositor", size, mix(), false),
        gst("gstreamer-compositor-still", "compositor", size, mix(), true),
        gst("gstreamer-gl", "glvideomixer", size, mix(), false),
    ]
}

/// One camera and cards with alpha; the peers' cards stand still, ours move.
fn cards(size: Size) -> Vec<Line> {
    #[allow(clippy::cast_precision_loss, reason = "picture sides are far below 2^24")]
    let canvas = Rect { x: 0.0, y: 0.0, w: size.width as f32, h: size.height as f32 };
    let place = |n: usize| {
        let at = card_at(canvas, n, CARDS);
        (at.x.round(), at.y.round())
    };
    let pad = |n: usize| {
        let ((x, y), pad) = (place(n), n + 1);
        format!("sink_{pad}::xpos={x} sink_{pad}::ypos={y} sink_{pad}::alpha=0.9 ")
    };
    let laid = |n: usize| {
        let (x, y) = place(n);
        let under = if n == 0 { "[0]".to_owned() } else { format!("[o{n}]") };
        let name = if n + 1 == CARDS { String::new() } else { format!("[o{}];", n + 1) };
        format!("{under}[{}]overlay=x={x}:y={y}:format=yuv420{name}", n + 1)
    };
    let mix = || Mix { cards: CARDS, ..Mix::plain(size, 1, (0..CARDS).map(pad).collect()) };
    vec![
        gst("gstreamer-compositor", "compositor", size, mix(), false),
        gst("gstreamer-gl", "glvideomixer", size, mix(), false),
        ffmpeg(size, 1, CARDS, (0..CARDS).map(laid).collect()),
    ]
}

/// One camera on two canvases.
fn vertical(size: Size) -> Vec<Line> {
    let tall = Case::Vertical.canvas(size, 1);
    let across = (size.height * tall.width / tall.height) & !1;
    let left = (size.width - across) / 2;
    let right = size.width - across - left;
    let words = move |files: &Files, frames: u32| {
        let line = format!(
            "gst-launch-1.0 -q {} ! tee name=t \
             t. ! queue max-size-buffers=3 ! compositor background=black ! {} ! fakesink sync=false \
             t. ! queue max-size-buffers=3 ! videocrop left={left} right={right} ! \
             compositor background=black sink_0::width={} sink_0::height={} ! {} ! fakesink sync=false",
            camera(files, 0, size, frames, false),
            caps("I420", size),
            tall.width,
            tall.height,
            caps("I420", tall),
        );
        line.split_whitespace().map(str::to_owned).collect()
    };
    let gst = Line { name: "gstreamer-compositor", still: false, words: Box::new(words), environment: &[] };
    let filter =
        format!("[0]split[a][b];[b]crop={across}:{}:{left}:0,scale={}:{}[c]", size.height, tall.width, tall.height);
    let words = move |files: &Files, frames: u32| {
        let mut line = ffmpeg_words(files, size, 1, 0, &filter);
        for name in ["[a]", "[c]"] {
            let out = ["-map", name, "-frames:v", &frames.to_string(), "-pix_fmt", "yuv420p", "-f", "null", "-"];
            line.extend(out.map(str::to_owned));
        }
        line
    };
    vec![gst, Line { name: "ffmpeg", still: false, words: Box::new(words), environment: &[] }]
}

fn caps(format: &str, size: Size) -> String {
    format!("video/x-raw,format={format},width={},height={}", size.width, size.height)
}

/// A camera's pictures: read one after the other from memory, or one of them shown over and over.
fn camera(files: &Files, n: usize, size: Size, frames: u32, still: bool) -> String {
    let parse = format!("rawvideoparse format=i420 width={} height={} framerate=30/1", size.width, size.height);
    let pattern = files.pattern(n);
    if still {
        format!("multifilesrc location={pattern} num-buffers=1 ! {parse} ! imagefreeze num-buffers={frames}")
    } else {
        let last = files.pictures - 1;
        format!("multifilesrc location={pattern} stop-index={last} loop=true num-buffers={frames} ! {parse}")
    }
}

fn gst(name: &'static str, mixer: &'static str, size: Size, mix: Mix, still: bool) -> Line {
    let gl = mixer == "glvideomixer";
    let words = move |files: &Files, frames: u32| {
        // A mixer that gives pictures without alpha refuses to take any with it.
        let out = if gl {
            format!("{} ! glcolorconvert ! gldownload ! video/x-raw,format=I420", caps_gl(mix.canvas))
        } else if mix.cards > 0 || mix.filters.iter().any(|filter| !filter.is_empty()) {
            format!("{} ! videoconvert n-threads=2 ! video/x-raw,format=I420", caps("AYUV", mix.canvas))
        } else {
            caps("I420", mix.canvas)
        };
        let mut line =
            format!("gst-launch-1.0 -q {mixer} name=c background=black {} ! {out} ! fakesink sync=false", mix.pads);
        for (n, filter) in mix.filters.iter().enumerate() {
            let camera = camera(files, n, size, frames, still);
            line += &format!(" {camera} {filter}! queue max-size-buffers=3 ! c.sink_{n}");
        }
        for n in 0..mix.cards {
            let Size { width, height } = card(size);
            line += &format!(
                " filesrc location={} blocksize={} num-buffers=1 ! rawvideoparse format=rgba width={width} \
                 height={height} framerate=30/1 ! imagefreeze num-buffers={frames} ! queue max-size-buffers=3 ! c.sink_{}",
                files.card(n).display(),
                width * height * 4,
                n + mix.filters.len(),
            );
        }
        line.split_whitespace().map(str::to_owned).collect()
    };
    Line { name, still, words: Box::new(words), environment: if gl { HEADLESS } else { &[] } }
}

fn caps_gl(size: Size) -> String {
    format!("video/x-raw(memory:GLMemory),width={},height={}", size.width, size.height)
}

fn ffmpeg(size: Size, cameras: usize, cards: usize, filter: String) -> Line {
    let words = move |files: &Files, frames: u32| {
        let mut line = ffmpeg_words(files, size, cameras, cards, &filter);
        let out = ["-frames:v", &frames.to_string(), "-pix_fmt", "yuv420p", "-f", "null", "-"];
        line.extend(out.map(str::to_owned));
        line
    };
    Line { name: "ffmpeg", still: false, words: Box::new(words), environment: &[] }
}

/// The call up to the filter.
fn ffmpeg_words(files: &Files, size: Size, cameras: usize, cards: usize, filter: &str) -> Vec<String> {
    let mut line: Vec<String> =
        ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin"].map(str::to_owned).to_vec();
    let mut input = |format: &str, Size { width, height }: Size, path: String| {
        let size = format!("{width}x{height}");
        let words = ["-stream_loop", "-1", "-f", "rawvideo", "-pix_fmt", format, "-r", "30", "-s", &size, "-i", &path];
        line.extend(words.map(str::to_owned));
    };
    for n in 0..cameras {
        input("yuv420p", size, files.film(n).display().to_string());
    }
    for n in 0..cards {
        input("rgba", card(size), files.card(n).display().to_string());
    }
    line.extend(["-filter_complex".to_owned(), filter.to_owned()]);
    line
}

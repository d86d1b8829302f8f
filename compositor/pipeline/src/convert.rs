//! From whatever a decoder gives to the house's picture: progressive, BT.709, limited range, 4:2:0, square pixels.

use crate::element::{Missing, make};
use crate::picture;
use gstreamer::{self as gst, prelude::*};
use gstreamer_video as gst_video;
use vitrine_media::Size;

/// A chain of elements, first to last, that converts only what differs and chooses anew when the source changes.
/// `accepts` is asked about every new size; while it says no, pictures are dropped unconverted.
pub(crate) fn converter(accepts: impl Fn(Size) -> bool + Send + Sync + 'static) -> Result<Vec<gst::Element>, Missing> {
    let deinterlace = make("deinterlace")?;
    deinterlace.set_property_from_str("method", "yadif");
    // One picture per frame: the canvas shows no more, and two would cost double.
    deinterlace.set_property_from_str("fields", "top");
    let elements =
        vec![deinterlace, make("videoconvert")?, make("capsfilter")?, make("videoconvertscale")?, make("capsfilter")?];
    if let [first, _, between, _, last] = elements.as_slice()
        && let Some(pad) = first.static_pad("sink")
    {
        follow(&pad, between.clone(), last.clone(), accepts);
    }
    Ok(elements)
}

fn follow(
    pad: &gst::Pad,
    between: gst::Element,
    last: gst::Element,
    accepts: impl Fn(Size) -> bool + Send + Sync + 'static,
) {
    let refused = std::sync::atomic::AtomicBool::new(false);
    let wanted = gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::BUFFER;
    pad.add_probe(wanted, move |_, info| {
        use std::sync::atomic::Ordering::Relaxed;
        if info.buffer().is_some() {
            return if refused.load(Relaxed) { gst::PadProbeReturn::Drop } else { gst::PadProbeReturn::Ok };
        }
        if let Some(gst::EventView::Caps(caps)) = info.event().map(|e| e.view())
            && let Ok(video) = gst_video::VideoInfo::from_caps(caps.caps())
        {
            refused.store(!accepts(Size::new(video.width(), video.height())), Relaxed);
            between.set_property("caps", picture::between_caps(&video));
            last.set_property("caps", picture::target_caps(&video));
        }
        gst::PadProbeReturn::Ok
    });
}

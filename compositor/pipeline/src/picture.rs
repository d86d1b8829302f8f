//! Pictures cross to and from GStreamer by reference: a mapped buffer here, wrapped planes there.

use gstreamer as gst;
use gstreamer_video::{self as gst_video, VideoColorMatrix, VideoColorRange, VideoFormat, prelude::*};
use vitrine_media::{FrameRate, Picture, PictureData, PixelFormat, Plane, ShowTime, Size};

/// A decoded buffer that a picture lies in; returned to its decoder when the last holder lets go.
struct Mapped(gst_video::VideoFrame<gst_video::video_frame::Readable>);

impl PictureData for Mapped {
    fn plane(&self, index: usize) -> Plane<'_> {
        let bytes = u32::try_from(index).ok().and_then(|i| self.0.plane_data(i).ok()).unwrap_or_default();
        let stride = self.0.plane_stride().get(index).and_then(|s| usize::try_from(*s).ok()).unwrap_or(0);
        Plane { bytes, stride }
    }
}

/// The picture in a sample of raw video, without a copy; `None` if it isn't one of our formats.
pub(crate) fn picture_of(sample: &gst::Sample, pts: ShowTime) -> Option<Picture> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let format = match info.format() {
        VideoFormat::I420 => PixelFormat::I420,
        VideoFormat::A420 => PixelFormat::A420,
        _ => return None,
    };
    let size = Size::new(info.width(), info.height());
    let frame = gst_video::VideoFrame::from_buffer_readable(sample.buffer_owned()?, &info).ok()?;
    Picture::new(size, format, pts, std::sync::Arc::new(Mapped(frame)))
}

/// One plane of a picture as memory that GStreamer may hold.
struct PlaneOf {
    picture: Picture,
    index: usize,
}

impl AsRef<[u8]> for PlaneOf {
    fn as_ref(&self) -> &[u8] {
        self.picture.plane(self.index).bytes
    }
}

/// The picture as a GStreamer buffer over the same bytes; `None` for a picture that isn't I420.
pub(crate) fn buffer_of(picture: &Picture) -> Option<gst::Buffer> {
    if picture.format() != PixelFormat::I420 {
        return None;
    }
    let mut buffer = gst::Buffer::new();
    let target = buffer.get_mut()?;
    let (mut offsets, mut strides, mut at) = ([0; 3], [0; 3], 0);
    for index in 0..3 {
        let plane = picture.plane(index);
        *offsets.get_mut(index)? = at;
        *strides.get_mut(index)? = i32::try_from(plane.stride).ok()?;
        at += plane.bytes.len();
        target.append_memory(gst::Memory::from_slice(PlaneOf { picture: picture.clone(), index }));
    }
    let Size { width, height } = picture.size();
    let flags = gst_video::VideoFrameFlags::empty();
    gst_video::VideoMeta::add_full(target, flags, VideoFormat::I420, width, height, &offsets, &strides).ok()?;
    Some(buffer)
}

/// The caps of canvas pictures: I420, BT.709, limited range, progressive.
pub(crate) fn canvas_caps(size: Size, rate: FrameRate) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", size.width.cast_signed())
        .field("height", size.height.cast_signed())
        .field("framerate", gst::Fraction::new(rate.num().cast_signed(), rate.den().cast_signed()))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("interlace-mode", "progressive")
        .field("colorimetry", "bt709")
        .field("chroma-site", "mpeg2")
        .build()
}

/// What a source's pictures must become: as they are where they already fit, else BT.709 limited 4:2:0,
/// with alpha where the source has alpha, and with square pixels.
pub(crate) fn target_caps(info: &gst_video::VideoInfo) -> gst::Caps {
    let format = if info.has_alpha() { "A420" } else { "I420" };
    let colour = info.colorimetry();
    let same = matches!(info.format(), VideoFormat::I420 | VideoFormat::A420)
        && colour.matrix() == VideoColorMatrix::Bt709
        && colour.range() == VideoColorRange::Range16_235;
    let mut caps = gst::Caps::builder("video/x-raw").field("format", format);
    if !same {
        caps = caps.field("colorimetry", "bt709").field("chroma-site", "mpeg2");
    }
    let (num, den) = (info.par().numer(), info.par().denom());
    if num != den && num > 0 && den > 0 {
        let width = square_width(info.width(), num, den);
        caps = caps
            .field("width", width.cast_signed())
            .field("height", info.height().cast_signed())
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1));
    }
    caps.build()
}

/// Width of a picture of `num:den` pixels once its pixels are square, even, and not beyond what inputs may have.
fn square_width(width: u32, num: i32, den: i32) -> u32 {
    let wide = u64::from(width) * u64::from(num.unsigned_abs()) / u64::from(den.unsigned_abs().max(1));
    let wide = u32::try_from(wide).unwrap_or(u32::MAX).min(crate::limits::INPUT_SIDE_MAX);
    (wide & !1).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_media::PicturePool;

    #[test]
    fn a_picture_goes_there_and_back_over_the_same_bytes() {
        crate::init().unwrap();
        let size = Size::new(34, 18);
        let pool = PicturePool::new(1);
        let mut drawn = pool.take(size, PixelFormat::I420);
        for (value, plane) in (1_u8..).zip(drawn.planes()) {
            plane.bytes.fill(value);
        }
        let picture = drawn.freeze(ShowTime::from_millis(7));
        let buffer = buffer_of(&picture).unwrap();
        let caps = canvas_caps(size, FrameRate::new(30, 1).unwrap());
        let sample = gst::Sample::builder().buffer(&buffer).caps(&caps).build();
        let back = picture_of(&sample, picture.pts()).unwrap();
        for index in 0..3 {
            assert_eq!(back.plane(index).bytes.as_ptr(), picture.plane(index).bytes.as_ptr());
            assert_eq!(back.plane(index).stride, picture.plane(index).stride);
        }
    }

    #[test]
    fn only_what_differs_is_converted() {
        crate::init().unwrap();
        let info = |format, colour: &str| {
            let colour = colour.parse::<gst_video::VideoColorimetry>().unwrap();
            gst_video::VideoInfo::builder(format, 1920, 1080).colorimetry(&colour).build().unwrap()
        };
        assert_eq!(target_caps(&info(VideoFormat::I420, "bt709")).to_string(), "video/x-raw, format=(string)I420");
        assert!(target_caps(&info(VideoFormat::I420, "bt601")).to_string().contains("bt709"));
        assert!(target_caps(&info(VideoFormat::I420, "1:3:5:1")).to_string().contains("bt709"));
        assert!(target_caps(&info(VideoFormat::Argb, "sRGB")).to_string().contains("A420"));
    }

    #[test]
    fn pixels_become_square() {
        assert_eq!(square_width(720, 16, 15), 768);
        assert_eq!(square_width(720, 64, 45), 1024);
        assert_eq!(square_width(1, 1, 9), 2);
    }
}

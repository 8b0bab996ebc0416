//! Pictures, made anew: what a camera wrote beside the picture is gone, and so is
//! everything that only looked like one.

use std::{io::Cursor, num::NonZeroU64, time::Instant};

use image::{
    DynamicImage, GenericImageView as _, ImageDecoder, ImageEncoder, ImageFormat, ImageReader,
    Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
    metadata::Orientation,
};
use parlor_domain::limits;

/// Of 100; above it files grow and nobody sees why.
const JPEG_QUALITY: u8 = 90;
/// The same for small pictures.
const THUMBNAIL_QUALITY: u8 = 80;
/// A thumbhash is made of at most this many pixels a side.
const THUMBHASH_PX: u32 = 100;
/// A profile of colours that is kept; those of cameras and screens are far shorter.
const PROFILE_BYTES: usize = 16 * 1024;

/// A format that is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    Gif,
    WebP,
}

impl Format {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }

    /// How names of such files end.
    const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
        }
    }

    const fn of_library(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::Gif => ImageFormat::Gif,
            Self::WebP => ImageFormat::WebP,
        }
    }
}

/// Why a picture is not taken. What the libraries say of it is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    /// It is broken, or not a picture after all.
    #[error("the picture cannot be read")]
    Broken,
    /// It would take too much memory or time.
    #[error("the picture is too large: at most 12,000 pixels a side and 40 million in all")]
    TooLarge,
    /// It moves for too long.
    #[error("the picture has too many frames")]
    TooManyFrames,
    /// Not the part of it that was named.
    #[error("the part to show does not lie within the picture")]
    NotWithin,
}

impl From<image::ImageError> for Unusable {
    fn from(error: image::ImageError) -> Self {
        match error {
            image::ImageError::Limits(_) => Self::TooLarge,
            _ => Self::Broken,
        }
    }
}

impl From<gif::DecodingError> for Unusable {
    fn from(_: gif::DecodingError) -> Self {
        Self::Broken
    }
}

impl From<gif::EncodingError> for Unusable {
    fn from(_: gif::EncodingError) -> Self {
        Self::Broken
    }
}

/// A picture that was made anew.
pub(super) struct Remade {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    /// How its name has to end, where the format is another than before.
    pub extension: Option<&'static str>,
    pub width: u32,
    pub height: u32,
    pub thumbhash: Vec<u8>,
    pub thumbnail: Option<Thumbnail>,
}

/// A small picture.
pub(super) struct Thumbnail {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
}

/// A square part of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Square {
    pub x: u32,
    pub y: u32,
    pub size: u32,
}

/// Makes a picture anew.
pub(super) fn remake(source: &[u8], format: Format) -> Result<Remade, Unusable> {
    if format == Format::Gif {
        return remake_gif(source);
    }
    let Picture { image, profile } = read(source, format)?;
    let format_after = match format {
        // The library writes WebP without loss alone, which makes photographs five
        // times as long.
        Format::WebP if !image.color().has_alpha() && !is_lossless(source) => Format::Jpeg,
        same => same,
    };
    let bytes = write(&image, format_after, JPEG_QUALITY, profile)?;
    let extension = (format_after != format).then_some(format_after.extension());
    finished(bytes, &image, format_after, extension)
}

/// The square part of a picture that shows a person, as WebP; the largest in the
/// middle where none is named.
pub(super) fn portrait(
    source: &[u8],
    format: Format,
    part: Option<Square>,
) -> Result<Vec<u8>, Unusable> {
    let Picture { image, .. } = read(source, format)?;
    let (width, height) = image.dimensions();
    let size = width.min(height);
    let middle = Square { x: (width - size) / 2, y: (height - size) / 2, size };
    let Square { x, y, size } = part.unwrap_or(middle);
    let ends = |start: u32| start.checked_add(size);
    let within =
        ends(x).is_some_and(|end| end <= width) && ends(y).is_some_and(|end| end <= height);
    if size == 0 || !within {
        return Err(Unusable::NotWithin);
    }
    let square = image.crop_imm(x, y, size, size);
    let side = limits::AVATAR_PX;
    let portrait = if size > 2 * side {
        square.thumbnail_exact(side, side)
    } else {
        square.resize_exact(side, side, image::imageops::FilterType::CatmullRom)
    };
    write(&portrait, Format::WebP, JPEG_QUALITY, None)
}

/// The format of a picture that was made anew, by its media type.
pub(super) fn format_of(media_type: &str) -> Option<Format> {
    [Format::Jpeg, Format::Png, Format::Gif, Format::WebP]
        .into_iter()
        .find(|format| format.media_type() == media_type)
}

/// A picture in memory, upright, with eight bits for each colour.
struct Picture {
    image: DynamicImage,
    profile: Option<Vec<u8>>,
}

fn read(source: &[u8], format: Format) -> Result<Picture, Unusable> {
    let mut allowed = Limits::default();
    allowed.max_image_width = Some(limits::IMAGE_SIDE_PX);
    allowed.max_image_height = Some(limits::IMAGE_SIDE_PX);
    allowed.max_alloc = Some(limits::IMAGE_MEMORY_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(source), format.of_library());
    reader.limits(allowed);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits::IMAGE_PIXELS
        || decoder.total_bytes() > limits::IMAGE_MEMORY_BYTES
    {
        return Err(Unusable::TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    let color = image.color();
    let image = match (color.has_color(), color.has_alpha()) {
        (_, true) => DynamicImage::ImageRgba8(image.into_rgba8()),
        (true, false) => DynamicImage::ImageRgb8(image.into_rgb8()),
        (false, false) => DynamicImage::ImageLuma8(image.into_luma8()),
    };
    // A profile speaks of the colours that a picture was stored in (ICC.1:2022
    // section 7.2.6), which are others where those were converted.
    let space: &[u8] = if color.has_color() { b"RGB " } else { b"GRAY" };
    let profile = profile
        .filter(|profile| profile.len() <= PROFILE_BYTES && profile.get(16..20) == Some(space));
    Ok(Picture { image, profile })
}

fn write(
    image: &DynamicImage,
    format: Format,
    quality: u8,
    profile: Option<Vec<u8>>,
) -> Result<Vec<u8>, Unusable> {
    let mut bytes = Vec::new();
    match format {
        Format::Jpeg => encode(JpegEncoder::new_with_quality(&mut bytes, quality), image, profile),
        Format::WebP => {
            // It knows no shades of grey alone.
            let image = match image {
                DynamicImage::ImageLuma8(_) => &DynamicImage::ImageRgb8(image.to_rgb8()),
                image => image,
            };
            encode(WebPEncoder::new_lossless(&mut bytes), image, profile)
        }
        Format::Png | Format::Gif => encode(PngEncoder::new(&mut bytes), image, profile),
    }?;
    Ok(bytes)
}

fn encode(
    mut encoder: impl ImageEncoder,
    image: &DynamicImage,
    profile: Option<Vec<u8>>,
) -> Result<(), Unusable> {
    if let Some(profile) = profile {
        // Colours that are a little off are better than no picture.
        let _ = encoder.set_icc_profile(profile);
    }
    Ok(image.write_with_encoder(encoder)?)
}

fn finished(
    bytes: Vec<u8>,
    image: &DynamicImage,
    format: Format,
    extension: Option<&'static str>,
) -> Result<Remade, Unusable> {
    let (width, height) = image.dimensions();
    let side = limits::THUMBNAIL_PX;
    let small = (width > side || height > side).then(|| image.thumbnail(side, side));
    let tiny = small.as_ref().unwrap_or(image);
    let tiny = if tiny.width().max(tiny.height()) > THUMBHASH_PX {
        tiny.thumbnail(THUMBHASH_PX, THUMBHASH_PX).into_rgba8()
    } else {
        tiny.to_rgba8()
    };
    let side = |side: u32| usize::try_from(side).unwrap_or_default();
    let thumbhash =
        thumbhash::rgba_to_thumb_hash(side(tiny.width()), side(tiny.height()), tiny.as_raw());
    let thumbnail = small.map(|small| {
        let format = if small.color().has_alpha() { Format::Png } else { Format::Jpeg };
        let bytes = write(&small, format, THUMBNAIL_QUALITY, None)?;
        Ok::<_, Unusable>(Thumbnail { bytes, media_type: format.media_type() })
    });
    Ok(Remade {
        bytes,
        media_type: format.media_type(),
        extension,
        width,
        height,
        thumbhash,
        thumbnail: thumbnail.transpose()?,
    })
}

/// A GIF frame by frame, as it is seen: no comment, no application's block, nothing
/// after its end.
fn remake_gif(source: &[u8]) -> Result<Remade, Unusable> {
    let deadline = Instant::now() + limits::IMAGE_TIME / 2;
    count_frames(source)?;
    // The first frame as a whole picture: it checks the sizes too.
    let Picture { image, .. } = read(source, Format::Gif)?;
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    if let Some(most) = NonZeroU64::new(limits::IMAGE_PIXELS) {
        options.set_memory_limit(gif::MemoryLimit::Bytes(most));
    }
    let mut decoder = options.read_info(source)?;
    let palette = decoder.global_palette().unwrap_or_default().to_vec();
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, decoder.width(), decoder.height(), &palette)?;
    let mut is_first = true;
    while let Some(frame) = decoder.read_next_frame()? {
        if Instant::now() > deadline {
            return Err(Unusable::TooLarge);
        }
        // Its lines are in their order now.
        let frame = gif::Frame { interlaced: false, ..frame.clone() };
        if std::mem::take(&mut is_first) {
            encoder.set_repeat(decoder.repeat())?;
        }
        encoder.write_frame(&frame)?;
    }
    drop(encoder);
    if is_first {
        return Err(Unusable::Broken);
    }
    finished(bytes, &image, Format::Gif, None)
}

/// Refuses a GIF that moves for too long before anything in it is unpacked.
fn count_frames(source: &[u8]) -> Result<(), Unusable> {
    let mut options = gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let mut decoder = options.read_info(source)?;
    let (mut frames, mut pixels) = (0, 0);
    while let Some(frame) = decoder.next_frame_info()? {
        frames += 1;
        pixels += u64::from(frame.width) * u64::from(frame.height);
        if frames > limits::IMAGE_FRAMES || pixels > limits::IMAGE_FRAMES_PIXELS {
            return Err(Unusable::TooManyFrames);
        }
    }
    Ok(())
}

/// Whether a WebP holds its picture without loss (RFC 9649 section 2.6): its chunks
/// are looked through for `VP8L`.
fn is_lossless(source: &[u8]) -> bool {
    let mut rest = source.get(12..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        if head.starts_with(b"VP8L") {
            return true;
        }
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let padded = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1) & !1;
        rest = after.get(padded..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn picture(width: u32, height: u32) -> DynamicImage {
        let shade = |at: u32| u8::try_from(at % 251).unwrap_or_default();
        RgbImage::from_fn(width, height, |x, y| Rgb([shade(x), shade(y), shade(x + y)])).into()
    }

    fn gif(frames: usize, interlaced: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let palette = [255, 0, 0, 0, 255, 0];
        let mut encoder = gif::Encoder::new(&mut bytes, 4, 4, &palette).unwrap();
        encoder.set_repeat(gif::Repeat::Finite(3)).unwrap();
        for n in 0..frames {
            let buffer = vec![u8::try_from(n % 2).unwrap(); 16].into();
            let frame = gif::Frame {
                width: 4,
                height: 4,
                delay: 7,
                interlaced,
                buffer,
                ..gif::Frame::default()
            };
            encoder.write_frame(&frame).unwrap();
        }
        encoder.write_raw_extension(gif::AnyExtension(0xfe), &[b"a secret comment"]).unwrap();
        drop(encoder);
        bytes
    }

    #[test]
    fn u5_a_moving_picture_keeps_its_frames_and_nothing_else() {
        for interlaced in [false, true] {
            let source = [gif(3, interlaced), b"<script>".to_vec()].concat();
            let remade = remake(&source, Format::Gif).unwrap();
            let text = String::from_utf8_lossy(&remade.bytes);
            assert!(!text.contains("secret") && !text.contains("script"));
            let mut decoder = gif::Decoder::new(&remade.bytes[..]).unwrap();
            let mut frames = Vec::new();
            while let Some(frame) = decoder.read_next_frame().unwrap() {
                frames.push((frame.delay, frame.buffer[0], frame.interlaced));
            }
            assert_eq!(frames, [(7, 0, false), (7, 1, false), (7, 0, false)]);
            assert_eq!(decoder.repeat(), gif::Repeat::Finite(3));
        }
        let many = remake(&gif(limits::IMAGE_FRAMES + 1, false), Format::Gif);
        assert_eq!(many.err(), Some(Unusable::TooManyFrames));
    }

    #[test]
    fn a_photograph_in_webp_becomes_a_jpeg_and_a_drawing_stays() {
        let mut drawing = Vec::new();
        picture(20, 10).write_with_encoder(WebPEncoder::new_lossless(&mut drawing)).unwrap();
        let remade = remake(&drawing, Format::WebP).unwrap();
        assert_eq!((remade.media_type, remade.extension), ("image/webp", None));
        // Of the smallest photograph there is: one pixel, with loss.
        let photograph = b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0\x30\x01\0\x9d\x01\x2a\x01\0\x01\0\x02\0\x34\x25\xa4\0\x03\x70\0\xfe\xfb\xfd\x50\0";
        let remade = remake(photograph, Format::WebP).unwrap();
        assert_eq!((remade.media_type, remade.extension), ("image/jpeg", Some("jpg")));
    }

    #[test]
    fn colours_beyond_the_common_keep_their_profile() {
        let mut profile = vec![0; 128];
        profile[16..20].copy_from_slice(b"RGB ");
        let write = |image: &DynamicImage, profile: &[u8]| {
            write(image, Format::Jpeg, 90, Some(profile.to_vec())).unwrap()
        };
        let kept = |bytes: &[u8]| {
            let remade = remake(bytes, Format::Jpeg).unwrap().bytes;
            read(&remade, Format::Jpeg).unwrap().profile
        };
        assert_eq!(kept(&write(&picture(9, 9), &profile)), Some(profile.clone()));
        let grey = DynamicImage::ImageLuma8(picture(9, 9).to_luma8());
        assert_eq!(kept(&write(&grey, &profile)), None, "of other colours");
        let long = [&profile[..], &[0; PROFILE_BYTES]].concat();
        assert_eq!(kept(&write(&picture(9, 9), &long)), None, "nobody needs so long a one");
    }

    #[test]
    fn portraits_are_square_and_within_the_picture() {
        let wide: DynamicImage = RgbaImage::from_fn(300, 100, |x, _| {
            if (100..200).contains(&x) { Rgba([0, 255, 0, 255]) } else { Rgba([255, 0, 0, 255]) }
        })
        .into();
        let source = write(&wide, Format::Png, 90, None).unwrap();
        let seen = portrait(&source, Format::Png, None).unwrap();
        let seen = image::load_from_memory(&seen).unwrap().into_rgba8();
        assert_eq!((seen.width(), seen.height()), (limits::AVATAR_PX, limits::AVATAR_PX));
        assert!(seen.pixels().all(|pixel| pixel.0[1] == 255), "the middle");
        for part in [(201, 0, 100), (0, 1, 100), (0, 0, 0), (u32::MAX, 0, 2)] {
            let (x, y, size) = part;
            let refused = portrait(&source, Format::Png, Some(Square { x, y, size }));
            assert_eq!(refused, Err(Unusable::NotWithin), "{part:?}");
        }
    }

    #[test]
    fn u10_pictures_that_are_bent_crash_nothing() {
        let drawing = picture(40, 30);
        let sources = [
            (Format::Jpeg, write(&drawing, Format::Jpeg, 90, None).unwrap()),
            (Format::Png, write(&drawing, Format::Png, 90, None).unwrap()),
            (Format::WebP, write(&drawing, Format::WebP, 90, None).unwrap()),
            (Format::Gif, gif(3, false)),
        ];
        // The same ones in every run (Knuth's generator).
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for (format, source) in &sources {
            assert!(remake(source, *format).is_ok());
            for _ in 0..200 {
                let mut bent = source.clone();
                for _ in 0..=random(4) {
                    let at = random(bent.len());
                    bent[at] = u8::try_from(random(256)).unwrap();
                }
                bent.truncate(bent.len() - random(bent.len() / 2));
                // Some are still pictures; what matters is that it comes back.
                let _ = remake(&bent, *format);
            }
        }
    }
}

//! How long clips play. Only as much of one is read as says so, and whoever cannot read
//! it does not know: that is no fault of the file's.

use std::{
    io::{self, Read, Seek, SeekFrom},
    time::Instant,
};

use bytes::Bytes;
use lofty::{
    config::{ParseOptions, ParsingMode},
    file::{AudioFile as _, FileType},
    probe::Probe,
};
use parlor_domain::limits;
use tokio::runtime::Handle;

use super::{
    imaging::Unusable,
    objects::{Key, Objects},
    workshop::Workshop,
};

/// Read at once.
const BLOCK_BYTES: u64 = 32 * 1024;

/// How long a clip plays, in milliseconds; 0 where that is not known.
pub(super) async fn duration_ms(
    workshop: &Workshop,
    objects: &Objects,
    key: Key,
    bytes: u64,
    media_type: &'static str,
) -> u32 {
    let Some(container) = Container::of(media_type) else { return 0 };
    let (objects, handle) = (objects.clone(), Handle::current());
    let work = move || {
        let fetch = |range| handle.block_on(objects.range(key, range)).map_err(io::Error::other);
        Ok::<_, Unusable>(read(Window::new(fetch, bytes), container))
    };
    match workshop.run(work).await {
        Ok(duration) => duration.unwrap_or(0),
        Err(error) => {
            tracing::debug!(%error, "nobody looked how long a clip plays");
            0
        }
    }
}

/// What clips come in whose length can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    /// Of one sort of sound.
    Known(FileType),
    /// It says itself what sort that is.
    Ogg,
}

impl Container {
    fn of(media_type: &str) -> Option<Self> {
        Some(match media_type {
            "audio/mpeg" => Self::Known(FileType::Mpeg),
            "audio/mp4" | "video/mp4" | "video/quicktime" => Self::Known(FileType::Mp4),
            "audio/flac" => Self::Known(FileType::Flac),
            "audio/wav" => Self::Known(FileType::Wav),
            "audio/aac" => Self::Known(FileType::Aac),
            "audio/ogg" | "video/ogg" => Self::Ogg,
            _ => return None,
        })
    }
}

fn read(clip: impl Read + Seek, container: Container) -> Option<u32> {
    let options = ParseOptions::new()
        .read_tags(false)
        .read_cover_art(false)
        .parsing_mode(ParsingMode::Relaxed);
    let probe = match container {
        Container::Known(kind) => Probe::with_file_type(io::BufReader::new(clip), kind),
        Container::Ogg => Probe::new(io::BufReader::new(clip)).guess_file_type().ok()?,
    };
    let read = probe.options(options).read().ok()?;
    u32::try_from(read.properties().duration().as_millis()).ok()
}

/// A file of which only so many bytes are read, and only for so long.
struct Window<F> {
    fetch: F,
    length: u64,
    at: u64,
    block: Bytes,
    /// Where the block begins.
    start: u64,
    /// How many bytes may yet be read.
    left: u64,
    deadline: Instant,
}

impl<F: FnMut(std::ops::Range<u64>) -> io::Result<Bytes>> Window<F> {
    fn new(fetch: F, length: u64) -> Self {
        let deadline = Instant::now() + limits::CLIP_TIME;
        Self {
            fetch,
            length,
            at: 0,
            block: Bytes::new(),
            start: 0,
            left: limits::CLIP_READ_BYTES,
            deadline,
        }
    }

    /// What is there of the block from where the next byte is read.
    fn ahead(&self) -> &[u8] {
        let skip = self.at.checked_sub(self.start).and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.block.get(skip..)).unwrap_or_default()
    }
}

impl<F: FnMut(std::ops::Range<u64>) -> io::Result<Bytes>> Read for Window<F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length || into.is_empty() {
            return Ok(0);
        }
        if self.ahead().is_empty() {
            if Instant::now() > self.deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let end = self.length.min(self.at + BLOCK_BYTES);
            self.left = self.left.checked_sub(end - self.at).ok_or(io::ErrorKind::QuotaExceeded)?;
            self.block = (self.fetch)(self.at..end)?;
            self.start = self.at;
            if self.block.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let ahead = self.ahead();
        let length = ahead.len().min(into.len());
        into[..length].copy_from_slice(&ahead[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

impl<F> Seek for Window<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(from) => self.length.checked_add_signed(from),
            SeekFrom::Current(from) => self.at.checked_add_signed(from),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second and a half of silence (WAVE of 1991, PCM): 8,000 samples a second, of a
    /// byte each.
    fn wav() -> Vec<u8> {
        let data = [0x80; 12_000];
        let length = |more: usize| u32::try_from(data.len() + more).unwrap().to_le_bytes();
        let mut all = [&b"RIFF"[..], &length(36), b"WAVEfmt \x10\0\0\0\x01\0\x01\0"].concat();
        all.extend_from_slice(&8_000_u32.to_le_bytes());
        all.extend_from_slice(&8_000_u32.to_le_bytes());
        all.extend_from_slice(b"\x01\0\x08\0data");
        all.extend_from_slice(&length(0));
        all.extend_from_slice(&data);
        all
    }

    /// The same as MP3 (ISO/IEC 11172-3): frames of 1,152 samples, 44,100 a second.
    fn mp3(frames: usize) -> Vec<u8> {
        // Layer III, 128 kbit/s, without padding: 417 bytes each.
        let frame = [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat();
        frame.repeat(frames)
    }

    /// Boxes of ISO/IEC 14496-12: one track of sound, whose index stands at the end.
    fn mp4(media: usize) -> Vec<u8> {
        let boxed = |name: &[u8], of: &[&[u8]]| {
            let inside = of.concat();
            let length = u32::try_from(inside.len() + 8).unwrap().to_be_bytes();
            [&length[..], name, &inside].concat()
        };
        let mdhd =
            [&[0; 12][..], &1_000_u32.to_be_bytes(), &61_500_u32.to_be_bytes(), &[0; 4]].concat();
        let hdlr = [&[0; 8][..], b"soun", &[0; 13]].concat();
        let media_box = boxed(b"mdia", &[&boxed(b"mdhd", &[&mdhd]), &boxed(b"hdlr", &[&hdlr])]);
        [
            boxed(b"ftyp", &[b"M4A \0\0\0\0isom"]),
            boxed(b"mdat", &[&vec![0; media]]),
            boxed(b"moov", &[&boxed(b"trak", &[&media_box])]),
        ]
        .concat()
    }

    fn told(clip: &[u8], media_type: &str) -> Option<u32> {
        read(io::Cursor::new(clip), Container::of(media_type).unwrap())
    }

    #[test]
    fn clips_say_how_long_they_play() {
        assert_eq!(told(&wav(), "audio/wav"), Some(1_500));
        assert_eq!(told(&mp4(1_000), "audio/mp4"), Some(61_500));
        let told = told(&mp3(383), "audio/mpeg").unwrap();
        assert!((9_900..10_100).contains(&told), "{told}");
    }

    #[test]
    fn u10_what_cannot_be_read_is_not_known() {
        for media_type in
            ["audio/mpeg", "video/mp4", "audio/flac", "audio/wav", "audio/aac", "audio/ogg"]
        {
            assert_eq!(told(b"", media_type).unwrap_or(0), 0, "{media_type}");
            assert_eq!(told(&[0xff; 5_000], media_type).unwrap_or(0), 0, "{media_type}");
            for clip in [wav(), mp3(9), mp4(9)] {
                for cut in 0..clip.len().min(300) {
                    let _ = told(&clip[..cut], media_type);
                    let mut bent = clip.clone();
                    bent[cut] ^= 0xff;
                    // It comes back, and that is all that matters.
                    let _ = told(&bent, media_type);
                }
            }
        }
        assert_eq!(Container::of("video/webm"), None);
    }

    #[test]
    fn a_long_clip_is_not_read_as_a_whole() {
        let clip = mp4(60 * 1024 * 1024);
        let length = clip.len() as u64;
        let mut fetched = 0;
        let fetch = |range: std::ops::Range<u64>| {
            fetched += range.end - range.start;
            let at = |at: u64| usize::try_from(at).unwrap();
            Ok(Bytes::copy_from_slice(&clip[at(range.start)..at(range.end)]))
        };
        let container = Container::of("video/mp4").unwrap();
        assert_eq!(read(Window::new(fetch, length), container), Some(61_500));
        assert!(fetched <= 4 * BLOCK_BYTES, "{fetched}");
        // And one that leads about without end is given up.
        let mut window = Window::new(
            |range| Ok(Bytes::from(vec![0; (range.end - range.start) as usize])),
            u64::MAX,
        );
        let error = io::copy(&mut window, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
        assert_eq!(window.at, limits::CLIP_READ_BYTES);
    }
}

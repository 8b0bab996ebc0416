//! What a file is, by its first bytes; its name is asked only what it claims.

use parlor_domain::{Code, FileKind, FileName, Refusal};

use super::imaging::Format;

/// How many of its first bytes are looked at: the directory of an office document
/// begins with them.
pub(super) const HEAD_BYTES: usize = 64 * 1024;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A picture that is made anew.
    Picture(Format),
    /// Anything else, which stays as it came.
    AsItIs(FileKind, &'static str),
}

/// What a file is that is called `name` and begins with `head`.
///
/// # Errors
/// It is not what its name says: a picture, a clip or a document of a kind that can
/// be told from its bytes.
pub(super) fn look(head: &[u8], name: &FileName) -> Result<Kind, Refusal> {
    let found = infer::get(head).map(|found| found.mime_type()).or_else(|| container(head));
    let claim = Claim::of(&name.extension());
    let kind = found.map_or_else(|| plain(head), |found| known(found, claim));
    let holds = match (claim, kind) {
        (Some(Claim::Picture), Kind::Picture(_)) => true,
        (Some(Claim::Video | Claim::Audio), Kind::AsItIs(FileKind::Video | FileKind::Audio, _)) => {
            true
        }
        (Some(Claim::Document(media_type)), Kind::AsItIs(_, found)) => media_type == found,
        (claim, _) => claim.is_none(),
    };
    if holds {
        Ok(kind)
    } else {
        let message = "the file is not of the kind that its name says";
        Err(Refusal::new(Code::UnsupportedMediaType, message))
    }
}

/// What the end of a name says of a file, where its bytes can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Picture,
    Video,
    Audio,
    Document(&'static str),
}

impl Claim {
    fn of(extension: &str) -> Option<Self> {
        Some(match extension {
            "jpg" | "jpeg" | "jpe" | "jfif" | "png" | "gif" | "webp" => Self::Picture,
            "mp4" | "m4v" | "mov" | "webm" | "mkv" | "avi" | "ogv" => Self::Video,
            "mp3" | "m4a" | "ogg" | "oga" | "opus" | "weba" | "wav" | "flac" => Self::Audio,
            "pdf" => Self::Document(PDF),
            "zip" => Self::Document(ZIP),
            "gz" | "tgz" => Self::Document("application/gzip"),
            "7z" => Self::Document("application/x-7z-compressed"),
            _ => return None,
        })
    }
}

const PDF: &str = "application/pdf";
const ZIP: &str = "application/zip";
/// Of what nothing is known.
const BYTES: &str = "application/octet-stream";

/// Containers of clips by their first bytes alone, whatever they say of themselves
/// after those: ISO base media (ISO/IEC 14496-12 section 4.3) and Matroska (RFC 8794
/// section 11.2.1).
fn container(head: &[u8]) -> Option<&'static str> {
    match head {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("video/mp4"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("video/webm"),
        _ => None,
    }
}

/// The kind of a media type that the bytes show. Only types of this list are ever
/// told to a browser.
fn known(found: &'static str, claim: Option<Claim>) -> Kind {
    use FileKind::{Audio, Other, Video};
    // The same containers hold what is watched and what is heard.
    let either = |video, audio| match claim {
        Some(Claim::Audio) => Kind::AsItIs(Audio, audio),
        _ => Kind::AsItIs(Video, video),
    };
    match found {
        "image/jpeg" => Kind::Picture(Format::Jpeg),
        "image/png" => Kind::Picture(Format::Png),
        "image/gif" => Kind::Picture(Format::Gif),
        "image/webp" => Kind::Picture(Format::WebP),
        "video/mp4" | "video/x-m4v" => either("video/mp4", "audio/mp4"),
        "video/webm" => either("video/webm", "audio/webm"),
        "video/x-matroska" => either("video/x-matroska", "audio/x-matroska"),
        "video/quicktime" => Kind::AsItIs(Video, "video/quicktime"),
        "video/x-msvideo" => Kind::AsItIs(Video, "video/x-msvideo"),
        "audio/ogg" | "audio/opus" if claim == Some(Claim::Video) => {
            Kind::AsItIs(Video, "video/ogg")
        }
        "audio/ogg" | "audio/opus" => Kind::AsItIs(Audio, "audio/ogg"),
        "audio/mpeg" => Kind::AsItIs(Audio, "audio/mpeg"),
        "audio/m4a" => Kind::AsItIs(Audio, "audio/mp4"),
        "audio/x-flac" => Kind::AsItIs(Audio, "audio/flac"),
        "audio/x-wav" => Kind::AsItIs(Audio, "audio/wav"),
        "audio/aac" => Kind::AsItIs(Audio, "audio/aac"),
        "application/pdf"
        | "application/zip"
        | "application/gzip"
        | "application/x-7z-compressed"
        | "application/x-tar"
        | "application/vnd.rar"
        | "application/epub+zip"
        | "application/msword"
        | "application/vnd.ms-excel"
        | "application/vnd.ms-powerpoint"
        | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        | "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        | "application/vnd.oasis.opendocument.text"
        | "application/vnd.oasis.opendocument.spreadsheet"
        | "application/vnd.oasis.opendocument.presentation" => Kind::AsItIs(Other, found),
        // Programs, pages, pictures that are not made anew, and the rest: nothing
        // that a browser shall think about.
        _ => Kind::AsItIs(Other, BYTES),
    }
}

/// Text, or bytes of which nothing is known.
fn plain(head: &[u8]) -> Kind {
    // The last character may be cut.
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && head.len() >= HEAD_BYTES,
    };
    let shown = |byte: &u8| !byte.is_ascii_control() || matches!(byte, b'\n' | b'\r' | b'\t');
    let is_text = whole && head.iter().all(shown);
    Kind::AsItIs(FileKind::Other, if is_text { "text/plain" } else { BYTES })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const OGG: &[u8] = b"OggS\0\x02\0\0\0\0\0\0\0\0";
    const WEBM: &[u8] = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01";
    const MP4: &[u8] = b"\0\0\0\x18ftypxyz1\0\0\0\0";

    fn seen(head: &[u8], name: &str) -> Result<Kind, Code> {
        look(head, &FileName::parse(name).unwrap()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn u3_a_name_that_lies_is_refused() {
        let lie = Err(Code::UnsupportedMediaType);
        assert_eq!(seen(b"<html><script>alert(1)</script>", "cat.png"), lie);
        assert_eq!(seen(b"MZ\x90\0", "clip.mp4"), lie);
        assert_eq!(seen(b"MZ\x90\0", "report.pdf"), lie);
        assert_eq!(seen(PNG, "song.mp3"), lie);
        assert_eq!(seen(b"", "empty.jpg"), lie);
        // Cameras and browsers mix these up all the time.
        assert_eq!(seen(PNG, "cat.jpg"), Ok(Kind::Picture(Format::Png)));
        // A name that says nothing, or another thing than a picture, is no lie.
        assert_eq!(seen(PNG, "cat"), Ok(Kind::Picture(Format::Png)));
        assert_eq!(seen(b"%PDF-1.7\n", "a.pdf"), Ok(Kind::AsItIs(FileKind::Other, PDF)));
    }

    #[test]
    fn u2_what_could_hold_a_script_is_bytes_or_text() {
        let text = Ok(Kind::AsItIs(FileKind::Other, "text/plain"));
        let bytes = Ok(Kind::AsItIs(FileKind::Other, BYTES));
        assert_eq!(seen(b"<!DOCTYPE html><script>", "a.html"), bytes);
        assert_eq!(seen(b"<?xml version=\"1.0\"?><svg onload=\"x()\"/>", "a.svg"), bytes);
        assert_eq!(seen(b"<svg onload=\"x()\"/>", "a.svg"), text);
        assert_eq!(seen("早上好\n".as_bytes(), "a.md"), text);
        assert_eq!(seen(b"a\0b", "a.md"), bytes);
        assert_eq!(seen(b"\xff\xfe", "a.md"), bytes);
        assert_eq!(seen(b"", "a.md"), text);
    }

    #[test]
    fn a_container_is_heard_where_its_name_says_so() {
        assert_eq!(seen(OGG, "a.ogg"), Ok(Kind::AsItIs(FileKind::Audio, "audio/ogg")));
        assert_eq!(seen(OGG, "a.ogv"), Ok(Kind::AsItIs(FileKind::Video, "video/ogg")));
        assert_eq!(seen(WEBM, "a.webm"), Ok(Kind::AsItIs(FileKind::Video, "video/webm")));
        assert_eq!(seen(WEBM, "a.weba"), Ok(Kind::AsItIs(FileKind::Audio, "audio/webm")));
        assert_eq!(seen(MP4, "a.mp4"), Ok(Kind::AsItIs(FileKind::Video, "video/mp4")));
        assert_eq!(seen(MP4, "a.m4a"), Ok(Kind::AsItIs(FileKind::Audio, "audio/mp4")));
        let song = Ok(Kind::AsItIs(FileKind::Audio, "audio/mpeg"));
        assert_eq!(seen(b"\xff\xf3\x40\xc0rest of it", "a.mp3"), song);
    }
}

//! Uploads to the binary itself: what hostile files cost it, and what becomes of a file
//! when it is killed.

use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use parlor_control::{Objects, Sweeper};
use parlor_domain::{Clock as _, ManualClock, RequestId, SystemClock, limits};
use parlor_store::Database;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    process::Binary,
    support::{folder, json_of, post, registration, send},
};

const MEGABYTE: u64 = 1024 * 1024;

/// Somebody who is signed in to a binary.
struct Person {
    address: SocketAddr,
    token: String,
}

impl Person {
    async fn register(address: SocketAddr) -> Self {
        let url = format!("http://{address}/api/v1/register");
        let made = send(post(&url, None, &registration("ada"))).await;
        let token = json_of(&made)["access_token"].as_str().expect("a token").to_owned();
        Self { address, token }
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("http://{}/api/v1{path}", self.address))
            .header("authorization", format!("Bearer {}", self.token))
    }

    async fn get(&self, path: &str) -> Response<Bytes> {
        send(self.request(Method::GET, path).body(Full::default()).expect("a request")).await
    }

    /// Sends JSON; returns what came of it, which must be good.
    async fn made(&self, path: &str, body: &Value) -> Value {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .header("idempotency-key", RequestId::random().to_string())
            .body(Full::from(body.to_string()))
            .expect("a request");
        let answer = send(request).await;
        assert_eq!(answer.status(), 201, "{:?}", answer.body());
        json_of(&answer)
    }

    /// Announces a file; returns its id.
    async fn begin(&self, name: &str, bytes: usize) -> String {
        let begun =
            self.made("/uploads", &json!({ "name": name, "bytes": bytes.to_string() })).await;
        begun["id"].as_str().expect("an id").to_owned()
    }

    /// Sends what follows `offset`.
    async fn go_on(&self, id: &str, offset: usize, bytes: &[u8]) -> Response<Bytes> {
        let request = self
            .request(Method::PATCH, &format!("/uploads/{id}"))
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", offset.to_string())
            .body(Full::from(bytes[offset..].to_vec()))
            .expect("a request");
        send(request).await
    }

    async fn room(&self) -> String {
        let made = self.made("/rooms", &json!({ "name": "files" })).await;
        made["id"].as_str().expect("an id").to_owned()
    }
}

/// A line of `/proc/<pid>/status`, in bytes.
fn memory(pid: u32, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("the line");
    let kib = line.trim_start_matches(':').trim().trim_end_matches(" kB");
    kib.parse::<u64>().expect("a number") * 1024
}

/// What the kernel's high-water mark of a process's memory rises by while something is
/// done.
struct Peak {
    pid: u32,
    before: u64,
}

impl Peak {
    fn watch(pid: u32) -> Self {
        // Forgets how high it stood before (proc(5), clear_refs).
        fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("may");
        Self { pid, before: memory(pid, "VmRSS") }
    }

    fn rise(&self) -> u64 {
        memory(self.pid, "VmHWM").saturating_sub(self.before)
    }
}

/// A PNG of this size whose every bit is there: a few bytes for each thousand of them.
fn vast_png(side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("a head");
    let mut lines = writer.stream_writer().expect("a writer");
    let line = vec![0; side.div_ceil(8).try_into().expect("small")];
    for _ in 0..side {
        std::io::Write::write_all(&mut lines, &line).expect("memory");
    }
    lines.finish().expect("memory");
    writer.finish().expect("memory");
    bytes
}

/// A GIF that shows the same large frame so many times.
fn endless_gif(side: u16, frames: usize) -> Vec<u8> {
    let of = |frames: usize| {
        let mut bytes = Vec::new();
        let mut encoder = gif::Encoder::new(&mut bytes, side, side, &[0, 0, 0]).expect("a head");
        let buffer = vec![0; usize::from(side) * usize::from(side)];
        for _ in 0..frames {
            let frame = gif::Frame {
                width: side,
                height: side,
                buffer: (&buffer[..]).into(),
                ..gif::Frame::default()
            };
            encoder.write_frame(&frame).expect("memory");
        }
        drop(encoder);
        bytes
    };
    // One frame more is so many bytes more, before the byte that ends the file.
    let (one, two) = (of(1), of(2));
    let frame = &two[one.len() - 1..two.len() - 1];
    [&one[..one.len() - 1], &frame.repeat(frames - 1), &[0x3b]].concat()
}

/// A PNG of one pixel, and beside it a text that is as long as `bytes` when unpacked.
fn wordy_png(bytes: usize) -> Vec<u8> {
    let mut all = Vec::new();
    let mut encoder = png::Encoder::new(&mut all, 1, 1);
    encoder.add_ztxt_chunk("Comment".to_owned(), "0".repeat(bytes)).expect("a text");
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&[0]).expect("a pixel");
    drop(writer);
    all
}

/// A ZIP (APPNOTE 4.3) with one member, packed as the lines of a PNG are.
fn zip_of(png: &[u8], unpacked: u32) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut rest = &png[8..];
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if head.ends_with(b"IDAT") {
            packed.extend_from_slice(&after[..length]);
        }
        rest = &after[length + 4..];
    }
    // Without what zlib puts around it (RFC 1950).
    let packed = &packed[2..packed.len() - 4];
    let length = u32::try_from(packed.len()).expect("small");
    let fields = [
        &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
        &length.to_le_bytes(),
        &unpacked.to_le_bytes(),
        &[1, 0, 0, 0],
    ]
    .concat();
    let local = [b"PK\x03\x04", &fields[..], b"a", packed].concat();
    let central = [b"PK\x01\x02\x14\0", &fields[..], &[0; 14], b"a"].concat();
    let sizes = [
        u32::try_from(central.len()).expect("small").to_le_bytes(),
        u32::try_from(local.len()).expect("small").to_le_bytes(),
    ]
    .concat();
    [&local[..], &central, b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &sizes, &[0, 0]].concat()
}

/// What is refused is refused, what is taken is never unpacked, and neither costs time
/// or memory.
#[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
#[tokio::test]
async fn u4_bombs_cost_the_server_neither_time_nor_memory() {
    let folder = folder();
    let binary = Binary::start(folder.path());
    let ada = Person::register(binary.address).await;
    let vast = vast_png(65_535);
    let zip = zip_of(&vast, u32::MAX);
    for (what, name, bytes, status) in [
        ("nothing much, first", "a.png", wordy_png(9), 200),
        ("4 thousand million pixels", "a.png", vast, 422),
        ("10,000 large frames", "a.gif", endless_gif(500, 10_000), 422),
        ("256 MiB of text", "b.png", wordy_png(256 * 1024 * 1024), 200),
        ("512 MiB in an archive", "a.zip", zip, 200),
    ] {
        let peak = Peak::watch(binary.id());
        let begun = Instant::now();
        let id = ada.begin(name, bytes.len()).await;
        let answer = ada.go_on(&id, 0, &bytes).await;
        let (took, rise) = (begun.elapsed(), peak.rise());
        println!("{what}: {} bytes, {took:?}, {} MiB", bytes.len(), rise / MEGABYTE);
        assert_eq!(answer.status(), status, "{what}: {:?}", answer.body());
        assert!(took < Duration::from_secs(2), "{what}: {took:?}");
        assert!(rise < 200_000_000, "{what}: {} MiB", rise / MEGABYTE);
        let left = ada.get(&format!("/uploads/{id}")).await;
        assert_eq!(left.status() == 200, status == 200, "{what}: what is refused is gone");
    }
}

/// How often each kind of file is cut short.
const ROUNDS: usize = 6;

/// Where the random moments come from: `PARLOR_SIM_SEED` runs those of another seed.
fn seed() -> u64 {
    let asked = std::env::var("PARLOR_SIM_SEED").ok();
    asked.map_or(20_261_128, |seed| seed.parse().expect("PARLOR_SIM_SEED is a number"))
}

/// Uploads a file again and again to a server that is killed meanwhile: it goes on where
/// the server says, comes out as `want`, and leaves nothing behind.
async fn killed(name: &str, bytes: &[u8], objects: usize) {
    let folder = folder();
    let mut binary = Binary::start(folder.path());
    let mut ada = Person::register(binary.address).await;
    let room = ada.room().await;
    // As the server hands it out, where nothing is in its way.
    let mut want = None;
    let mut random = StdRng::seed_from_u64(seed());
    for round in 0..=ROUNDS {
        let id = ada.begin(name, bytes.len()).await;
        let mut moment = "undisturbed".to_owned();
        if round > 0 {
            // Every other time all of it is sent, and the end of it is in the making.
            let sent =
                if round % 2 == 0 { bytes.len() } else { random.random_range(0..bytes.len()) };
            let pause = Duration::from_micros(random.random_range(0..60_000));
            moment = format!("seed {}, round {round}: {sent} bytes, {pause:?}", seed());
            let mut stream = TcpStream::connect(binary.address).await.expect("connects");
            let mut head =
                format!("PATCH /api/v1/uploads/{id} HTTP/1.1\r\nhost: {}\r\n", binary.address);
            write!(head, "authorization: Bearer {}\r\nupload-offset: 0\r\n", ada.token)
                .expect("text");
            write!(
                head,
                "content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
                bytes.len()
            )
            .expect("text");
            stream.write_all(head.as_bytes()).await.expect("sent");
            stream.write_all(&bytes[..sent]).await.expect("sent");
            // The answer may come before the moment, and then it is the moment.
            let _ = timeout(pause, stream.read(&mut [0; 1])).await;
            binary.signal("KILL");
            binary.ended();
            binary = Binary::start(folder.path());
            ada.address = binary.address;
            let status = ada.get(&format!("/uploads/{id}")).await;
            assert_eq!(status.status(), 200, "it is not forgotten; {moment}");
            let status = json_of(&status);
            let offset = status["offset"].as_str().expect("a number").parse().expect("a number");
            assert!(offset <= sent, "{offset} bytes never came; {moment}");
            unseen(&ada, &room, &id, round, &moment).await;
            if status["file"].is_null() {
                let answer = ada.go_on(&id, offset, bytes).await;
                assert_eq!(answer.status(), 200, "{:?}; {moment}", answer.body());
            }
        } else {
            assert_eq!(ada.go_on(&id, 0, bytes).await.status(), 200);
        }
        let message = json!({ "text": "", "attachment_ids": [id] });
        ada.made(&format!("/rooms/{room}/messages"), &message).await;
        let got = ada.get(&format!("/rooms/{room}/files/{id}")).await;
        assert_eq!(got.status(), 200, "{moment}");
        let want = want.get_or_insert_with(|| got.body().clone());
        assert!(got.body() == want, "other bytes; {moment}");
    }
    if Path::new(name).extension().is_some_and(|it| it == "bin") {
        assert!(want.expect("it came") == bytes);
    }
    binary.signal("TERM");
    binary.ended();
    swept(&folder.path().join("parlor.db"), &folder.path().join("files"), objects).await;
}

/// Nobody sees anything of a file that is not posted.
async fn unseen(ada: &Person, room: &str, id: &str, posted: usize, moment: &str) {
    let file = ada.get(&format!("/rooms/{room}/files/{id}")).await;
    assert_eq!(file.status(), 404, "{moment}");
    let listed = json_of(&ada.get(&format!("/rooms/{room}/files")).await);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(posted), "{moment}");
    let history = json_of(&ada.get(&format!("/rooms/{room}/messages")).await);
    assert!(!history.to_string().contains(id), "{moment}");
}

/// After a day there are the objects of what was posted and no others.
async fn swept(database: &Path, files: &Path, objects: usize) {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    clock.advance(2 * limits::UPLOAD_LIFETIME);
    let database = Database::Sqlite { path: database.to_owned() };
    let opened = parlor_store::open(&database, Arc::clone(&clock) as _).await.expect("opens");
    let sweeper = Sweeper {
        files: opened.store.files.clone(),
        objects: Objects::folder(files).expect("a folder"),
        clock,
    };
    assert_eq!(sweeper.sweep_gone().await, Ok(0), "all are posted");
    sweeper.sweep_orphans().await.expect("can");
    assert_eq!(count(files), (ROUNDS + 1) * objects);
}

/// Files in a folder and in those below it.
fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(
            |entry| {
                if entry.file_type().expect("a type").is_dir() { count(&entry.path()) } else { 1 }
            },
        )
        .sum()
}

fn bytes(megabytes: u32) -> Vec<u8> {
    (0..megabytes * 1_000_000).map(|n| u8::try_from(n % 251).expect("small")).collect()
}

#[tokio::test]
async fn c16_a_file_that_is_put_together_at_once_survives_kill_9() {
    killed("short.bin", &bytes(5), 1).await;
}

#[tokio::test]
async fn c16_a_file_that_is_put_together_in_parts_survives_kill_9() {
    killed("long.bin", &bytes(21), 1).await;
}

#[tokio::test]
async fn c16_a_picture_survives_kill_9() {
    let mut photo = Vec::new();
    let mut encoder = png::Encoder::new(&mut photo, 1_500, 1_000);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&bytes(5)[..4_500_000]).expect("memory");
    drop(writer);
    // Itself and its small picture.
    killed("photo.png", &photo, 2).await;
}

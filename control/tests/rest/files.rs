//! Files: how they come, what they become, who gets them. Names cite the rows U1 to U10.

use std::{io, sync::Arc};

use axum::body::Body;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use object_store::{ObjectMeta, ObjectStore as _, memory::InMemory};
use parlor_control::{FileLimits, Objects, Settings};
use parlor_domain::{RequestId, limits};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stack::{Ask, Person, Reply, Stack};

const OFFSET_TYPE: &str = "application/offset+octet-stream";

/// A stack whose objects can be looked at.
pub(crate) async fn open_stack() -> (Stack, Arc<InMemory>) {
    let objects = Arc::new(InMemory::new());
    let store = Arc::clone(&objects);
    (Stack::with(|deps| deps.objects = Objects::of(store)).await, objects)
}

pub(crate) async fn keys(objects: &InMemory) -> Vec<String> {
    let all: Vec<ObjectMeta> = objects.list(None).try_collect().await.unwrap();
    all.iter().map(|object| object.location.to_string()).collect()
}

pub(crate) async fn begin(stack: &Stack, who: &Person, name: &str, bytes: usize) -> String {
    let body = json!({"name": name, "bytes": bytes.to_string()});
    let upload = stack.post("/api/v1/uploads").by(who).json(body).send().await.ok(201);
    assert_eq!((&upload["offset"], &upload["file"]), (&json!("0"), &Value::Null));
    upload["id"].as_str().unwrap().to_owned()
}

fn patch<'a>(stack: &'a Stack, who: &Person, id: &str, offset: usize) -> Ask<'a> {
    let path = format!("/api/v1/uploads/{id}");
    stack.patch(&path).by(who).header("upload-offset", &offset.to_string())
}

pub(crate) async fn send(
    stack: &Stack,
    who: &Person,
    id: &str,
    offset: usize,
    bytes: impl Into<Body>,
) -> Reply {
    patch(stack, who, id, offset).raw(OFFSET_TYPE, bytes).send().await
}

/// Uploads a file at once: its JSON.
pub(crate) async fn upload(stack: &Stack, who: &Person, name: &str, bytes: &[u8]) -> Value {
    let id = begin(stack, who, name, bytes.len()).await;
    let upload = send(stack, who, &id, 0, bytes.to_vec()).await.ok(200);
    assert_eq!((&upload["id"], &upload["file"]["id"]), (&json!(id), &json!(id)));
    assert_eq!(upload["offset"], upload["bytes"]);
    upload["file"].clone()
}

/// What becomes of such an upload that is refused.
async fn refused(stack: &Stack, who: &Person, name: &str, bytes: &[u8]) -> (u16, String) {
    let id = begin(stack, who, name, bytes.len()).await;
    let reply = send(stack, who, &id, 0, bytes.to_vec()).await;
    let path = format!("/api/v1/uploads/{id}");
    stack.get(&path).by(who).send().await.refused(404, "NOT_FOUND");
    (reply.status.as_u16(), reply.json()["code"].as_str().unwrap().to_owned())
}

pub(crate) async fn post(
    stack: &Stack,
    who: &Person,
    room: &str,
    text: &str,
    files: &[&Value],
) -> Reply {
    let ids: Vec<&Value> = files.iter().map(|file| &file["id"]).collect();
    let body = json!({"text": text, "attachment_ids": ids});
    stack.post(&format!("/api/v1/rooms/{room}/messages")).by(who).json(body).send().await
}

pub(crate) fn path(room: &str, file: &Value) -> String {
    format!("/api/v1/rooms/{room}/files/{}", file["id"].as_str().unwrap())
}

/// Uploads a file and posts it to a room of `who`: the file, and the message's seq.
pub(crate) async fn share(
    stack: &Stack,
    who: &Person,
    room: &str,
    name: &str,
    bytes: &[u8],
) -> (Value, String) {
    let file = upload(stack, who, name, bytes).await;
    let seq =
        post(stack, who, room, "", &[&file]).await.ok(201)["seq"].as_str().unwrap().to_owned();
    (file, seq)
}

pub(crate) fn picture(width: u32, height: u32) -> DynamicImage {
    let shade = |at: u32| u8::try_from(at % 251).unwrap();
    RgbImage::from_fn(width, height, |x, y| Rgb([shade(x), shade(y), shade(x + y)])).into()
}

pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG that lies on its side and tells where it was taken (Exif 2.32, section 4.6).
fn with_exif(jpeg: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    // Orientation 6: turn it right. A make, as long as it likes.
    tiff.extend_from_slice(&[0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    tiff.extend_from_slice(&[0x0f, 1, 2, 0]);
    tiff.extend_from_slice(&u32::try_from(secret.len()).unwrap().to_le_bytes());
    tiff.extend_from_slice(&38_u32.to_le_bytes());
    tiff.extend_from_slice(&[0; 4]);
    tiff.extend_from_slice(secret);
    let segment = [b"Exif\0\0", &tiff[..]].concat();
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
}

#[tokio::test]
async fn a_file_comes_in_parts_and_goes_to_members() {
    let (stack, objects) = open_stack().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    // More than two pieces, in parts that end where no piece does.
    let bytes: Vec<u8> = (0..5 * 1024 * 1024_u32).map(|n| (n % 253) as u8).collect();
    let id = begin(&stack, &ada, "data.bin", bytes.len()).await;
    let (mut offset, parts) = (0, [1, 700_000, 2_500_000, 0, 1_000]);
    for part in parts {
        let next = offset + part;
        let told = send(&stack, &ada, &id, offset, bytes[offset..next].to_vec()).await.ok(200);
        assert_eq!((&told["offset"], &told["file"]), (&json!(next.to_string()), &Value::Null));
        offset = next;
    }
    let stored = keys(&objects).await;
    assert!(stored.len() <= 2, "short pieces grow: {stored:?}");
    let wrong = send(&stack, &ada, &id, 5, "x").await.refused(409, "CONFLICT");
    assert_eq!(wrong.header("upload-offset"), offset.to_string());
    let status = format!("/api/v1/uploads/{id}");
    let told = stack.get(&status).by(&ada).send().await.ok(200);
    assert_eq!(told["offset"], offset.to_string());
    // As it comes over a network.
    let rest: Vec<_> =
        bytes[offset..].chunks(60_000).map(|part| Ok::<_, io::Error>(part.to_vec())).collect();
    let done = send(&stack, &ada, &id, offset, Body::from_stream(stream::iter(rest))).await.ok(200);
    let file = &done["file"];
    assert_eq!(file["bytes"], bytes.len().to_string());
    assert_eq!(
        (&file["kind"], &file["media_type"]),
        (&json!("other"), &json!("application/octet-stream"))
    );
    assert_eq!(keys(&objects).await.len(), 1, "pieces are gone");
    // At its end, with nothing, it stays what it is.
    assert_eq!(send(&stack, &ada, &id, bytes.len(), "").await.ok(200), done);
    assert_eq!(stack.get(&status).by(&ada).send().await.ok(200), done);

    let message = post(&stack, &ada, &room, "take it", &[file]).await.ok(201);
    let history =
        stack.get(&format!("/api/v1/rooms/{room}/messages")).by(&bob).send().await.ok(200);
    let shown = &history["messages"][0];
    assert_eq!((&shown["seq"], &shown["attachments"]), (&message["seq"], &json!([file])));
    let got = stack.get(&path(&room, file)).by(&bob).send().await;
    assert_eq!((got.status.as_u16(), got.body.len()), (200, bytes.len()));
    assert!(got.body == bytes);
    assert_eq!(got.header("content-length"), bytes.len().to_string());
    let listed = stack.get(&format!("/api/v1/rooms/{room}/files")).by(&bob).send().await.ok(200);
    let entry = &listed["items"][0];
    assert_eq!(
        (&entry["id"], &entry["message_seq"], &entry["sender_id"], &entry["at"]),
        (&file["id"], &message["seq"], &json!(ada.id), &message["at"])
    );
}

#[tokio::test]
async fn c2_an_upload_begins_once() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let key = RequestId::random();
    let begin = async |bytes: &str| {
        let body = json!({"name": "a", "bytes": bytes});
        stack.post("/api/v1/uploads").by(&ada).key(&key).json(body).send().await
    };
    let first = begin("7").await.ok(201);
    send(&stack, &ada, first["id"].as_str().unwrap(), 0, "abc").await.ok(200);
    let again = begin("7").await.ok(201);
    assert_eq!((&again["id"], &again["offset"]), (&first["id"], &json!("3")));
    begin("8").await.refused(409, "IDEMPOTENCY_MISMATCH");
    let nothing = upload(&stack, &ada, "nothing.txt", b"").await;
    assert_eq!((&nothing["bytes"], &nothing["media_type"]), (&json!("0"), &json!("text/plain")));
}

#[tokio::test]
async fn several_files_on_one_message_and_none_too_many() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let mut files = Vec::new();
    for n in 0..=limits::ATTACHMENTS {
        files.push(upload(&stack, &ada, &format!("{n}.txt"), b"text").await);
    }
    let all: Vec<&Value> = files.iter().collect();
    post(&stack, &ada, &room, "", &all).await.refused(422, "UNPROCESSABLE");
    post(&stack, &ada, &room, "", &[all[0], all[0]]).await.refused(422, "UNPROCESSABLE");
    post(&stack, &ada, &room, "", &[]).await.refused(422, "UNPROCESSABLE");
    let ten = &all[..limits::ATTACHMENTS];
    post(&stack, &ada, &room, "", ten).await.ok(201);
    let again = post(&stack, &ada, &room, "", &ten[..1]).await;
    again.refused(409, "CONFLICT");
    // A page after the other, of one kind alone.
    let list = async |query: &str| {
        let path = format!("/api/v1/rooms/{room}/files{query}");
        stack.get(&path).by(&ada).send().await.ok(200)
    };
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let page = list("?limit=7").await;
    assert_eq!(names(&page)[..2], ["9.txt", "8.txt"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = list(&format!("?limit=7&cursor={cursor}")).await;
    assert_eq!(
        (names(&rest), &rest["next_cursor"]),
        (["2", "1", "0"].map(|n| format!("{n}.txt")).to_vec(), &Value::Null)
    );
    assert_eq!(list("?kind=image").await["items"], json!([]));
    let other = format!("/api/v1/rooms/{room}/files?kind=other&cursor={cursor}");
    stack.get(&other).by(&ada).send().await.refused(400, "INVALID_CURSOR");
    let unknown = format!("/api/v1/rooms/{room}/files?kind=song");
    stack.get(&unknown).by(&ada).send().await.refused(400, "INVALID_ARGUMENT");
}

#[tokio::test]
async fn u1_names_are_names_and_nothing_else() {
    let (stack, objects) = open_stack().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    for bad in ["", "..", "a\0b", "a\r\nb", "/", "x".repeat(1_024).as_str()] {
        let body = json!({"name": bad, "bytes": "3"});
        let reply = stack.post("/api/v1/uploads").by(&ada).json(body).send().await;
        reply.refused(422, "UNPROCESSABLE");
    }
    for (sent, kept) in [
        ("../../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\plan.txt", "plan.txt"),
        ("/etc/shadow", "shadow"),
        ("a\u{202E}txt.exe", "atxt.exe"),
        ("\"; filename=\"x", "\"; filename=\"x"),
    ] {
        let (file, _) = share(&stack, &ada, &room, sent, b"abc").await;
        assert_eq!(file["name"], kept);
        let got = stack.get(&path(&room, &file)).by(&ada).send().await;
        let told = got.header("content-disposition");
        assert!(told.starts_with("attachment; filename=\""), "{told}");
        assert_eq!(told.matches('"').count(), 2, "{told}");
    }
    for key in keys(&objects).await {
        let (shelf, id) = key.split_once('/').unwrap();
        assert!(shelf == "files" && id.parse::<Uuid>().is_ok(), "{key}");
    }
}

#[tokio::test]
async fn u2_what_holds_a_script_is_taken_home_and_never_run() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    for (name, bytes) in [
        ("a.svg", &b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"[..]),
        ("a.html", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("a.xml", b"<?xml version=\"1.0\"?><x/>"),
        ("a.pdf", b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>"),
    ] {
        let (file, _) = share(&stack, &ada, &room, name, bytes).await;
        assert_eq!(file["kind"], "other");
        let got = stack.get(&path(&room, &file)).by(&ada).send().await;
        assert_eq!(got.body, bytes, "as it came");
        assert!(got.header("content-disposition").starts_with("attachment;"), "{name}");
        assert_eq!(got.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("cross-origin-resource-policy"), "same-origin");
        let told = got.header("content-type");
        let known = ["application/octet-stream", "text/plain", "application/pdf"];
        assert!(known.contains(&told), "{name}: {told}");
    }
}

#[tokio::test]
async fn a_clip_says_how_long_it_plays() {
    let (stack, _) = open_stack().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    // Of one channel with 8,000 samples of a byte each second.
    let sound = [0x80; 12_000];
    let length = |more: usize| u32::try_from(sound.len() + more).unwrap().to_le_bytes();
    let rate = 8_000_u32.to_le_bytes();
    let head = [&b"RIFF"[..], &length(36), b"WAVEfmt \x10\0\0\0\x01\0\x01\0", &rate, &rate];
    let wav = [&head.concat()[..], b"\x01\0\x08\0data", &length(0), &sound].concat();
    let (file, _) = share(&stack, &ada, &room, "note.wav", &wav).await;
    assert_eq!((&file["kind"], &file["duration_ms"]), (&json!("audio"), &json!(1_500)));
    let messages = stack.get(&format!("/api/v1/rooms/{room}/messages")).by(&ada).send().await;
    let told = &messages.ok(200)["messages"][0]["attachments"][0];
    assert_eq!(told["duration_ms"], 1_500, "to everybody");
}

#[tokio::test]
async fn u3_a_file_that_lies_about_its_kind_is_refused() {
    let (stack, objects) = open_stack().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let html = b"<html><script>alert(1)</script></html>";
    for name in ["cat.png", "cat.gif", "clip.mp4", "song.mp3", "a.pdf"] {
        let lie = refused(&stack, &ada, name, html).await;
        assert_eq!(lie, (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{name}");
    }
    assert_eq!(keys(&objects).await, [""; 0]);
    // A picture with something behind it is a picture and nothing else.
    let polyglot = [&encoded(&picture(9, 9), ImageFormat::Png)[..], b"PK\x03\x04", html].concat();
    let (file, _) = share(&stack, &ada, &room, "cat.jpg", &polyglot).await;
    assert_eq!(file["media_type"], "image/png", "the server's own word");
    let got = stack.get(&path(&room, &file)).by(&ada).send().await;
    assert_eq!(got.header("content-type"), "image/png");
    let held = |what: &[u8]| got.body.windows(what.len()).any(|part| part == what);
    assert!(!held(b"PK\x03\x04") && !held(b"<script"));
}

#[tokio::test]
async fn u4_u10_hostile_pictures_are_refused() {
    let (stack, objects) = open_stack().await;
    let ada = stack.person("ada").await;
    let mut vast = Vec::new();
    drop(png::Encoder::new(&mut vast, 65_535, 65_535).write_header().unwrap());
    let mut endless = Vec::new();
    {
        let mut gif = gif::Encoder::new(&mut endless, 1, 1, &[0, 0, 0]).unwrap();
        for _ in 0..10_000 {
            gif.write_frame(&gif::Frame {
                width: 1,
                height: 1,
                buffer: vec![0].into(),
                ..gif::Frame::default()
            })
            .unwrap();
        }
    }
    let good = encoded(&picture(64, 64), ImageFormat::Png);
    let bad = (422, "UNPROCESSABLE".to_owned());
    for (what, name, bytes) in [
        ("too many pixels", "a.png", &vast[..]),
        ("too many frames", "a.gif", &endless),
        ("cut", "a.png", &good[..good.len() / 2]),
        ("a head alone", "a.png", &good[..40]),
        ("a head alone", "a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
        ("a head alone", "a.gif", b"GIF89a\xff\xff\xff\xff\0\0\0"),
        ("a head alone", "a.webp", b"RIFF\xff\0\0\0WEBPVP8 "),
    ] {
        assert_eq!(refused(&stack, &ada, name, bytes).await, bad, "{what}: {name}");
    }
    assert_eq!(keys(&objects).await, [""; 0], "nothing is left");
    // What is packed a thousandfold beside the picture is never unpacked.
    let mut bomb = Vec::new();
    {
        let mut png = png::Encoder::new(&mut bomb, 1, 1);
        png.add_ztxt_chunk("Comment".to_owned(), "0".repeat(64 * 1024 * 1024)).unwrap();
        png.write_header().unwrap().write_image_data(&[0]).unwrap();
    }
    let file = upload(&stack, &ada, "bomb.png", &bomb).await;
    assert_eq!((&file["width"], &file["kind"]), (&json!(1), &json!("image")));
    assert!(file["bytes"].as_str().unwrap().parse::<usize>().unwrap() < 1_000);
    // An archive is bytes, however deep.
    let zip = upload(&stack, &ada, "bomb.zip", b"PK\x03\x04\x14\0\0\0\x08\0rest").await;
    assert_eq!((&zip["kind"], &zip["media_type"]), (&json!("other"), &json!("application/zip")));
}

#[tokio::test]
async fn u5_no_rendition_tells_where_a_picture_was_taken() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let secret = b"GPS 51.4779 N 0.0015 W";
    let jpeg = with_exif(&encoded(&picture(1_600, 900), ImageFormat::Jpeg), secret);
    let (file, _) = share(&stack, &ada, &room, "photo.jpg", &jpeg).await;
    assert_eq!((&file["width"], &file["height"]), (&json!(900), &json!(1_600)), "upright");
    assert_eq!((&file["kind"], &file["thumbnail"]), (&json!("image"), &json!(true)));
    assert!(file["thumbhash"].as_str().unwrap().len() > 20);
    let whole = stack.get(&path(&room, &file)).by(&ada).send().await;
    let small =
        stack.get(&format!("{}?rendition=thumbnail", path(&room, &file))).by(&ada).send().await;
    for (got, size) in [(&whole, (900, 1_600)), (&small, (360, 640))] {
        assert_eq!(got.status, 200);
        assert_eq!(got.header("content-type"), "image/jpeg");
        assert_eq!(
            got.header("content-disposition"),
            "inline; filename=\"photo.jpg\"; filename*=UTF-8''photo.jpg"
        );
        assert_eq!(got.header("content-length"), got.body.len().to_string());
        let held = |what: &[u8]| got.body.windows(what.len()).any(|part| part == what);
        assert!(!held(secret) && !held(b"Exif"));
        let seen = image::load_from_memory(&got.body).unwrap();
        assert_eq!((seen.width(), seen.height()), size);
    }
    assert_eq!(whole.body.len().to_string(), file["bytes"].as_str().unwrap());
    // A small picture needs no smaller one.
    let (tiny, _) =
        share(&stack, &ada, &room, "tiny.webp", &encoded(&picture(9, 9), ImageFormat::WebP)).await;
    assert_eq!((&tiny["thumbnail"], &tiny["media_type"]), (&json!(false), &json!("image/webp")));
    let none = format!("{}?rendition=thumbnail", path(&room, &tiny));
    stack.get(&none).by(&ada).send().await.refused(404, "NOT_FOUND");
    let other = format!("{}?rendition=raw", path(&room, &tiny));
    stack.get(&other).by(&ada).send().await.refused(400, "INVALID_ARGUMENT");
}

#[tokio::test]
async fn u6_bodies_that_are_too_long_or_break_off() {
    let (stack, objects) = open_stack().await;
    let ada = stack.person("ada").await;
    let broken = |parts: Vec<&'static str>| {
        let gone = stream::iter([Err(io::Error::other("gone"))]);
        Body::from_stream(stream::iter(parts).map(Ok).chain(gone))
    };
    // What came is kept, and the rest goes on from there.
    let id = begin(&stack, &ada, "a.txt", 9).await;
    send(&stack, &ada, &id, 0, broken(vec!["abc", "de"])).await.refused(400, "INVALID_ARGUMENT");
    let status = format!("/api/v1/uploads/{id}");
    assert_eq!(stack.get(&status).by(&ada).send().await.ok(200)["offset"], "5");
    send(&stack, &ada, &id, 5, "fghi").await.ok(200);
    // Too long, with a length or without.
    for body in [
        Body::from("abcde"),
        Body::from_stream(stream::iter(["ab", "cde"].map(Ok::<_, io::Error>))),
    ] {
        let id = begin(&stack, &ada, "a.txt", 4).await;
        send(&stack, &ada, &id, 0, body).await.refused(413, "TOO_LARGE");
        let status = format!("/api/v1/uploads/{id}");
        stack.get(&status).by(&ada).send().await.refused(404, "NOT_FOUND");
    }
    // Bodies and heads of other kinds.
    let id = begin(&stack, &ada, "a.txt", 4).await;
    let form = patch(&stack, &ada, &id, 0).raw("multipart/form-data", "x").send().await;
    form.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    for offset in ["", "-1", "x", "1 ", "18446744073709551616"] {
        let path = format!("/api/v1/uploads/{id}");
        let ask = stack.patch(&path).by(&ada).header("upload-offset", offset);
        ask.raw(OFFSET_TYPE, "x").send().await.refused(400, "INVALID_ARGUMENT");
    }
    let path = format!("/api/v1/uploads/{id}");
    let none = stack.patch(&path).by(&ada).raw(OFFSET_TYPE, "x").send().await;
    none.refused(400, "INVALID_ARGUMENT");
    // Cancelled: nothing of it is left.
    send(&stack, &ada, &id, 0, "ab").await.ok(200);
    assert_eq!(stack.delete(&path).by(&ada).send().await.status, 204);
    stack.delete(&path).by(&ada).send().await.refused(404, "NOT_FOUND");
    send(&stack, &ada, &id, 2, "cd").await.refused(404, "NOT_FOUND");
    assert_eq!(keys(&objects).await.len(), 1, "only the first file");
}

#[tokio::test]
async fn u7_quotas_of_users_and_rooms() {
    let stack = Stack::with(|deps| {
        let files = FileLimits { file_bytes: 10_000, user_bytes: 20_000 };
        deps.settings = Settings { files, ..deps.settings.clone() };
        deps.store.files.limit_rooms(9_000);
    })
    .await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let server = stack.get("/api/v1/server").send().await.ok(200);
    assert_eq!(
        (&server["limits"]["file_bytes"], &server["limits"]["attachments"]),
        (&json!("10000"), &json!(10))
    );
    let begin = async |who: &Person, bytes: u64| {
        let body = json!({"name": "a.txt", "bytes": bytes.to_string()});
        stack.post("/api/v1/uploads").by(who).json(body).send().await
    };
    begin(&ada, 10_001).await.refused(413, "TOO_LARGE");
    let first = begin(&ada, 10_000).await.ok(201);
    begin(&ada, 10_000).await.ok(201);
    begin(&ada, 1).await.refused(413, "QUOTA_EXCEEDED");
    begin(&bob, 10_000).await.ok(201);
    let path = format!("/api/v1/uploads/{}", first["id"].as_str().unwrap());
    assert_eq!(stack.delete(&path).by(&ada).send().await.status, 204);
    let room = stack.room(&ada, "public").await;
    let (one, two) =
        (upload(&stack, &ada, "1", &[b'x'; 5_000]).await, upload(&stack, &ada, "2", b"x").await);
    let seq = post(&stack, &ada, &room, "", &[&one]).await.ok(201);
    post(&stack, &ada, &room, "", &[&two]).await.refused(413, "QUOTA_EXCEEDED");
    stack.say(&ada, &room, "words cost nothing").await;
    let message = format!("/api/v1/rooms/{room}/messages/{}", seq["seq"].as_str().unwrap());
    stack.delete(&message).by(&ada).send().await.ok(200);
    post(&stack, &ada, &room, "", &[&two]).await.ok(201);
}

#[tokio::test]
async fn u7_an_inode_flood_is_stopped_by_the_quota() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    for _ in 0..limits::UPLOADS_OPEN {
        begin(&stack, &ada, "a", 1).await;
    }
    let body = json!({"name": "a", "bytes": "1"});
    let reply = stack.post("/api/v1/uploads").by(&ada).json(body).send().await;
    reply.refused(413, "QUOTA_EXCEEDED");
}

#[tokio::test]
async fn r2_u8_whoever_may_not_have_a_file_finds_none() {
    let stack = Stack::start().await;
    let (ada, bob, eve) =
        (stack.person("ada").await, stack.person("bob").await, stack.person("eve").await);
    for visibility in ["private", "public"] {
        let room = stack.room(&ada, visibility).await;
        stack.add(&ada, &room, &bob).await;
        let (file, seq) = share(&stack, &ada, &room, "a.txt", b"secret").await;
        let own = stack.room(&eve, "public").await;
        let get = async |who: &Person, path: &str| stack.get(path).by(who).send().await;
        let there = path(&room, &file);
        let missing = get(&eve, &path(&room, &json!({"id": Uuid::new_v4()}))).await;
        let problem = missing.refused(404, "NOT_FOUND").problem();
        // A stranger, and a stranger by a room of their own.
        for path in [there.clone(), path(&own, &file), path(&Uuid::new_v4().to_string(), &file)] {
            assert_eq!(get(&eve, &path).await.refused(404, "NOT_FOUND").problem(), problem);
        }
        stack.get(&there).send().await.refused(401, "UNAUTHENTICATED");
        // One's own upload is nobody else's.
        let mine = upload(&stack, &ada, "b.txt", b"mine").await;
        let status = format!("/api/v1/uploads/{}", mine["id"].as_str().unwrap());
        assert_eq!(get(&eve, &status).await.refused(404, "NOT_FOUND").problem(), problem);
        let taken = post(&stack, &eve, &own, "", &[&mine]).await.refused(404, "NOT_FOUND");
        let none = post(&stack, &eve, &own, "", &[&json!({"id": Uuid::new_v4()})]).await;
        assert_eq!(taken.problem(), none.problem());
        let sent = send(&stack, &eve, mine["id"].as_str().unwrap(), 4, "").await;
        assert_eq!(sent.refused(404, "NOT_FOUND").problem(), problem);
        stack.delete(&status).by(&eve).send().await.refused(404, "NOT_FOUND");
        // Not before it is posted, not even its owner.
        get(&ada, &path(&room, &mine)).await.refused(404, "NOT_FOUND");

        let got = get(&bob, &there).await;
        assert_eq!((got.status.as_u16(), &got.body[..]), (200, &b"secret"[..]));
        assert_eq!(got.header("cache-control"), "private, no-store");
        // After leaving, and after the message is gone.
        stack.post(&format!("/api/v1/rooms/{room}/leave")).by(&bob).send().await;
        assert_eq!(get(&bob, &there).await.refused(404, "NOT_FOUND").problem(), problem);
        let message = format!("/api/v1/rooms/{room}/messages/{seq}");
        stack.delete(&message).by(&ada).send().await.ok(200);
        assert_eq!(get(&ada, &there).await.refused(404, "NOT_FOUND").problem(), problem);
        let listed = get(&ada, &format!("/api/v1/rooms/{room}/files")).await.ok(200);
        assert_eq!(listed["items"], json!([]));
    }
}

#[tokio::test]
async fn u8_a_cookie_shows_files_and_does_nothing_else() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "private").await;
    let (file, _) = share(&stack, &ada, &room, "a.txt", b"secret").await;
    let there = path(&room, &file);
    let log_in = json!({"name": "ada", "password": crate::stack::PASSWORD, "cookie": true});
    let origin = format!("http://{}", crate::stack::HOST);
    let signed = stack.post("/api/v1/login").header("origin", &origin).json(log_in).send().await;
    let cookies: Vec<&str> =
        signed.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let files = cookies.iter().find(|cookie| cookie.starts_with("parlor-files=")).unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(files.contains(attribute), "{files}");
    }
    let cookie = files.split(';').next().unwrap();
    let got = stack.get(&there).header("cookie", cookie).send().await;
    assert_eq!((got.status.as_u16(), &got.body[..]), (200, &b"secret"[..]));
    // Neither token passes for the other.
    let token = cookie.split_once('=').unwrap().1;
    let swapped = format!("parlor-files={}", ada.token);
    stack.get(&there).header("cookie", &swapped).send().await.refused(401, "UNAUTHENTICATED");
    for path in ["/api/v1/me", &format!("/api/v1/rooms/{room}/files"), &there] {
        let ask = stack.get(path).header("authorization", &format!("Bearer {token}"));
        ask.send().await.refused(401, "UNAUTHENTICATED");
    }
    for path in ["/api/v1/me", &format!("/api/v1/rooms/{room}/files")] {
        stack.get(path).header("cookie", cookie).send().await.refused(401, "UNAUTHENTICATED");
    }
    // It ends with the session.
    let access = signed.json()["access_token"].as_str().unwrap().to_owned();
    let ask = stack.post("/api/v1/logout").header("origin", &origin);
    let out = ask.header("authorization", &format!("Bearer {access}")).json(json!({})).send().await;
    assert_eq!(out.status, 204, "{:?}", out.body);
    let cleared = out
        .headers
        .get_all("set-cookie")
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.starts_with("parlor-files=;")));
    assert!(cleared);
    stack.get(&there).header("cookie", cookie).send().await.refused(401, "UNAUTHENTICATED");
    stack.lanes.send_modify(|lanes| lanes.secure = true);
    stack.get(&there).header("cookie", cookie).send().await.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn u9_ranges_one_at_a_time() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let (file, _) = share(&stack, &ada, &room, "a.txt", b"0123456789").await;
    let get = async |headers: &[(&str, &str)]| {
        let ask = stack.get(&path(&room, &file)).by(&ada);
        headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)).send().await
    };
    let whole = get(&[]).await;
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let etag = whole.header("etag").to_owned();
    for (range, body, told) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
    ] {
        let part = get(&[("range", range)]).await;
        assert_eq!((part.status.as_u16(), &part.body[..]), (206, body.as_bytes()), "{range}");
        assert_eq!(part.header("content-range"), told);
        assert_eq!(part.header("content-length"), body.len().to_string());
    }
    let many = format!("bytes={}", ["0-9"; 1_000].join(","));
    for range in [many.as_str(), "bytes=10-", "bytes=-0"] {
        let refused = get(&[("range", range)]).await.refused(416, "INVALID_ARGUMENT");
        assert_eq!(refused.header("content-range"), "bytes */10");
    }
    assert_eq!(get(&[("range", "bytes=0-3"), ("if-range", &etag)]).await.status, 206);
    assert_eq!(get(&[("range", "bytes=0-3"), ("if-range", "\"other\"")]).await.status, 200);
    assert_eq!(get(&[("if-none-match", &etag)]).await.status, 304);
    // Nothing on the way packs it: ranges are of the file.
    let packed = get(&[("accept-encoding", "gzip, br")]).await;
    assert_eq!((packed.header("content-encoding"), packed.body.len()), ("", 10));
    let head = stack.ask(http::Method::HEAD, &path(&room, &file)).by(&ada).send().await;
    assert_eq!(
        (head.status.as_u16(), head.body.len(), head.header("content-length")),
        (200, 0, "10")
    );
}

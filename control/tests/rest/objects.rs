//! Where the bytes of files are: full disks, what is swept, pictures of people, and one
//! suite for every store of objects.

use std::{
    fmt, io,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::stream::BoxStream;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, memory::InMemory,
    path::Path,
};
use parlor_control::{Objects, Sweeper};
use parlor_domain::{Clock as _, ManualClock, RequestId, limits};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    files::{begin, encoded, keys, open_stack, path, picture, post, send, share, upload},
    stack::{Person, Stack},
};

/// A store in memory that does not take what it is told not to.
#[derive(Debug)]
struct Unwilling {
    under: Arc<InMemory>,
    /// Why nothing is written below a folder; the empty one is above all.
    refused: Arc<Mutex<Option<(&'static str, io::ErrorKind)>>>,
}

impl fmt::Display for Unwilling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unwilling")
    }
}

impl Unwilling {
    fn may_write(&self, location: &Path) -> object_store::Result<()> {
        match *self.refused.lock().unwrap() {
            Some((folder, kind)) if location.as_ref().starts_with(folder) => {
                let source = Box::new(io::Error::from(kind));
                Err(object_store::Error::Generic { store: "unwilling", source })
            }
            _ => Ok(()),
        }
    }
}

impl ObjectStore for Unwilling {
    fn put_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> futures_util::future::BoxFuture<'c, object_store::Result<PutResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        match self.may_write(location) {
            Ok(()) => self.under.put_opts(location, payload, options),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    fn put_multipart_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        options: PutMultipartOptions,
    ) -> futures_util::future::BoxFuture<'c, object_store::Result<Box<dyn MultipartUpload>>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        match self.may_write(location) {
            Ok(()) => self.under.put_multipart_opts(location, options),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    fn get_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        options: GetOptions,
    ) -> futures_util::future::BoxFuture<'c, object_store::Result<GetResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.under.get_opts(location, options)
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.under.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.under.list(prefix)
    }

    fn list_with_delimiter<'a, 'b, 'c>(
        &'a self,
        prefix: Option<&'b Path>,
    ) -> futures_util::future::BoxFuture<'c, object_store::Result<ListResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.under.list_with_delimiter(prefix)
    }

    fn copy_opts<'a, 'b, 'c, 'd>(
        &'a self,
        from: &'b Path,
        to: &'c Path,
        options: CopyOptions,
    ) -> futures_util::future::BoxFuture<'d, object_store::Result<()>>
    where
        'a: 'd,
        'b: 'd,
        'c: 'd,
        Self: 'd,
    {
        match self.may_write(to) {
            Ok(()) => self.under.copy_opts(from, to, options),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
}

#[tokio::test]
async fn f18_a_full_disk_takes_no_file_and_hurts_nothing_else() {
    let objects = Arc::new(InMemory::new());
    let refused = Arc::new(Mutex::new(Some(("", io::ErrorKind::StorageFull))));
    let store = Unwilling { under: Arc::clone(&objects), refused };
    let stack = Stack::with(|deps| deps.objects = Objects::of(Arc::new(store))).await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let id = begin(&stack, &ada, "a.txt", 3).await;
    let reply = send(&stack, &ada, &id, 0, "abc").await.refused(507, "RESOURCE_EXHAUSTED");
    assert!(!reply.header("retry-after").is_empty());
    let status = format!("/api/v1/uploads/{id}");
    stack.get(&status).by(&ada).send().await.refused(404, "NOT_FOUND");
    assert_eq!(keys(&objects).await, [""; 0]);
    stack.say(&ada, &room, "chat goes on").await;
}

#[tokio::test]
async fn what_came_is_kept_until_the_file_is_whole() {
    let objects = Arc::new(InMemory::new());
    // The pieces come, and then what they are put together into cannot be written.
    let refused = Arc::new(Mutex::new(Some(("files", io::ErrorKind::ConnectionReset))));
    let store = Unwilling { under: Arc::clone(&objects), refused: Arc::clone(&refused) };
    let stack = Stack::with(|deps| deps.objects = Objects::of(Arc::new(store))).await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let id = begin(&stack, &ada, "a.txt", 6).await;
    send(&stack, &ada, &id, 0, "abc").await.ok(200);
    send(&stack, &ada, &id, 3, "def").await.refused(503, "UNAVAILABLE");
    let there = stack.get(&format!("/api/v1/uploads/{id}")).by(&ada).send().await.ok(200);
    assert_eq!((&there["offset"], &there["file"]), (&json!("6"), &json!(null)));
    *refused.lock().unwrap() = None;
    let file = send(&stack, &ada, &id, 6, "").await.ok(200)["file"].clone();
    post(&stack, &ada, &room, "", &[&file]).await.ok(201);
    assert_eq!(stack.get(&path(&room, &file)).by(&ada).send().await.body, b"abcdef"[..]);
    assert_eq!(keys(&objects).await.len(), 1, "what it was put together from is gone");
}

/// A disk of its own, where this process may mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(folder))
    }

    /// Every file on it.
    fn files(&self) -> Vec<std::path::PathBuf> {
        let (mut found, mut folders) = (Vec::new(), vec![self.0.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn f18_blocks_and_inodes_run_out_and_come_back() {
    for options in ["size=1m", "size=64m,nr_inodes=16"] {
        let Some(disk) = SmallDisk::mount(options) else {
            println!("skipped: this process may mount nothing");
            return;
        };
        let objects = Objects::folder(&disk.0.path().join("files")).unwrap();
        let stack = Stack::with(|deps| deps.objects = objects).await;
        let ada = stack.person("ada").await;
        let room = stack.room(&ada, "public").await;
        upload(&stack, &ada, "first.txt", b"there is space").await;
        let before = disk.files();
        let mut filler = Vec::new();
        if options.contains("inodes") {
            // The last places, as somebody else would take them.
            filler.extend((0..16).map(|n| disk.0.path().join(n.to_string())));
            filler.retain(|path| std::fs::write(path, b"").is_ok());
        }
        let bytes = vec![7; 3_000_000];
        let id = begin(&stack, &ada, "long.bin", bytes.len()).await;
        send(&stack, &ada, &id, 0, bytes).await.refused(507, "RESOURCE_EXHAUSTED");
        filler.iter().for_each(|path| std::fs::remove_file(path).unwrap());
        assert_eq!(disk.files(), before, "nothing is left of it: {options}");
        stack.say(&ada, &room, "chat goes on").await;
        upload(&stack, &ada, "after.txt", b"space again").await;
    }
}

#[tokio::test]
async fn what_nobody_can_fetch_is_swept() {
    let objects = Arc::new(InMemory::new());
    let (store, clock) =
        (Arc::clone(&objects), Arc::new(ManualClock::at(parlor_domain::SystemClock.now())));
    let stack = Stack::with(|deps| deps.objects = Objects::of(store)).await;
    let sweeper = Sweeper {
        files: stack.deps.store.files.clone(),
        objects: stack.deps.objects.clone(),
        clock: Arc::clone(&clock) as _,
    };
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let photo = encoded(&picture(1_000, 10), ImageFormat::Png);
    let (_, deleted) = share(&stack, &ada, &room, "gone.png", &photo).await;
    let (kept, _) = share(&stack, &ada, &room, "kept.png", &photo).await;
    upload(&stack, &ada, "waits.png", &photo).await;
    let coming = begin(&stack, &ada, "comes.txt", 9).await;
    send(&stack, &ada, &coming, 0, "abc").await.ok(200);
    // What a crash leaves behind.
    for key in ["files", "thumbnails", "avatars"].map(|shelf| format!("{shelf}/{}", Uuid::new_v4()))
    {
        objects.put(&key.into(), PutPayload::from_static(b"x")).await.unwrap();
    }
    objects.put(&"files/unnamed".into(), PutPayload::from_static(b"x")).await.unwrap();
    let piece = format!("pieces/{}/{}", kept["id"].as_str().unwrap(), Uuid::new_v4());
    objects.put(&piece.into(), PutPayload::from_static(b"of what is whole")).await.unwrap();
    let before = keys(&objects).await.len();
    assert_eq!(before, 3 * 2 + 1 + 5);
    assert_eq!(sweeper.sweep_gone().await.unwrap(), 0);
    let message = format!("/api/v1/rooms/{room}/messages/{deleted}");
    stack.delete(&message).by(&ada).send().await.ok(200);
    assert_eq!(sweeper.sweep_gone().await.unwrap(), 1);
    assert_eq!(keys(&objects).await.len(), before - 2);
    assert_eq!(sweeper.sweep_orphans().await.unwrap(), 0, "too young to be forgotten");
    clock.advance(limits::UPLOAD_LIFETIME + Duration::from_secs(60));
    assert_eq!(sweeper.sweep_gone().await.unwrap(), 2);
    assert_eq!(sweeper.sweep_orphans().await.unwrap(), 5);
    assert_eq!(keys(&objects).await.len(), 2, "the one that is posted");
    assert_eq!(stack.get(&path(&room, &kept)).by(&ada).send().await.status, 200);
}

#[tokio::test]
async fn a_person_has_a_picture() {
    let (stack, objects) = open_stack().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let half = |x: u32| if x < 100 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 0, 255, 255]) };
    let picture: DynamicImage = RgbaImage::from_fn(200, 100, |x, _| half(x)).into();
    let png = encoded(&picture, ImageFormat::Png);
    let file = upload(&stack, &ada, "me.png", &png).await;
    let set = async |who: &Person, body: Value, key: &RequestId| {
        stack.put("/api/v1/me/avatar").by(who).key(key).json(body).send().await
    };
    let key = RequestId::random();
    let crop = |x, size| json!({"upload_id": file["id"], "crop": {"x": x, "y": 0, "size": size}});
    for (x, size) in [(101, 100), (0, 101), (0, 0), (u32::MAX, 2)] {
        set(&ada, crop(x, size), &RequestId::random()).await.refused(422, "UNPROCESSABLE");
    }
    set(&bob, crop(0, 100), &key).await.refused(404, "NOT_FOUND");
    let me = set(&ada, crop(100, 100), &key).await.ok(200);
    let avatar = me["user"]["avatar"].as_str().unwrap().to_owned();
    // A retry finds what was made, though the upload is used up.
    assert_eq!(set(&ada, crop(100, 100), &key).await.ok(200)["user"]["avatar"], avatar);
    set(&ada, crop(0, 100), &key).await.refused(404, "NOT_FOUND");
    let there = format!("/api/v1/users/{}/avatar/{avatar}", ada.id);
    let got = stack.get(&there).by(&bob).send().await;
    assert_eq!((got.status.as_u16(), got.header("content-type")), (200, "image/webp"));
    assert!(got.header("cache-control").contains("immutable"));
    let seen = image::load_from_memory(&got.body).unwrap().into_rgba8();
    assert_eq!((seen.width(), seen.height()), (256, 256));
    assert_eq!(seen.get_pixel(128, 128), &Rgba([0, 0, 255, 255]), "the right half");
    // Everybody sees it in every list.
    let known = stack.get(&format!("/api/v1/users/{}", ada.id)).by(&bob).send().await.ok(200);
    assert_eq!(known["avatar"], avatar);
    let members = format!("/api/v1/rooms/{}/members", stack.room(&ada, "public").await);
    let members = stack.get(&members).by(&ada).send().await.ok(200);
    assert_eq!(members["items"][0]["user"]["avatar"], avatar);
    assert_eq!(
        stack.get("/api/v1/me").by(&bob).send().await.ok(200)["user"]["avatar"],
        Value::Null
    );
    // It is hers alone, and gone when it is taken away.
    let other = format!("/api/v1/users/{}/avatar/{avatar}", bob.id);
    stack.get(&other).by(&bob).send().await.refused(404, "NOT_FOUND");
    stack.get(&there).send().await.refused(401, "UNAUTHENTICATED");
    let text = upload(&stack, &ada, "me.txt", b"words").await;
    let body = json!({"upload_id": text["id"], "crop": null});
    set(&ada, body, &RequestId::random()).await.refused(422, "UNPROCESSABLE");
    let bare = stack.delete("/api/v1/me/avatar").by(&ada).send().await.ok(200);
    assert_eq!(bare["user"]["avatar"], Value::Null);
    stack.get(&there).by(&bob).send().await.refused(404, "NOT_FOUND");
    assert_eq!(keys(&objects).await.iter().filter(|key| key.starts_with("avatars/")).count(), 1);
}

/// One suite for every store of objects: through the whole REST face, a file comes in
/// parts, is read in ranges and goes.
async fn contract(objects: Objects) {
    let stack = Stack::with(|deps| deps.objects = objects).await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let bytes: Vec<u8> = (0..12 * 1024 * 1024_u32).map(|n| (n % 251) as u8).collect();
    let id = begin(&stack, &ada, "long.bin", bytes.len()).await;
    send(&stack, &ada, &id, 0, bytes[..3_000_000].to_vec()).await.ok(200);
    let file =
        send(&stack, &ada, &id, 3_000_000, bytes[3_000_000..].to_vec()).await.ok(200)["file"]
            .clone();
    let seq = post(&stack, &ada, &room, "", &[&file]).await.ok(201)["seq"].clone();
    let got = stack.get(&path(&room, &file)).by(&ada).send().await;
    assert!(got.body == bytes);
    let part = stack
        .get(&path(&room, &file))
        .by(&ada)
        .header("range", "bytes=4000000-4000999")
        .send()
        .await;
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &bytes[4_000_000..4_001_000]));
    let photo = encoded(&picture(1_000, 10), ImageFormat::Png);
    let (small, _) = share(&stack, &ada, &room, "a.png", &photo).await;
    let thumbnail = format!("{}?rendition=thumbnail", path(&room, &small));
    assert_eq!(stack.get(&thumbnail).by(&ada).send().await.status, 200);
    let message = format!("/api/v1/rooms/{room}/messages/{}", seq.as_str().unwrap());
    stack.delete(&message).by(&ada).send().await.ok(200);
    let sweeper = Sweeper {
        files: stack.deps.store.files.clone(),
        objects: stack.deps.objects.clone(),
        clock: Arc::clone(&stack.deps.clock),
    };
    assert_eq!(sweeper.sweep_gone().await.unwrap(), 1);
    assert_eq!(sweeper.sweep_orphans().await.unwrap(), 0);
    assert_eq!(stack.get(&path(&room, &small)).by(&ada).send().await.status, 200);
}

#[tokio::test]
async fn objects_in_memory() {
    contract(Objects::in_memory()).await;
}

#[tokio::test]
async fn objects_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    contract(Objects::folder(&root).unwrap()).await;
    // Names of pieces are gone, and what a killed server was writing goes at start.
    let left: Vec<_> = std::fs::read_dir(root.join("files")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let half = root.join("files").join(format!("{}#1", Uuid::new_v4()));
    std::fs::write(&half, b"half").unwrap();
    Objects::folder(&root).unwrap();
    assert!(!half.exists());
    let file = root.join("a-file");
    std::fs::write(&file, b"x").unwrap();
    assert!(Objects::folder(&file).is_err(), "not a folder");
}

/// Against a server that speaks S3, where `PARLOR_TEST_S3` names a bucket of it and the
/// usual variables say how to reach it.
#[tokio::test]
async fn objects_in_a_bucket() {
    let Some(bucket) = std::env::var("PARLOR_TEST_S3").ok().filter(|name| !name.is_empty()) else {
        assert!(
            std::env::var_os("PARLOR_REQUIRE_ALL").is_none_or(|value| value != "1"),
            "PARLOR_TEST_S3 is not set, and PARLOR_REQUIRE_ALL=1 asks for every test"
        );
        println!("skipped: PARLOR_TEST_S3 is not set");
        return;
    };
    let prefix = format!("test-{}", Uuid::new_v4());
    contract(Objects::bucket(&bucket, &prefix).unwrap()).await;
}

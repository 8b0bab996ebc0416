//! Where the bytes of files are: a folder, or a bucket that speaks S3. An object
//! is there as a whole or not at all, and it never changes.

use std::{fs, io, path, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{
    GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart,
    aws::AmazonS3Builder, local::LocalFileSystem, memory::InMemory, path::Path,
    prefix::PrefixStore,
};
use parlor_domain::{Code, FileId, Refusal, limits};
use uuid::Uuid;

/// Above this an object is written in parts.
const ONE_PUT_BYTES: u64 = 8 * 1024 * 1024;
/// Parts on their way at once.
const PARTS_AT_ONCE: usize = 2;
/// What stands in the names of files that a folder has not finished: nobody who
/// lists it sees them, and those of a server that was killed stay.
const UNFINISHED: char = '#';
/// After a full disk, the next attempt.
const FULL_RETRY: Duration = Duration::from_secs(2);

/// Why objects cannot be kept where they shall be.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// The folder cannot be used.
    #[error("{}: {error}", folder.display())]
    Folder {
        /// Which.
        folder: path::PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The address or the credentials of the bucket.
    #[error("the bucket cannot be used: {0}")]
    Bucket(String),
}

/// The objects of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
}

/// What an object is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Some bytes of a file on its way.
    Piece(FileId, Uuid),
    /// A whole file.
    File(Uuid),
    /// The small picture of a file.
    Thumbnail(Uuid),
    /// A user's picture.
    Avatar(FileId),
}

/// Objects of one sort stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelf {
    Pieces,
    Files,
    Thumbnails,
    Avatars,
}

impl Shelf {
    pub(super) const ALL: [Self; 4] = [Self::Pieces, Self::Files, Self::Thumbnails, Self::Avatars];

    const fn name(self) -> &'static str {
        match self {
            Self::Pieces => "pieces",
            Self::Files => "files",
            Self::Thumbnails => "thumbnails",
            Self::Avatars => "avatars",
        }
    }
}

impl Key {
    fn path(self) -> Path {
        match self {
            Self::Piece(file, piece) => {
                Path::from(format!("{}/{file}/{piece}", Shelf::Pieces.name()))
            }
            Self::File(id) => Path::from(format!("{}/{id}", Shelf::Files.name())),
            Self::Thumbnail(id) => Path::from(format!("{}/{id}", Shelf::Thumbnails.name())),
            Self::Avatar(id) => Path::from(format!("{}/{id}", Shelf::Avatars.name())),
        }
    }
}

/// An object that was found where it stands.
#[derive(Debug)]
pub(super) struct Found {
    /// The id by which a row names it.
    pub id: Option<Uuid>,
    /// When it was put there, in seconds since the Unix epoch.
    pub at: i64,
    path: Path,
}

/// An object to read.
pub(super) struct Opened {
    pub bytes: BoxStream<'static, object_store::Result<Bytes>>,
}

impl Objects {
    /// Objects in a folder, which is made where it is missing. What is written is on
    /// the disk before it counts as written.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn folder(folder: &path::Path) -> Result<Self, ObjectsError> {
        let failed = |error| ObjectsError::Folder { folder: folder.to_owned(), error };
        fs::create_dir_all(folder).map_err(failed)?;
        sweep_unfinished(folder).map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| failed(io::Error::other(error)))?;
        Ok(Self { store: Arc::new(store.with_fsync(true)) })
    }

    /// Objects in a bucket, below a prefix that may be empty. Credentials, region and
    /// endpoint are those of the environment (`AWS_ACCESS_KEY_ID`, ...).
    ///
    /// # Errors
    /// What the environment says does not do.
    pub fn bucket(bucket: &str, prefix: &str) -> Result<Self, ObjectsError> {
        let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build();
        let store = store.map_err(|error| ObjectsError::Bucket(error.to_string()))?;
        Ok(Self { store: Arc::new(PrefixStore::new(store, prefix)) })
    }

    /// Objects that are gone with this value: for tests.
    pub fn in_memory() -> Self {
        Self::of(Arc::new(InMemory::new()))
    }

    /// Objects of any store.
    pub fn of(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// Writes an object as a whole.
    pub(super) async fn put(&self, key: Key, bytes: Bytes) -> Result<(), Refusal> {
        self.store.put(&key.path(), PutPayload::from(bytes)).await.map(drop).map_err(failed)
    }

    /// Writes an object of the bytes of others, one after the other.
    pub(super) async fn join(&self, keys: &[Key], bytes: u64, into: Key) -> Result<(), Refusal> {
        if bytes <= ONE_PUT_BYTES {
            let payload = PutPayload::from_iter(self.all(keys).await?);
            return self.store.put(&into.path(), payload).await.map(drop).map_err(failed);
        }
        let upload = self.store.put_multipart(&into.path()).await.map_err(failed)?;
        let mut upload = WriteMultipart::new(upload);
        match self.copy(keys, &mut upload).await {
            Ok(()) => upload.finish().await.map(drop).map_err(failed),
            Err(error) => {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "parts of an object are left behind");
                }
                Err(failed(error))
            }
        }
    }

    async fn copy(&self, keys: &[Key], upload: &mut WriteMultipart) -> object_store::Result<()> {
        for key in keys {
            let bytes = self.store.get(&key.path()).await?.bytes().await?;
            upload.wait_for_capacity(PARTS_AT_ONCE).await?;
            upload.put(bytes);
        }
        Ok(())
    }

    /// The bytes of objects, one after the other.
    pub(super) async fn all(&self, keys: &[Key]) -> Result<Vec<Bytes>, Refusal> {
        let mut all = Vec::with_capacity(keys.len());
        for key in keys {
            let object = self.store.get(&key.path()).await.map_err(failed)?;
            all.push(object.bytes().await.map_err(failed)?);
        }
        Ok(all)
    }

    /// Opens an object, or a range of it.
    pub(super) async fn open(
        &self,
        key: Key,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<Opened, Refusal> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let object = self.store.get_opts(&key.path(), options).await.map_err(failed)?;
        Ok(Opened { bytes: object.into_stream() })
    }

    /// Some bytes of an object.
    pub(super) async fn range(
        &self,
        key: Key,
        range: std::ops::Range<u64>,
    ) -> Result<Bytes, Refusal> {
        self.store.get_range(&key.path(), range).await.map_err(failed)
    }

    /// How long an object is.
    pub(super) async fn length(&self, key: Key) -> Result<u64, Refusal> {
        Ok(self.store.head(&key.path()).await.map_err(failed)?.size)
    }

    /// Takes an object away; one that is not there is gone already.
    pub(super) async fn delete(&self, key: Key) -> Result<(), Refusal> {
        self.delete_path(&key.path()).await
    }

    async fn delete_path(&self, path: &Path) -> Result<(), Refusal> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Takes every piece of a file away.
    pub(super) async fn delete_pieces(&self, file: FileId) -> Result<(), Refusal> {
        let prefix = Path::from(format!("{}/{file}", Shelf::Pieces.name()));
        let found: Vec<ObjectMeta> =
            self.store.list(Some(&prefix)).try_collect().await.map_err(failed)?;
        for object in found {
            self.delete_path(&object.location).await?;
        }
        Ok(())
    }

    /// Every object of a shelf.
    pub(super) fn list(&self, shelf: Shelf) -> BoxStream<'static, Result<Found, Refusal>> {
        let found = self.store.list(Some(&Path::from(shelf.name())));
        found.map_ok(Found::new).map_err(failed).boxed()
    }

    /// Takes an object away that was found.
    pub(super) async fn remove(&self, found: &Found) -> Result<(), Refusal> {
        self.delete_path(&found.path).await
    }
}

impl Found {
    fn new(object: ObjectMeta) -> Self {
        Self {
            id: object.location.filename().and_then(|id| id.parse().ok()),
            at: object.last_modified.timestamp(),
            path: object.location,
        }
    }
}

/// Takes away what a killed server was writing. Nobody else writes here: the data
/// folder has one server.
fn sweep_unfinished(folder: &path::Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sweep_unfinished(&entry.path())?;
        } else if entry.file_name().to_string_lossy().contains(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// What the caller is told of a failure of the store of objects; the log is told
/// more.
fn failed(error: object_store::Error) -> Refusal {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return Refusal::not_found();
    }
    tracing::warn!(%error, "the store of files failed");
    if is_full(&error) {
        return Refusal::new(Code::ResourceExhausted, "there is no space for files left")
            .retry_after(FULL_RETRY);
    }
    Refusal::new(Code::Unavailable, "the server cannot reach its files right now")
        .retry_after(limits::UNAVAILABLE_RETRY)
}

/// Whether somewhere below it a disk, or what one may use of it, is full (F18): no
/// blocks and no inodes look alike.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && matches!(
                error.kind(),
                io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::FileTooLarge
            )
        {
            return true;
        }
        cause = error.source();
    }
    false
}

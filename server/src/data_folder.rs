//! The data folder: keys, certificates, the database, and a lock so that one
//! process at a time uses them.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use parlor_token::Signer;

/// Length of the key that refresh tokens are derived with.
const SECRET_BYTES: usize = 32;
/// Where the server of the folder was last.
const URL: &str = "url";
/// Permission bits of group and others.
const NOT_OWNER: u32 = 0o077;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another process has it.
    #[error("the data folder {0} is in use by another parlor")]
    InUse(PathBuf),
    /// A key can be read by others, so it may have been (T10).
    #[error("{0} can be read by other users of this machine: make a new key, or chmod 600")]
    KeyReadable(PathBuf),
    /// A key file with something else in it.
    #[error("{path} is not a key: {reason}")]
    BadKey {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file system refused.
    #[error("cannot use {path}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

/// The opened data folder; its lock is released when this is dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// The secrets of a server.
pub(crate) struct Keys {
    /// Signs access tokens; an Ed25519 key in PKCS #8 PEM.
    pub(crate) access_token_pem: String,
    /// Refresh tokens are derived with it.
    pub(crate) refresh_secret: [u8; SECRET_BYTES],
    /// Lets clients know at once that a killed server's connections are gone.
    pub(crate) quic_secret: [u8; SECRET_BYTES],
}

impl DataFolder {
    /// Opens the folder, making it where it is missing, and locks it.
    ///
    /// # Errors
    /// In use by another process, or the file system refused.
    pub(crate) fn open(path: &Path) -> Result<Self, DataFolderError> {
        make_folder(path)?;
        let lock_path = path.join("lock");
        let lock = open_private(&lock_path).map_err(io_error(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataFolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(io_error(&lock_path)(error)),
        }
    }

    /// Where the SQLite database is. An empty file is made where it is missing,
    /// since SQLite would make one that others can read; its further files have
    /// the permissions of the first.
    ///
    /// # Errors
    /// The file system refused.
    pub(crate) fn database(&self) -> Result<PathBuf, DataFolderError> {
        let path = self.path.join("parlor.db");
        open_private(&path).map_err(io_error(&path))?;
        Ok(path)
    }

    /// Notes where the server is, for programs that its owner runs on the same folder.
    ///
    /// # Errors
    /// The file system refused.
    pub(crate) fn note_url(&self, url: &str) -> Result<(), DataFolderError> {
        write_secret(&self.path.join(URL), url.as_bytes())
    }

    /// The folder of files, made where it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn files(&self) -> Result<PathBuf, DataFolderError> {
        let path = self.path.join("files");
        make_folder(&path)?;
        Ok(path)
    }

    /// The folder of certificates, made where it is missing.
    ///
    /// # Errors
    /// The file system refused.
    pub(crate) fn certificates(&self) -> Result<PathBuf, DataFolderError> {
        let path = self.path.join("certs");
        make_folder(&path)?;
        Ok(path)
    }

    /// The keys of this server; the first start makes them.
    ///
    /// # Errors
    /// Readable by others (T10), not keys, or the file system refused.
    pub(crate) fn keys(&self) -> Result<Keys, DataFolderError> {
        let folder = self.path.join("keys");
        make_folder(&folder)?;
        let path = folder.join("access_token.pem");
        let pem = read_or_make(&path, || Ok(Signer::generate_pem().into_bytes()))?;
        let access_token_pem = String::from_utf8(pem).map_err(|_| bad_key(&path, "not text"))?;

        Ok(Keys {
            access_token_pem,
            refresh_secret: secret(&folder.join("refresh_secret"))?,
            quic_secret: secret(&folder.join("quic_secret"))?,
        })
    }
}

/// What the owner of a data folder shows, to do what only the owner may.
pub(crate) struct Owner {
    /// The key that signs access tokens.
    pub(crate) access_token_pem: String,
    /// Where the server was last; `None` where it never ran.
    pub(crate) url: Option<String>,
}

/// The same, from the folder of a server that may be running.
///
/// # Errors
/// No server ever ran on it, or the key can be read by others (T10).
pub(crate) fn owner(path: &Path) -> Result<Owner, DataFolderError> {
    let key = path.join("keys").join("access_token.pem");
    let pem = read_secret(&key)?
        .ok_or_else(|| bad_key(&key, "there is none: no server ever ran on this folder"))?;
    let access_token_pem = String::from_utf8(pem).map_err(|_| bad_key(&key, "not text"))?;
    let url = read_secret(&path.join(URL))?.and_then(|url| String::from_utf8(url).ok());
    Ok(Owner { access_token_pem, url })
}

/// The secret in this file, made where it is missing.
fn secret(path: &Path) -> Result<[u8; SECRET_BYTES], DataFolderError> {
    let secret = read_or_make(path, || {
        let mut secret = [0; SECRET_BYTES];
        rustls::crypto::aws_lc_rs::default_provider()
            .secure_random
            .fill(&mut secret)
            .map_err(|_| bad_key(path, "the machine has no randomness"))?;
        Ok(secret.to_vec())
    })?;
    secret.try_into().map_err(|_| bad_key(path, "must be exactly 32 bytes"))
}

/// The content of a secret file, once nobody but its owner can read it;
/// `None` where there is no such file.
pub(crate) fn read_secret(path: &Path) -> Result<Option<Vec<u8>>, DataFolderError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path)(error)),
    };
    if metadata.mode() & NOT_OWNER != 0 {
        return Err(DataFolderError::KeyReadable(path.to_owned()));
    }
    fs::read(path).map(Some).map_err(io_error(path))
}

/// Writes a secret so that after a crash the file is there whole, old or new.
pub(crate) fn write_secret(path: &Path, content: &[u8]) -> Result<(), DataFolderError> {
    let draft = path.with_extension("draft");
    let write = || {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(io_error(path))
}

fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> Result<Vec<u8>, DataFolderError>,
) -> Result<Vec<u8>, DataFolderError> {
    if let Some(content) = read_secret(path)? {
        return Ok(content);
    }
    let content = make()?;
    write_secret(path, &content)?;
    Ok(content)
}

/// Opens a file as it is; a missing one is made for its owner alone.
fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn make_folder(path: &Path) -> Result<(), DataFolderError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io_error(path))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> DataFolderError + '_ {
    |error| DataFolderError::Io { path: path.to_owned(), error }
}

fn bad_key(path: &Path, reason: &str) -> DataFolderError {
    DataFolderError::BadKey { path: path.to_owned(), reason: reason.to_owned() }
}

//! The configuration: flag before environment variable before file before
//! default, each with the same meaning and the same checks.

#![allow(clippy::ptr_arg, reason = "the derive macro checks fields by reference to their type")]

mod values;

use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    time::Duration,
};

use confique::{Config as _, File, FileFormat, Layer as _};

pub use values::{
    DatabaseUrl, FilePlace, LogFormat, ProxyNetwork, ServerUrl, SignUpPolicy, ValueError,
};

/// A certificate that browsers take by its hash may be valid this long
/// (W3C WebTransport, section on custom certificate requirements, says two
/// weeks; a day is kept for clocks that differ).
const PINNED_VALIDITY_MAX: Duration = Duration::from_secs(13 * 24 * 3_600);
/// Shorter than this and certificates would be replaced faster than clients
/// can learn of the next one.
const PINNED_VALIDITY_MIN: Duration = Duration::from_secs(30);

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value does not parse, a key is not known, or the file cannot be read.
    #[error("{0}")]
    Invalid(String),
    /// Values that do not go together.
    #[error("{key}: {reason}")]
    Conflict {
        /// The key, as it stands in the file.
        key: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no home folder to put the data folder into.
    #[error("data_dir: neither XDG_DATA_HOME nor HOME is set, so say where the data shall be")]
    NoHome,
}

/// Everything that can be configured. Flags and environment variables have the
/// same names.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(derive(clap::Args)), layer_attr(serde(deny_unknown_fields)))]
pub struct Config {
    /// Address of HTTP (TCP) and of WebTransport and QUIC (UDP, the same port).
    #[config(env = "PARLOR_LISTEN", default = "127.0.0.1:8080")]
    #[config(layer_attr(arg(long, value_name = "ADDRESS:PORT")))]
    pub listen: SocketAddr,

    /// Folder of keys, certificates, files and the SQLite database. Left out: `parlor`
    /// in `$XDG_DATA_HOME`, else in `~/.local/share`.
    #[config(env = "PARLOR_DATA_DIR", validate(!data_dir.as_os_str().is_empty(), "must not be empty"))]
    #[config(layer_attr(arg(long, value_name = "FOLDER")))]
    pub data_dir: Option<PathBuf>,

    /// `sqlite:PATH` or `postgres://...`. Left out: `parlor.db` in the data
    /// folder.
    #[config(env = "PARLOR_DATABASE")]
    #[config(layer_attr(arg(long, value_name = "URL", hide_env_values = true)))]
    pub database: Option<DatabaseUrl>,

    /// Where the bytes of files are: `folder` (`files` in the data folder), or
    /// `s3://BUCKET/PREFIX` with the usual variables `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION` and `AWS_ENDPOINT` of the environment.
    #[config(env = "PARLOR_FILES", default = "folder")]
    #[config(layer_attr(arg(long, value_name = "PLACE")))]
    pub files: FilePlace,

    /// Address of the internal gRPC services. Left out: no such listener. Only a
    /// loopback address is taken, since the services ask for no credential.
    #[config(env = "PARLOR_INTERNAL_LISTEN")]
    #[config(layer_attr(arg(long, value_name = "ADDRESS:PORT")))]
    pub internal_listen: Option<SocketAddr>,

    /// Let tools ask the internal services what they look like (gRPC reflection).
    #[config(env = "PARLOR_GRPC_REFLECTION", default = false)]
    #[config(layer_attr(arg(long, num_args = 0..=1, default_missing_value = "true")))]
    pub grpc_reflection: bool,

    /// Who may make an account: `open` (anybody), `invite` (who has a link) or
    /// `closed` (nobody). Counts at the very first start; later an admin changes it.
    #[config(env = "PARLOR_SIGN_UP", default = "open")]
    #[config(layer_attr(arg(long, value_name = "POLICY")))]
    pub sign_up: SignUpPolicy,

    /// Where people reach this server from outside. Left out: at `listen`.
    #[config(env = "PARLOR_PUBLIC_URL")]
    #[config(layer_attr(arg(long, value_name = "URL")))]
    pub public_url: Option<ServerUrl>,

    /// Further origins whose pages may use this server.
    #[config(env = "PARLOR_ALLOW_ORIGIN", parse_env = confique::env::parse::list_by_comma)]
    #[config(default = [])]
    #[config(layer_attr(arg(long, value_name = "ORIGIN")))]
    pub allow_origin: Vec<ServerUrl>,

    /// Addresses and networks of proxies whose `X-Forwarded-For` is believed.
    #[config(env = "PARLOR_TRUSTED_PROXY", parse_env = confique::env::parse::list_by_comma)]
    #[config(default = [])]
    #[config(layer_attr(arg(long, value_name = "NETWORK")))]
    pub trusted_proxy: Vec<ProxyNetwork>,

    /// Serve HTTP/3 too, on this UDP port of its own; 0 takes a free one.
    #[config(env = "PARLOR_HTTP3")]
    #[config(layer_attr(arg(
        long,
        value_name = "PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0"
    )))]
    pub http3: Option<u16>,

    /// Certificates.
    #[config(nested)]
    #[config(layer_attr(command(flatten)))]
    pub tls: Tls,

    /// Rates and caps.
    #[config(nested)]
    #[config(layer_attr(command(flatten)))]
    pub limits: Limits,

    /// Log lines, on standard error.
    #[config(nested)]
    #[config(layer_attr(command(flatten)))]
    pub log: Log,
}

/// Certificates.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(derive(clap::Args)), layer_attr(serde(deny_unknown_fields)))]
pub struct Tls {
    /// PEM file of a public certificate and its chain. With it HTTP becomes
    /// HTTPS, and QUIC uses it too. Read again when it changes. Left out: QUIC
    /// uses certificates made here, and pages pin them by hash.
    #[config(env = "PARLOR_TLS_CERTIFICATE")]
    #[config(layer_attr(arg(long = "tls-certificate", value_name = "FILE", requires = "key")))]
    pub certificate: Option<PathBuf>,

    /// PEM file of its key; nobody but its owner may read it.
    #[config(env = "PARLOR_TLS_KEY")]
    #[config(layer_attr(arg(long = "tls-key", value_name = "FILE", requires = "certificate")))]
    pub key: Option<PathBuf>,

    /// How long a certificate made here is valid, in seconds; 13 days at most.
    #[config(env = "PARLOR_TLS_VALIDITY_S", default = 1_123_200)]
    #[config(layer_attr(arg(long = "tls-validity-s", value_name = "SECONDS")))]
    pub validity_s: u64,

    /// How often to look whether a certificate must be replaced, in seconds.
    #[config(env = "PARLOR_TLS_CHECK_S", default = 60)]
    #[config(layer_attr(arg(long = "tls-check-s", value_name = "SECONDS")))]
    pub check_s: u64,
}

/// Rates and caps. A bucket holds `burst` requests and gets `per_second` more
/// each second.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(derive(clap::Args)), layer_attr(serde(deny_unknown_fields)))]
pub struct Limits {
    /// Realtime requests one session may make at once.
    #[config(env = "PARLOR_SESSION_BURST", default = 60)]
    #[config(layer_attr(arg(long, value_name = "REQUESTS")))]
    pub session_burst: NonZeroU32,

    /// Realtime requests of one session in each second.
    #[config(env = "PARLOR_SESSION_PER_SECOND", default = 20)]
    #[config(layer_attr(arg(long, value_name = "REQUESTS")))]
    pub session_per_second: NonZeroU32,

    /// Realtime requests all sessions of one user may make at once.
    #[config(env = "PARLOR_USER_BURST", default = 120)]
    #[config(layer_attr(arg(long, value_name = "REQUESTS")))]
    pub user_burst: NonZeroU32,

    /// Realtime requests of all sessions of one user in each second.
    #[config(env = "PARLOR_USER_PER_SECOND", default = 40)]
    #[config(layer_attr(arg(long, value_name = "REQUESTS")))]
    pub user_per_second: NonZeroU32,

    /// HTTP requests one address (IPv6: one /64) may make at once.
    #[config(env = "PARLOR_HTTP_ADDRESS_BURST", default = 1_000)]
    #[config(layer_attr(arg(long, value_name = "REQUESTS")))]
    pub http_address_burst: NonZeroU32,

    /// HTTP requests of one address in each second.
    #[config(env = "PARLOR_HTTP_ADDRESS_PER_SECOND", default = 200)]
    #[config(layer_attr(arg(long, value_name = "REQUESTS")))]
    pub http_address_per_second: NonZeroU32,

    /// HTTP requests one user may make at once.
    #[config(env = "PARLOR_HTTP_USER_BURST", default = 300)]
    #[config(layer_attr(arg(long, value_name = "REQUESTS")))]
    pub http_user_burst: NonZeroU32,

    /// HTTP requests of one user in each second.
    #[config(env = "PARLOR_HTTP_USER_PER_SECOND", default = 50)]
    #[config(layer_attr(arg(long, value_name = "REQUESTS")))]
    pub http_user_per_second: NonZeroU32,

    /// Days for which a deleted room can be restored; then it is purged. 0 purges it at
    /// once.
    #[config(env = "PARLOR_DELETED_ROOM_DAYS", default = 30)]
    #[config(layer_attr(arg(long, value_name = "DAYS")))]
    pub deleted_room_days: u16,

    /// TCP and HTTP/3 connections from one address (IPv6: from one /64).
    #[config(env = "PARLOR_CONNECTIONS_PER_ADDRESS", default = 1_024)]
    #[config(layer_attr(arg(long, value_name = "CONNECTIONS")))]
    pub connections_per_address: NonZeroUsize,

    /// One file, in bytes.
    #[config(env = "PARLOR_FILE_BYTES", default = 67_108_864)]
    #[config(layer_attr(arg(long, value_name = "BYTES")))]
    pub file_bytes: u64,

    /// All files of one user, in bytes.
    #[config(env = "PARLOR_USER_FILE_BYTES", default = 5_368_709_120_u64)]
    #[config(layer_attr(arg(long, value_name = "BYTES")))]
    pub user_file_bytes: u64,

    /// All files on messages of one room, in bytes.
    #[config(env = "PARLOR_ROOM_FILE_BYTES", default = 21_474_836_480_u64)]
    #[config(layer_attr(arg(long, value_name = "BYTES")))]
    pub room_file_bytes: u64,
}

impl Limits {
    /// How long a deleted room can be restored.
    pub fn room_kept(&self) -> Duration {
        Duration::from_secs(u64::from(self.deleted_room_days) * 24 * 3_600)
    }
}

/// Log lines, on standard error.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(derive(clap::Args)), layer_attr(serde(deny_unknown_fields)))]
pub struct Log {
    /// `auto`, `human` or `json`.
    #[config(env = "PARLOR_LOG_FORMAT", default = "auto")]
    #[config(layer_attr(arg(long = "log-format", value_enum)))]
    pub format: LogFormat,

    /// What is logged, as `level` or `crate=level`, separated by commas.
    #[config(env = "PARLOR_LOG", default = "info")]
    #[config(layer_attr(arg(long = "log", value_name = "FILTER")))]
    pub filter: String,
}

/// The configuration as far as flags say it.
pub type Flags = <Config as confique::Config>::Layer;

impl Config {
    /// Joins flags, environment, file (which must exist where it is named) and
    /// defaults, and checks that they go together.
    ///
    /// # Errors
    /// A value or key is wrong, or the file cannot be read.
    pub fn load(flags: Flags, file: Option<&Path>) -> Result<Self, ConfigError> {
        let invalid = |error: confique::Error| ConfigError::Invalid(describe(&error));
        let environment = Flags::from_env().map_err(invalid)?;
        let mut layers = flags.with_fallback(environment);
        if let Some(path) = file {
            let file = File::with_format(path, FileFormat::Toml).required();
            layers = layers.with_fallback(file.load().map_err(invalid)?);
        }
        let config = Self::from_layer(layers.with_fallback(Flags::default_values()));
        let config = config.map_err(invalid)?;
        config.check()?;
        Ok(config)
    }

    /// The configuration of a server that was told nothing.
    ///
    /// # Errors
    /// Never, as a test shows; but defaults are parsed like any other value.
    pub fn defaults() -> Result<Self, ConfigError> {
        Self::from_layer(Flags::default_values())
            .map_err(|error| ConfigError::Invalid(describe(&error)))
    }

    /// True where HTTP is served over TLS, with a certificate from files.
    pub fn has_public_certificate(&self) -> bool {
        self.tls.certificate.is_some()
    }

    /// The data folder: as configured, else in the user's own data folder.
    ///
    /// # Errors
    /// Not configured, and the environment names no home folder.
    pub fn data_dir(&self) -> Result<PathBuf, ConfigError> {
        if let Some(path) = &self.data_dir {
            return Ok(path.clone());
        }
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        variable("XDG_DATA_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
            .map(|data| data.join("parlor"))
            .ok_or(ConfigError::NoHome)
    }

    /// Refuses values that are fine alone and wrong together.
    fn check(&self) -> Result<(), ConfigError> {
        let conflict = |key, reason| Err(ConfigError::Conflict { key, reason });
        let validity = Duration::from_secs(self.tls.validity_s);
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            return conflict("tls.certificate", "certificate and key must be given together");
        }
        if !(PINNED_VALIDITY_MIN..=PINNED_VALIDITY_MAX).contains(&validity) {
            return conflict("tls.validity_s", "must be from 30 seconds to 13 days");
        }
        if self.tls.check_s == 0 || self.tls.check_s > self.tls.validity_s / 10 {
            return conflict("tls.check_s", "must be from 1 to a tenth of tls.validity_s");
        }
        if self.internal_listen.is_some_and(|address| !address.ip().is_loopback()) {
            return conflict(
                "internal_listen",
                "must be a loopback address: the internal services ask for no credential",
            );
        }
        if self.http3.is_some_and(|port| port != 0 && port == self.listen.port()) {
            return conflict("http3", "needs a port of its own: WebTransport has that of `listen`");
        }
        Ok(())
    }
}

/// The error and all that caused it, in one line; the key in question is named
/// in it.
fn describe(error: &confique::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(error.to_string().trim());
        cause = error.source();
    }
    text
}

//! Values of the configuration that cannot be wrong once they exist.

use std::{fmt, path::PathBuf, str::FromStr};

use http::Uri;
use parlor_control::{Network, NetworkError};
use parlor_domain::SignUp;
use parlor_store::Database;
use serde::Deserialize;

/// Why a value of the configuration was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ValueError {
    /// Not a database that Parlor knows.
    #[error("must be sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME")]
    Database,
    /// Not a place for files.
    #[error("must be folder or s3://BUCKET/PREFIX")]
    Files,
    /// Not a URL of a server.
    #[error("must be http://HOST[:PORT] or https://HOST[:PORT] without a path")]
    Url,
    /// Not a policy of sign-up.
    #[error("must be open, invite or closed")]
    SignUp,
}

/// Derives `Deserialize` from `FromStr`, so that a flag, an environment
/// variable and the file are read by the same code.
macro_rules! deserialize_as_text {
    ($($name:ty),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
deserialize_as_text!(DatabaseUrl, FilePlace, ServerUrl, ProxyNetwork, SignUpPolicy);

/// Which database, as a URL. Never shown: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Database);

impl DatabaseUrl {
    /// The database it names.
    pub fn into_database(self) -> Database {
        self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self(Database::Sqlite { path: PathBuf::from(path) }));
        }
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        match rest {
            Some(rest) if !rest.is_empty() => Ok(Self(Database::Postgres { url: text.to_owned() })),
            _ => Err(ValueError::Database),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Database::Sqlite { path } => write!(f, "sqlite:{}", path.display()),
            Database::Postgres { .. } => f.write_str("postgres://(not shown)"),
        }
    }
}

/// Where the bytes of files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePlace {
    /// A folder in the data folder.
    Folder,
    /// A bucket that speaks S3.
    Bucket {
        /// Its name.
        bucket: String,
        /// What the names of all objects begin with; may be empty.
        prefix: String,
    },
}

impl FromStr for FilePlace {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        if text == "folder" {
            return Ok(Self::Folder);
        }
        let rest = text.strip_prefix("s3://").ok_or(ValueError::Files)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() || bucket.contains(['?', '#', '@', ':']) || prefix.contains(['?', '#'])
        {
            return Err(ValueError::Files);
        }
        let prefix = prefix.trim_end_matches('/').to_owned();
        Ok(Self::Bucket { bucket: bucket.to_owned(), prefix })
    }
}

/// `scheme://host[:port]` of a server, or an origin: it is written the same
/// (RFC 6454 section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Uri);

impl ServerUrl {
    /// True where browsers reach it over TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// Host without the port; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let host = self.0.host().unwrap_or_default();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port, or that of its scheme.
    pub fn port(&self) -> u16 {
        self.0.port_u16().unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// `host[:port]`, as the `Host` header has it.
    pub fn authority(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.as_str())
    }
}

impl FromStr for ServerUrl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let uri: Uri = text.trim().to_ascii_lowercase().parse().map_err(|_| ValueError::Url)?;
        let authority = uri.authority().ok_or(ValueError::Url)?;
        let is_bare = !text.trim().ends_with('/') && matches!(uri.path(), "" | "/");
        let is_known = matches!(uri.scheme_str(), Some("http" | "https"));
        if !is_known || !is_bare || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(ValueError::Url);
        }
        Ok(Self(uri))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme_str().unwrap_or("http"), self.authority())
    }
}

/// Where a proxy is: an address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyNetwork(pub Network);

impl FromStr for ProxyNetwork {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        text.trim().parse().map(Self)
    }
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignUpPolicy(pub SignUp);

impl FromStr for SignUpPolicy {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        SignUp::parse(text.trim()).map(Self).ok_or(ValueError::SignUp)
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people where standard error is a terminal, JSON where it is not.
    #[default]
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_by_its_url_and_its_password_is_never_shown() {
        let parsed = |text: &str| text.parse::<DatabaseUrl>().map(DatabaseUrl::into_database);
        let path = PathBuf::from("/a/parlor.db");
        assert_eq!(parsed("sqlite:/a/parlor.db"), Ok(Database::Sqlite { path }));
        let url = "postgres://parlor:secret@127.0.0.1/parlor".to_owned();
        assert_eq!(parsed(&url), Ok(Database::Postgres { url: url.clone() }));
        for wrong in ["", "sqlite:", "postgres://", "mysql://host/name", "/a/parlor.db"] {
            assert_eq!(parsed(wrong), Err(ValueError::Database), "{wrong}");
        }
        let shown = format!("{:?}", url.parse::<DatabaseUrl>().expect("valid"));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_server_url_has_a_scheme_a_host_and_nothing_else() {
        let url: ServerUrl = "HTTPS://Chat.Example:8443".parse().expect("valid");
        assert_eq!(url.to_string(), "https://chat.example:8443");
        assert_eq!((url.host(), url.authority()), ("chat.example", "chat.example:8443"));
        assert_eq!("http://[::1]:80".parse::<ServerUrl>().expect("valid").host(), "::1");
        for wrong in [
            "",
            "chat.example",
            "ftp://chat.example",
            "https://chat.example/",
            "https://chat.example/chat",
            "https://chat.example?a=b",
            "https://user@chat.example",
            "null",
            "*",
        ] {
            assert_eq!(wrong.parse::<ServerUrl>(), Err(ValueError::Url), "{wrong}");
        }
    }
}

//! The certificates of TLS and QUIC: made here and pinned by hash, or read from
//! files; replaced in the running process either way. See `certs/README.md`.

mod development;
mod files;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use parlor_domain::Clock;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use crate::{config::Config, data_folder::DataFolder, data_folder::DataFolderError};
use development::Development;
use files::Files;

/// SHA-256 of a certificate in DER, which is what a page pins.
pub(crate) type Hash = [u8; 32];

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or written, or others can read it.
    #[error(transparent)]
    File(#[from] DataFolderError),
    /// A file with something else in it.
    #[error("{path} cannot be used: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// Answers every new handshake with the certificate of the moment. Connections
/// that are there keep theirs.
pub(crate) struct Resolver(ArcSwap<CertifiedKey>);

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// Where certificates come from, and the one in use.
pub(crate) struct Certificates {
    source: Source,
    resolver: Arc<Resolver>,
    hashes: watch::Sender<Vec<Hash>>,
    check: Duration,
    clock: Arc<dyn Clock>,
}

enum Source {
    Development(Development),
    Files(Files),
}

impl Certificates {
    /// Reads the certificates, making those of a development server where they
    /// are missing or spent.
    ///
    /// # Errors
    /// Files that cannot be read, or are not what they should be.
    pub(crate) fn load(
        config: &Config,
        folder: &DataFolder,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CertificateError> {
        let (source, key, hashes) = match (&config.tls.certificate, &config.tls.key) {
            (Some(certificate), Some(key)) => {
                let (files, key) = Files::load(certificate, key)?;
                (Source::Files(files), key, Vec::new())
            }
            _ => {
                let development = Development::load(
                    folder.certificates()?,
                    names(config),
                    Duration::from_secs(config.tls.validity_s),
                    clock.now(),
                )?;
                let (key, hashes) = (development.key(), development.hashes());
                (Source::Development(development), key, hashes)
            }
        };
        Ok(Self {
            source,
            resolver: Arc::new(Resolver(ArcSwap::new(key))),
            hashes: watch::Sender::new(hashes),
            check: Duration::from_secs(config.tls.check_s),
            clock,
        })
    }

    /// What a TLS or QUIC endpoint takes its certificate from.
    pub(crate) fn resolver(&self) -> Arc<Resolver> {
        Arc::clone(&self.resolver)
    }

    /// Hashes that a client may pin: the certificate in use, then the next one.
    /// Empty where the certificate comes from files.
    pub(crate) fn hashes(&self) -> watch::Receiver<Vec<Hash>> {
        self.hashes.subscribe()
    }

    /// Replaces certificates when their time has come, for as long as it runs.
    pub(crate) async fn keep_fresh(mut self) {
        let mut checks = tokio::time::interval(self.check);
        loop {
            checks.tick().await;
            // A certificate is a few hundred bytes on a local disk, once a
            // minute at most: not worth a thread of its own.
            if let Err(error) = self.refresh() {
                tracing::error!(%error, "the certificate could not be replaced; trying again");
            }
        }
    }

    fn refresh(&mut self) -> Result<(), CertificateError> {
        match &mut self.source {
            Source::Development(development) => {
                if development.rotate(self.clock.now())? {
                    self.resolver.0.store(development.key());
                    self.hashes.send_replace(development.hashes());
                    tracing::info!("a new certificate is in use, and its successor announced");
                }
            }
            Source::Files(files) => {
                if let Some(key) = files.changed()? {
                    self.resolver.0.store(key);
                    tracing::info!("the certificate files changed and were read again");
                }
            }
        }
        Ok(())
    }
}

/// The names a development certificate is made for.
fn names(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    if !config.listen.ip().is_unspecified() {
        names.push(config.listen.ip().to_string());
    }
    names.extend(config.public_url.as_ref().map(|url| url.host().to_owned()));
    names.sort();
    names.dedup();
    names
}

/// The hash of a certificate in DER.
fn hash(der: &[u8]) -> Hash {
    Sha256::digest(der).into()
}

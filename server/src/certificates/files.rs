//! Certificates that somebody else makes and renews.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};

use super::{CertificateError, Hash, hash};
use crate::data_folder::{DataFolderError, read_secret};

/// A chain and its key, in two PEM files.
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// Of both files as they were last used.
    content: Hash,
}

impl Files {
    pub(super) fn load(
        certificate: &Path,
        key: &Path,
    ) -> Result<(Self, Arc<CertifiedKey>), CertificateError> {
        let (chain_pem, key_pem) = read(certificate, key)?;
        let certified = certified(&chain_pem, &key_pem, certificate, key)?;
        let content = hash(&[chain_pem, key_pem].concat());
        Ok((Self { certificate: certificate.to_owned(), key: key.to_owned(), content }, certified))
    }

    /// The new certificate, where the files are others than last time. Between
    /// the writing of the one file and the other they do not match: that is an
    /// error now and fine at the next look.
    pub(super) fn changed(&mut self) -> Result<Option<Arc<CertifiedKey>>, CertificateError> {
        let (chain_pem, key_pem) = read(&self.certificate, &self.key)?;
        let content = hash(&[chain_pem.as_slice(), &key_pem].concat());
        if content == self.content {
            return Ok(None);
        }
        let certified = certified(&chain_pem, &key_pem, &self.certificate, &self.key)?;
        self.content = content;
        Ok(Some(certified))
    }
}

fn read(certificate: &Path, key: &Path) -> Result<(Vec<u8>, Vec<u8>), CertificateError> {
    let chain = std::fs::read(certificate)
        .map_err(|error| DataFolderError::Io { path: certificate.to_owned(), error })?;
    let key_pem = read_secret(key)?.ok_or_else(|| unusable(key, "there is no such file"))?;
    Ok((chain, key_pem))
}

/// The certificate and key in these PEM texts, once they belong together.
pub(super) fn certified(
    chain_pem: &[u8],
    key_pem: &[u8],
    chain_path: &Path,
    key_path: &Path,
) -> Result<Arc<CertifiedKey>, CertificateError> {
    let chain = CertificateDer::pem_slice_iter(chain_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(chain_path, error))?;
    if chain.is_empty() {
        return Err(unusable(chain_path, "there is no certificate in it"));
    }
    // What is wrong with a key is told without a word of the key.
    let key = PrivateKeyDer::from_pem_slice(key_pem)
        .map_err(|_| unusable(key_path, "there is no private key in it"))?;
    CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
        .map(Arc::new)
        .map_err(|error| unusable(key_path, error))
}

pub(super) fn unusable(path: &Path, reason: impl ToString) -> CertificateError {
    CertificateError::Unusable { path: path.to_owned(), reason: reason.to_string() }
}

//! Short-lived P-256 certificates that a page pins by hash: the one in use and
//! its successor, which is made and announced long before it is used.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parlor_domain::Timestamp;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

use super::{
    CertificateError, Hash,
    files::{certified, unusable},
    hash,
};
use crate::data_folder::{read_secret, write_secret};

/// Clocks of clients may be behind by this much.
const SKEW: Duration = Duration::from_secs(3_600);

/// The certificate in use and the next one, each in a file with its key.
pub(super) struct Development {
    folder: PathBuf,
    names: Vec<String>,
    validity: Duration,
    current: Certificate,
    next: Certificate,
}

struct Certificate {
    key: Arc<CertifiedKey>,
    hash: Hash,
    names: Vec<String>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Development {
    pub(super) fn load(
        folder: PathBuf,
        names: Vec<String>,
        validity: Duration,
        now: Timestamp,
    ) -> Result<Self, CertificateError> {
        let read =
            |path: &Path| read_secret(path)?.map(|pem| Certificate::parse(&pem, path)).transpose();
        let good = |certificate: &Certificate, at| {
            certificate.names == names && certificate.is_good(at, overlap(validity))
        };
        let (current_path, next_path) = (folder.join("current.pem"), folder.join("next.pem"));
        let current = read(&current_path)?.filter(|current| good(current, now));
        let (current, next) = match (current, read(&next_path)?) {
            (Some(current), next) => (current, next),
            (None, Some(next)) if good(&next, now) => {
                copy(&next_path, &current_path)?;
                (next, None)
            }
            (None, _) => (make(&current_path, &names, validity, now)?, None),
        };
        let needed = takes_over(&current, validity);
        let next = match next.filter(|next| good(next, needed)) {
            Some(next) => next,
            None => make(&next_path, &names, validity, needed)?,
        };
        Ok(Self { folder, names, validity, current, next })
    }

    pub(super) fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.current.key)
    }

    /// Of the certificate in use, then of the next one.
    pub(super) fn hashes(&self) -> Vec<Hash> {
        vec![self.current.hash, self.next.hash]
    }

    /// Puts the next certificate to use where its time has come. True where the
    /// one in use is another than before.
    pub(super) fn rotate(&mut self, now: Timestamp) -> Result<bool, CertificateError> {
        if self.current.is_good(now, overlap(self.validity)) {
            return Ok(false);
        }
        *self = Self::load(self.folder.clone(), self.names.clone(), self.validity, now)?;
        Ok(true)
    }
}

impl Certificate {
    /// Reads what [`make`] wrote.
    fn parse(pem: &[u8], path: &Path) -> Result<Self, CertificateError> {
        let key = certified(pem, pem, path, path)?;
        let der = key.end_entity_cert().map_err(|error| unusable(path, error))?;
        let (_, parsed) = parse_x509_certificate(der).map_err(|error| unusable(path, error))?;
        let alternatives =
            parsed.subject_alternative_name().map_err(|error| unusable(path, error))?;
        let mut names: Vec<String> = alternatives
            .iter()
            .flat_map(|extension| &extension.value.general_names)
            .filter_map(name)
            .collect();
        names.sort();
        let time = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
        Ok(Self {
            hash: hash(der),
            names,
            not_before: time(parsed.validity().not_before.timestamp()),
            not_after: time(parsed.validity().not_after.timestamp()),
            key,
        })
    }

    /// True where it is valid and will stay so for longer than `overlap`.
    fn is_good(&self, now: Timestamp, overlap: Duration) -> bool {
        self.not_before <= now && now.plus(overlap) < self.not_after
    }
}

/// How long before its end a certificate is replaced: three days of thirteen.
/// A page that was told both hashes keeps working for at least that long.
fn overlap(validity: Duration) -> Duration {
    validity * 3 / 13
}

/// When the successor of a certificate is first used.
fn takes_over(certificate: &Certificate, validity: Duration) -> Timestamp {
    let overlap = i64::try_from(overlap(validity).as_micros()).unwrap_or(0);
    Timestamp::from_micros(certificate.not_after.micros() - overlap)
}

/// Makes a certificate that is used from `from` on, and writes it with its key.
fn make(
    path: &Path,
    names: &[String],
    validity: Duration,
    from: Timestamp,
) -> Result<Certificate, CertificateError> {
    let skew = SKEW.min(validity / 10);
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let not_before = from.seconds() - seconds(skew);
    let time = |at| OffsetDateTime::from_unix_timestamp(at).map_err(|_| rcgen::Error::Time);

    let mut params = CertificateParams::new(names)?;
    params.not_before = time(not_before)?;
    params.not_after = time(not_before.saturating_add(seconds(validity)))?;
    params.distinguished_name.push(DnType::CommonName, "Parlor, made by this server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let pem = params.self_signed(&key)?.pem() + &key.serialize_pem();
    write_secret(path, pem.as_bytes())?;
    Certificate::parse(pem.as_bytes(), path)
}

fn copy(from: &Path, to: &Path) -> Result<(), CertificateError> {
    if let Some(pem) = read_secret(from)? {
        write_secret(to, &pem)?;
    }
    Ok(())
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let six = <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
            four.or(six).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3_600);
    const VALIDITY: Duration = Duration::from_secs(13 * 24 * 3_600);

    fn start() -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000)
    }

    fn load(folder: &Path, now: Timestamp) -> Development {
        let names = vec!["127.0.0.1".to_owned(), "::1".to_owned(), "localhost".to_owned()];
        Development::load(folder.to_owned(), names, VALIDITY, now).expect("loads")
    }

    #[test]
    fn a_certificate_is_valid_for_thirteen_days_at_most_and_names_this_machine() {
        let folder = tempfile::tempdir().expect("folder");
        let made = load(folder.path(), start());
        for certificate in [&made.current, &made.next] {
            assert_eq!(certificate.not_after.since(certificate.not_before), 13 * DAY);
            assert_eq!(certificate.names, ["127.0.0.1", "::1", "localhost"]);
        }
        assert!(made.current.not_before < start(), "clocks that are behind take it too");
    }

    #[test]
    fn the_next_certificate_is_announced_before_it_is_used_and_valid_when_it_is() {
        let folder = tempfile::tempdir().expect("folder");
        let mut pair = load(folder.path(), start());
        let mut now = start();
        for _ in 0..4 {
            let announced = pair.hashes();
            assert_ne!(announced[0], announced[1]);
            while !pair.rotate(now).expect("rotates") {
                assert!(pair.current.not_before <= now && now < pair.current.not_after);
                now = now.plus(DAY / 4);
            }
            assert_eq!(pair.hashes()[0], announced[1], "the one announced is the one used");
            assert!(pair.current.is_good(now, 3 * DAY), "it is valid, and for long enough");
        }
    }

    #[test]
    fn a_restart_keeps_both_certificates_and_a_long_pause_makes_new_ones() {
        let folder = tempfile::tempdir().expect("folder");
        let first = load(folder.path(), start()).hashes();
        assert_eq!(load(folder.path(), start().plus(DAY)).hashes(), first);
        let late = load(folder.path(), start().plus(11 * DAY)).hashes();
        assert_eq!(late[0], first[1], "its time came while the server was down");
        let later = load(folder.path(), start().plus(60 * DAY)).hashes();
        assert!(!later.contains(&late[0]) && !later.contains(&late[1]));
    }

    #[test]
    fn another_name_makes_new_certificates_and_a_damaged_file_is_told() {
        let folder = tempfile::tempdir().expect("folder");
        let first = load(folder.path(), start()).hashes();
        let path = folder.path().to_owned();
        let other = Development::load(path, vec!["chat.example".into()], VALIDITY, start());
        assert!(!other.expect("loads").hashes().contains(&first[0]));
        write_secret(&folder.path().join("next.pem"), b"not a certificate").expect("writes");
        let refused = Development::load(folder.path().to_owned(), Vec::new(), VALIDITY, start());
        let Err(CertificateError::Unusable { path, .. }) = refused else {
            panic!("must be refused");
        };
        assert_eq!(path, folder.path().join("next.pem"));
    }
}

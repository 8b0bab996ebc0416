//! Making access tokens.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{
        AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm,
        OctetKeyPairParameters, OctetKeyPairType, PublicKeyUse, ThumbprintHash,
    },
};
use parlor_domain::{DeviceId, Timestamp, UserId};
use rcgen::{KeyPair, PKCS_ED25519, PublicKeyData as _};

use crate::{
    KeyError,
    claims::{Claims, FILES_TYPE, TYPE},
};

/// Makes access tokens; user-service alone has one.
pub struct Signer {
    key: EncodingKey,
    header: Header,
    jwks: String,
}

impl Signer {
    /// A fresh Ed25519 key as a PKCS #8 document in PEM, to be kept in a file
    /// only its owner can read.
    pub fn generate_pem() -> String {
        KeyPair::generate_for(&PKCS_ED25519)
            .expect("Ed25519 takes nothing but random bytes")
            .serialize_pem()
    }

    /// The signer of this key.
    ///
    /// # Errors
    /// Not an Ed25519 key in PKCS #8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        // What the libraries say about a broken key is left out: it may quote the key.
        let unusable = || KeyError("not an Ed25519 key in PKCS #8 PEM".to_owned());
        let pair =
            KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_ED25519).map_err(|_| unusable())?;
        let mut jwk = Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(KeyAlgorithm::EdDSA),
                ..CommonParameters::default()
            },
            algorithm: AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
                key_type: OctetKeyPairType::OctetKeyPair,
                curve: EllipticCurve::Ed25519,
                x: URL_SAFE_NO_PAD.encode(pair.der_bytes()),
            }),
        };
        // A key is named by its thumbprint (RFC 7638), so that its name follows
        // from the key alone.
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| unusable())?;
        jwk.common.key_id = Some(kid.clone());

        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid);
        let jwks = serde_json::to_string(&JwkSet { keys: vec![jwk] }).map_err(|_| unusable())?;
        let key = EncodingKey::from_ed_der(pair.serialized_der());
        // Signing once here is what allows `sign` to rely on the key.
        jsonwebtoken::encode(&header, &(), &key).map_err(|_| unusable())?;
        Ok(Self { key, header, jwks })
    }

    /// The public keys as a JSON Web Key Set (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> String {
        self.jwks.clone()
    }

    /// An access token of this device from `now` on, and when it ends.
    pub fn sign(&self, user: UserId, device: DeviceId, now: Timestamp) -> (String, Timestamp) {
        self.sign_as(TYPE, user, device, now)
    }

    /// A token of this device that is good for the bytes of files alone, from `now` on,
    /// and when it ends. No other check takes it.
    pub fn sign_for_files(
        &self,
        user: UserId,
        device: DeviceId,
        now: Timestamp,
    ) -> (String, Timestamp) {
        self.sign_as(FILES_TYPE, user, device, now)
    }

    fn sign_as(
        &self,
        kind: &str,
        user: UserId,
        device: DeviceId,
        now: Timestamp,
    ) -> (String, Timestamp) {
        let claims = Claims::new(user, device, now);
        let header = Header { typ: Some(kind.to_owned()), ..self.header.clone() };
        let token = jsonwebtoken::encode(&header, &claims, &self.key)
            .expect("the key has signed before, and claims are plain JSON");
        (token, claims.expires_at())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("kid", &self.header.kid).finish_non_exhaustive()
    }
}

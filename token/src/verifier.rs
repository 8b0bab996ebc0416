//! Checking access tokens.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};
use parlor_domain::Clock;

use crate::{
    Identity, InvalidToken, KeyError,
    claims::{Claims, FILES_TYPE, PARLOR, TYPE},
};

/// Bytes of an Ed25519 public key (RFC 8032 section 5.1.5).
const PUBLIC_KEY_BYTES: usize = 32;

/// Public keys by their `kid`.
type Keys = HashMap<String, DecodingKey>;

/// Checks access tokens. Cheap to clone; all clones share the keys.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Arc<ArcSwap<Keys>>,
    validation: Arc<Validation>,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// A verifier without keys: it refuses everything until it has some.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[PARLOR]);
        validation.set_audience(&[PARLOR]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The library reads the machine's clock; times are checked against ours.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { keys: Arc::default(), validation: Arc::new(validation), clock }
    }

    /// Takes these keys instead of the ones before.
    ///
    /// # Errors
    /// Not a key set with at least one Ed25519 key; the old keys stay.
    pub fn set_keys(&self, jwks: &str) -> Result<(), KeyError> {
        let set: JwkSet = serde_json::from_str(jwks)
            .map_err(|error| KeyError(format!("not a JSON Web Key Set: {error}")))?;
        let keys: Keys = set.keys.iter().filter_map(usable_key).collect();
        if keys.is_empty() {
            return Err(KeyError("no Ed25519 key with a kid in the key set".to_owned()));
        }
        self.keys.store(Arc::new(keys));
        Ok(())
    }

    /// Who the token speaks for.
    ///
    /// # Errors
    /// Malformed, signed by nobody we know, expired, not yet valid, or meant for
    /// somebody else.
    pub fn verify(&self, token: &str) -> Result<Identity, InvalidToken> {
        self.verify_as(TYPE, token)
    }

    /// Checks a token that is good for the bytes of files alone.
    ///
    /// # Errors
    /// Not such a token, whatever else it may be.
    pub fn verify_for_files(&self, token: &str) -> Result<Identity, InvalidToken> {
        self.verify_as(FILES_TYPE, token)
    }

    fn verify_as(&self, kind: &str, token: &str) -> Result<Identity, InvalidToken> {
        let invalid = |why: &str| InvalidToken(why.to_owned());
        let library = |error: jsonwebtoken::errors::Error| InvalidToken(error.to_string());

        // The header only says which of our own keys to take. Keys that it
        // brings along or points at (`jwk`, `jku`, `x5c`, `x5u`) are never used.
        let header = jsonwebtoken::decode_header(token).map_err(library)?;
        if header.typ.as_deref() != Some(kind) {
            return Err(invalid("the type is another"));
        }
        if header.crit.is_some() {
            return Err(invalid("it demands an extension (RFC 7515 section 4.1.11)"));
        }
        let keys = self.keys.load();
        let key = header.kid.as_ref().and_then(|kid| keys.get(kid));
        let key = key.ok_or_else(|| invalid("the key is not known"))?;

        let claims =
            jsonwebtoken::decode::<Claims>(token, key, &self.validation).map_err(library)?.claims;
        if !claims.is_current(self.clock.now()) {
            return Err(invalid("it has expired or is not valid yet"));
        }
        Ok(Identity { user: claims.sub, device: claims.dev, expires_at: claims.expires_at() })
    }
}

/// An Ed25519 key of the set with its `kid`; other keys are not for us.
fn usable_key(jwk: &Jwk) -> Option<(String, DecodingKey)> {
    let AlgorithmParameters::OctetKeyPair(pair) = &jwk.algorithm else { return None };
    let kid = jwk.common.key_id.clone()?;
    let key = URL_SAFE_NO_PAD.decode(&pair.x).ok()?;
    (pair.curve == EllipticCurve::Ed25519 && key.len() == PUBLIC_KEY_BYTES)
        .then(|| (kid, DecodingKey::from_ed_der(&key)))
}

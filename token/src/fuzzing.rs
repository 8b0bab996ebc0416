//! What the fuzz target `token` calls: strings that claim to be access tokens.
//! A broken promise is a panic.

use std::sync::{Arc, LazyLock};

use arbitrary::{Result, Unstructured};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parlor_domain::{ManualClock, Timestamp, limits};
use serde_json::{Map, Value, json};

use crate::{Signer, Verifier};

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410
/// section 7).
const PKCS8: [u8; 16] = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
/// Beyond this a token is not made longer by repetition.
const TOKEN_BYTES: usize = 4_096;
/// Edits of one run.
const EDITS: usize = 64;

/// A verifier that stands still in time, the one key it knows, and one good token.
struct House {
    verifier: Verifier,
    key: EncodingKey,
    kid: String,
    genuine: String,
}

static HOUSE: LazyLock<House> = LazyLock::new(|| House::new().expect("made of constants"));

impl House {
    fn new() -> Option<Self> {
        // A key that everybody knows, so that the same bytes make the same run.
        let der = [&PKCS8[..], &[7; 32]].concat();
        let encoded = STANDARD.encode(&der);
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{encoded}\n-----END PRIVATE KEY-----\n");
        let signer = Signer::from_pem(&pem).ok()?;
        let verifier = Verifier::new(Arc::new(ManualClock::at(NOW)));
        verifier.set_keys(&signer.jwks()).ok()?;
        let jwks: Value = serde_json::from_str(&signer.jwks()).ok()?;
        let kid = jwks["keys"][0]["kid"].as_str()?.to_owned();
        let key = EncodingKey::from_ed_der(&der);
        let genuine = jsonwebtoken::encode(&header(&kid), &claims(), &key).ok()?;
        Some(Self { verifier, key, kid, genuine })
    }

    fn accepts(&self, token: &str) -> bool {
        self.verifier.verify(token).is_ok()
    }
}

fn header(kid: &str) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(kid.to_owned());
    header
}

fn claims() -> Map<String, Value> {
    let now = NOW.seconds();
    let id = "019aa2f0-7c1e-7d30-9f0e-2f6f3f0d5b11";
    let claims = json!({
        "iss": "parlor", "aud": "parlor", "sub": id, "dev": id, "jti": id,
        "iat": now, "nbf": now, "exp": now + 900,
    });
    claims.as_object().cloned().unwrap_or_default()
}

/// The first byte chooses: a string as it is, a good token with edits, or claims
/// of any kind under our own signature.
///
/// Only the token that was signed is taken, to the letter; and of what is signed
/// only what is a current access token of ours.
pub fn token(data: &[u8]) {
    let Some((way, rest)) = data.split_first() else { return };
    let house = &*HOUSE;
    match way % 3 {
        0 => {
            let text = String::from_utf8_lossy(rest);
            assert_eq!(house.accepts(&text), text == house.genuine, "{text}");
        }
        1 => {
            let mut script = Unstructured::new(rest);
            let mut token = house.genuine.clone().into_bytes();
            for _ in 0..EDITS {
                if script.is_empty() || edit(&mut script, &mut token).is_err() {
                    break;
                }
                let text = String::from_utf8_lossy(&token);
                assert_eq!(house.accepts(&text), text == house.genuine, "{text}");
            }
        }
        _ => signed(house, rest),
    }
}

/// One small change of a token.
fn edit(script: &mut Unstructured<'_>, token: &mut Vec<u8>) -> Result<()> {
    let at = script.choose_index(token.len() + 1)?;
    let byte = script.arbitrary::<u8>()?;
    match script.int_in_range(0..=5_u8)? {
        0 => token.insert(at, byte),
        1 if at < token.len() => token[at] = byte,
        2 if at < token.len() => token[at] ^= 1 << (byte % 8),
        3 if at < token.len() => drop(token.remove(at)),
        4 => token.truncate(at),
        // A part of it once more, as in a fourth segment or a second signature.
        5 if token.len() < TOKEN_BYTES => token.extend_from_within(at..),
        _ => {}
    }
    Ok(())
}

/// Signs what the bytes say, up to a NUL as header, then as claims; a part that
/// is not a JSON object changes nothing of what a good token says.
fn signed(house: &House, data: &[u8]) {
    let (first, second) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (&data[..0], data),
    };
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Map<String, Value>>(bytes).ok();
    let mut head = Map::new();
    for (name, value) in [("alg", "EdDSA"), ("typ", "at+jwt"), ("kid", house.kid.as_str())] {
        head.insert(name.to_owned(), value.into());
    }
    head.extend(parsed(first).unwrap_or_default());
    let mut body = claims();
    body.extend(parsed(second).unwrap_or_default());
    let encode = |part: &Map<String, Value>| {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap_or_default())
    };
    let message = format!("{}.{}", encode(&head), encode(&body));
    let Ok(signature) =
        jsonwebtoken::crypto::sign(message.as_bytes(), &house.key, Algorithm::EdDSA)
    else {
        return;
    };
    let Ok(identity) = house.verifier.verify(&format!("{message}.{signature}")) else { return };
    assert_eq!(head["alg"], "EdDSA", "T1: {head:?}");
    assert_eq!(head["typ"], "at+jwt", "T2: {head:?}");
    assert_eq!(head["kid"], house.kid.as_str(), "T1: {head:?}");
    assert_eq!(body["iss"], "parlor", "T2: {body:?}");
    let meant = match &body["aud"] {
        Value::Array(all) => all.iter().any(|aud| aud == "parlor"),
        one => one == "parlor",
    };
    assert!(meant, "T2: {body:?}");
    let second = |name: &str| body[name].as_f64().unwrap_or(f64::NAN);
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
    let (now, leeway) = (NOW.seconds() as f64, limits::TOKEN_LEEWAY.as_secs_f64());
    assert!(second("exp") + leeway >= now, "T3: {body:?}");
    assert!(second("nbf") - leeway <= now, "T3: {body:?}");
    let id = |name: &str| body[name].as_str().map(str::to_lowercase).unwrap_or_default();
    assert!(id("sub").contains(&identity.user.to_string()), "{body:?}");
    assert!(id("dev").contains(&identity.device.to_string()), "{body:?}");
}

#[cfg(test)]
#[path = "../../fuzz/src/corpus.rs"]
mod corpus;

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds() -> Vec<(&'static str, Vec<u8>)> {
        let genuine = HOUSE.genuine.as_bytes();
        let signature = genuine.iter().rposition(|byte| *byte == b'.').expect("three parts");
        let none = format!("{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#));
        let text = |bytes: &[u8]| [&[0], bytes].concat();
        let signed =
            |head: &str, body: &str| [&[2], head.as_bytes(), &[0], body.as_bytes()].concat();
        vec![
            ("genuine", text(genuine)),
            ("unsigned", text(&genuine[..=signature])),
            ("alg-none", text(none.as_bytes())),
            ("edits", (1..=120).collect()),
            ("signed", signed("", "")),
            ("hs256", signed(r#"{"alg":"HS256"}"#, "")),
            ("another-type", signed(r#"{"typ":"JWT"}"#, "")),
            ("critical", signed(r#"{"crit":["exp"]}"#, "")),
            ("brings-its-key", signed(r#"{"jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}}"#, "")),
            ("expired", signed("", r#"{"exp":1794999900,"nbf":1794999000}"#)),
            ("far-away", signed("", r#"{"exp":9223372036854775807,"nbf":-9223372036854775808}"#)),
            ("for-others", signed("", r#"{"iss":"else","aud":["else","parlor"],"sub":null}"#)),
        ]
    }

    #[test]
    fn t1_only_what_was_signed_is_taken() {
        assert!(HOUSE.accepts(&HOUSE.genuine));
        corpus::seed("token", &seeds());
        corpus::replay("token", token);
    }
}

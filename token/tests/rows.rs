//! Rows T1 to T3 of the fault list, and what signer and verifier promise.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parlor_domain::{DeviceId, ManualClock, Timestamp, UserId, limits};
use parlor_token::{Identity, Signer, Verifier};
use rcgen::{KeyPair, PublicKeyData as _};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

/// One signing key, a verifier that knows it, and a clock to move.
struct House {
    pem: String,
    signer: Signer,
    verifier: Verifier,
    clock: Arc<ManualClock>,
    user: UserId,
    device: DeviceId,
}

impl House {
    fn new() -> Self {
        let pem = Signer::generate_pem();
        let signer = Signer::from_pem(&pem).expect("a fresh key");
        let clock = Arc::new(ManualClock::at(NOW));
        let verifier = Verifier::new(clock.clone());
        verifier.set_keys(&signer.jwks()).expect("our own keys");
        Self { pem, signer, verifier, clock, user: UserId::random(), device: DeviceId::random() }
    }

    fn kid(&self) -> String {
        let jwks: Value = serde_json::from_str(&self.signer.jwks()).expect("JSON");
        jwks["keys"][0]["kid"].as_str().expect("a kid").to_owned()
    }

    fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.kid());
        header
    }

    fn claims(&self) -> Value {
        let now = NOW.seconds();
        json!({
            "iss": "parlor", "aud": "parlor", "sub": self.user, "dev": self.device,
            "jti": UserId::random(), "iat": now, "nbf": now, "exp": now + 900,
        })
    }

    /// A token with our own, valid signature, whatever it says.
    fn signed(&self, header: &Header, claims: &Value) -> String {
        let key = EncodingKey::from_ed_pem(self.pem.as_bytes()).expect("our own key");
        jsonwebtoken::encode(header, claims, &key).expect("signed")
    }

    /// Ours but for one claim, which is replaced, or left out where `value` is null.
    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        let object = claims.as_object_mut().expect("an object");
        if value.is_null() {
            object.remove(name)
        } else {
            object.insert(name.into(), value)
        };
        self.signed(&self.header(), &claims)
    }

    fn accepts(&self, token: &str) -> bool {
        self.verifier.verify(token).is_ok()
    }
}

#[test]
fn a_signed_token_says_who_and_until_when() {
    let house = House::new();
    let (token, expires_at) = house.signer.sign(house.user, house.device, NOW);
    assert_eq!(expires_at, NOW.plus(limits::ACCESS_TOKEN_TTL));
    let identity = house.verifier.verify(&token).expect("our own token");
    assert_eq!(identity, Identity { user: house.user, device: house.device, expires_at });
    // What the forgeries below start from is valid.
    assert!(house.accepts(&house.signed(&house.header(), &house.claims())));
}

#[test]
fn keys_are_published_and_named_as_the_rfcs_say() {
    let house = House::new();
    let jwks: Value = serde_json::from_str(&house.signer.jwks()).expect("JSON");
    let key = &jwks["keys"][0];
    let public = KeyPair::from_pem(&house.pem).expect("a key").der_bytes().to_vec();
    assert_eq!(key["kty"], "OKP");
    assert_eq!(key["crv"], "Ed25519");
    assert_eq!(key["alg"], "EdDSA");
    assert_eq!(key["use"], "sig");
    assert_eq!(key["x"], BASE64.encode(public));
    assert_eq!(key.get("d"), None, "the private part");
    // The same key always has the same name, another has another.
    assert_eq!(Signer::from_pem(&house.pem).expect("a key").jwks(), house.signer.jwks());
    assert_ne!(House::new().kid(), house.kid());
    assert_eq!(BASE64.decode(house.kid()).expect("base64url").len(), 32, "a SHA-256");
}

#[test]
fn keys_are_shared_by_clones_and_replaced_as_a_whole() {
    let (house, next) = (House::new(), House::new());
    let clone = house.verifier.clone();
    let (old, _) = house.signer.sign(house.user, house.device, NOW);
    let (new, _) = next.signer.sign(house.user, house.device, NOW);
    assert!(clone.verify(&old).is_ok() && clone.verify(&new).is_err());

    for bad in
        ["", "[]", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#]
    {
        assert!(house.verifier.set_keys(bad).is_err(), "{bad}");
    }
    let short = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"AQAB"}]}"#;
    assert!(house.verifier.set_keys(short).is_err());
    assert!(clone.verify(&old).is_ok(), "the keys before stay");

    house.verifier.set_keys(&next.signer.jwks()).expect("keys");
    assert!(clone.verify(&old).is_err() && clone.verify(&new).is_ok());
    assert!(Verifier::new(house.clock).verify(&old).is_err(), "no keys yet");
}

#[test]
fn t1_only_eddsa_with_our_own_key_is_taken() {
    let house = House::new();
    let claims = house.claims();
    let part = |value: &Value| BASE64.encode(value.to_string());

    for alg in ["none", "None", "NONE", ""] {
        let header = part(&json!({"alg": alg, "typ": "at+jwt", "kid": house.kid()}));
        let (signed, _) = house.signer.sign(house.user, house.device, NOW);
        let signature = signed.rsplit('.').next().expect("a signature");
        assert!(!house.accepts(&format!("{header}.{}.", part(&claims))), "{alg:?}, unsigned");
        assert!(!house.accepts(&format!("{header}.{}.{signature}", part(&claims))), "{alg:?}");
    }

    let pair = KeyPair::from_pem(&house.pem).expect("a key");
    let secrets = [pair.der_bytes().to_vec(), pair.public_key_pem().into_bytes(), vec![]];
    for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        for secret in &secrets {
            let header = Header { alg, ..house.header() };
            let key = EncodingKey::from_secret(secret);
            let token = jsonwebtoken::encode(&header, &claims, &key).expect("signed");
            assert!(!house.accepts(&token), "{alg:?} with the public key as the secret");
        }
    }
}

#[test]
fn t1_keys_brought_or_named_by_the_token_are_never_used() {
    let (house, thief) = (House::new(), House::new());
    let theirs: Value = serde_json::from_str(&thief.signer.jwks()).expect("JSON");
    let jwk = serde_json::from_value(theirs["keys"][0].clone()).expect("a JWK");
    let forged = [
        Header { kid: None, ..house.header() },
        house.header(),
        thief.header(),
        Header { jwk: Some(jwk), ..house.header() },
        Header { jku: Some("https://evil.example/jwks".into()), ..thief.header() },
        Header { x5u: Some("https://evil.example/x5u".into()), ..thief.header() },
        Header { kid: Some("../../../dev/null".into()), ..house.header() },
        Header { kid: Some("' OR 1=1 --".into()), ..house.header() },
        Header { kid: Some(String::new()), ..house.header() },
    ];
    for header in forged {
        assert!(!house.accepts(&thief.signed(&header, &house.claims())), "{header:?}");
    }
    let unnamed = Header { kid: None, ..house.header() };
    assert!(!house.accepts(&house.signed(&unnamed, &house.claims())), "a key must be named");
    let critical = Header { crit: Some(vec!["exp".into()]), ..house.header() };
    assert!(!house.accepts(&house.signed(&critical, &house.claims())), "an unknown extension");
}

#[test]
fn t1_what_is_cut_changed_or_garbage_is_refused() {
    let house = House::new();
    let (token, _) = house.signer.sign(house.user, house.device, NOW);
    for length in 0..token.len() {
        assert!(!house.accepts(&token[..length]), "cut to {length}");
    }
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert!(!house.accepts(&changed), "changed at {at}");
    }
    let long = "x".repeat(1 << 20);
    for garbage in [".", "..", "...", "a.b.c", "ключ", "\0", &format!("{token}."), &long] {
        assert!(!house.accepts(garbage));
    }
    let nested = format!("{}.{}.", BASE64.encode("[".repeat(100_000)), BASE64.encode("{}"));
    assert!(!house.accepts(&nested));
}

#[test]
fn t2_a_token_meant_for_something_else_is_refused() {
    let house = House::new();
    for typ in [None, Some("JWT"), Some("rt+jwt"), Some("AT+JWT "), Some("application/jwt")] {
        let header = Header { typ: typ.map(str::to_owned), ..house.header() };
        assert!(!house.accepts(&house.signed(&header, &house.claims())), "{typ:?}");
    }
    for (claim, bad) in [
        ("iss", json!("other")),
        ("iss", json!(["parlor"])),
        ("aud", json!("other")),
        ("aud", json!(["parlor", "other"])),
        ("sub", json!("ada")),
        ("dev", json!(7)),
        ("jti", json!("1")),
        ("exp", json!("1795000900")),
        ("exp", json!(1e300)),
        ("iat", json!(true)),
        ("nbf", json!("now")),
    ] {
        assert!(!house.accepts(&house.with_claim(claim, bad.clone())), "{claim}: {bad}");
    }
    for claim in ["iss", "aud", "sub", "dev", "jti", "exp", "iat", "nbf"] {
        assert!(!house.accepts(&house.with_claim(claim, Value::Null)), "without {claim}");
    }
    let refresh_token = BASE64.encode([7; 32]);
    assert!(!house.accepts(&refresh_token), "a refresh token used as an access token");
}

#[test]
fn t3_expiry_has_thirty_seconds_of_leeway_and_no_more() {
    let house = House::new();
    let (token, _) = house.signer.sign(house.user, house.device, NOW);
    house.clock.advance(limits::ACCESS_TOKEN_TTL + Duration::from_secs(29));
    assert!(house.accepts(&token), "exp + 29 s");
    house.clock.advance(Duration::from_secs(2));
    assert!(!house.accepts(&token), "exp + 31 s");
    assert!(!house.accepts(&house.with_claim("exp", json!(0))));
    assert!(!house.accepts(&house.with_claim("exp", json!(i64::MIN))));
}

#[test]
fn t3_a_token_of_the_future_is_refused() {
    let house = House::new();
    let begins = |seconds: i64| house.with_claim("nbf", json!(NOW.seconds() + seconds));
    assert!(house.accepts(&begins(29)));
    assert!(!house.accepts(&begins(31)));
    assert!(!house.accepts(&house.with_claim("nbf", json!(i64::MAX))));
}

#[test]
fn t9_neither_debug_nor_errors_show_a_secret() {
    let house = House::new();
    let secret = house.pem.lines().nth(1).expect("a line of the key");
    let (token, _) = house.signer.sign(house.user, house.device, NOW);
    let signature = token.rsplit('.').next().expect("a signature");
    let expired = house.with_claim("exp", json!(1));
    let shown = format!("{:?} {:?}", house.signer, house.verifier);
    let refused = house.verifier.verify(&expired).expect_err("expired").to_string();
    assert!(!shown.contains(secret) && !shown.contains(signature), "{shown}");
    assert!(!refused.contains(&expired[..20]), "{refused}");
}

#[test]
fn t10_only_an_ed25519_key_signs() {
    let p256 = KeyPair::generate().expect("a P-256 key").serialize_pem();
    let house = House::new();
    let public = KeyPair::from_pem(&house.pem).expect("a key").public_key_pem();
    let cut = &house.pem[..house.pem.len() / 2];
    for bad in ["", "secret", &p256, &public, cut] {
        let error = Signer::from_pem(bad).map(|_| ()).expect_err("not usable").to_string();
        assert!(bad.is_empty() || !error.contains(bad), "the key is not quoted");
    }
}

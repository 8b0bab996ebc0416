//! Rows T9 and T10: no secret in a log, in Debug output, or in the database.

use std::{
    io,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parlor_domain::limits;
use parlor_proto::user::{ChangePasswordRequest, LogOutRequest, log_out_request::By};
use tracing_subscriber::filter::LevelFilter;

use crate::house::{House, PASSWORD, PEER};

const NEW_PASSWORD: &str = "amber-kettle-17-canary";
const WRONG_PASSWORD: &str = "a-wrong-guess-canary";

/// A log kept in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn t9_t10_secrets_stand_in_no_log_and_in_no_database() {
    let log = Kept::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let house = House::new().await;
    let mut client = house.client.clone();
    let first = house.register("ada").await.tokens.expect("tokens");
    house.log_in("ada", WRONG_PASSWORD).await.expect_err("a wrong password");
    let own = house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens");
    let child = house.refresh(&first.refresh_token).await.expect("refreshed");
    house.clock.advance(limits::REFRESH_GRACE * 2);
    house.refresh(&first.refresh_token).await.expect_err("used up");
    house.verify(&first.access_token).await.expect("revoked");
    let change = ChangePasswordRequest {
        access_token: own.access_token.clone(),
        old_password: PASSWORD.into(),
        new_password: NEW_PASSWORD.into(),
        peer: PEER.into(),
    };
    client.change_password(change).await.expect("changed");
    let by = Some(By::AccessToken(own.access_token.clone()));
    client.log_out(LogOutRequest { by }).await.expect("logged out");

    let log = log.0.lock().unwrap().clone();
    assert!(contains(&log, b"refresh_token_reused"), "the audit line");
    let shown = format!("{:?}", house.users).into_bytes();
    let database = house.scratch.dump().await;
    assert!(contains(&database, b"$argon2id$"), "the hash stands there");

    let tokens = [first, own, child];
    let texts = tokens.iter().flat_map(|tokens| [&tokens.access_token, &tokens.refresh_token]);
    let passwords = [PASSWORD, NEW_PASSWORD, WRONG_PASSWORD].map(|text| text.as_bytes().to_vec());
    let raw = tokens.iter().map(|tokens| URL_SAFE_NO_PAD.decode(&tokens.refresh_token).unwrap());
    let secrets = texts.map(|text| text.as_bytes().to_vec()).chain(passwords).chain(raw);
    for (number, secret) in secrets.enumerate() {
        for (place, bytes) in [("log", &log), ("Debug", &shown), ("database", &database)] {
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            let stands = contains(bytes, &secret) || contains(bytes, hex.as_bytes());
            assert!(!stands, "secret {number} stands in the {place}");
        }
    }
}

//! Passwords: how guessable they may be, and how they are hashed.

use std::{sync::Arc, thread};

use argon2::{
    Argon2, Params,
    password_hash::{Error, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use parlor_domain::{Code, Password, Refusal, limits};
use tokio::sync::Semaphore;
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// What a password hash costs, and how many are made at once. The default is
/// argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat
/// Sheet), one for each core.
#[derive(Clone, Debug)]
pub struct Hashing {
    params: Params,
    at_once: usize,
}

impl Hashing {
    /// Other costs: memory in KiB, passes, and how many hashes are made at
    /// once. `None` where argon2 does not work so, or `at_once` is 0.
    pub fn new(memory_kib: u32, passes: u32, at_once: usize) -> Option<Self> {
        let params = Params::new(memory_kib, passes, Params::DEFAULT_P_COST, None).ok()?;
        (1..=Semaphore::MAX_PERMITS).contains(&at_once).then_some(Self { params, at_once })
    }
}

impl Default for Hashing {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self { params: Params::DEFAULT, at_once: cores }
    }
}

/// Hashes and compares passwords on threads of their own, a few at a time.
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    running: Arc<Semaphore>,
    waiting: Semaphore,
    /// Hash of a password that nobody has.
    nobody: String,
}

impl Hasher {
    pub(crate) fn new(hashing: Hashing) -> Self {
        let argon2 =
            Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, hashing.params);
        let nobody = hash(&argon2, &rand::random::<[u8; 32]>()).expect("the costs were checked");
        Self {
            argon2,
            running: Arc::new(Semaphore::new(hashing.at_once)),
            waiting: Semaphore::new(limits::PASSWORDS_WAITING + hashing.at_once),
            nobody,
        }
    }

    /// The hash of a password that somebody wants to have, as a PHC string.
    /// `known` is what others know about the person.
    pub(crate) async fn hash_new(
        &self,
        password: Password,
        known: [String; 2],
    ) -> Result<String, Refusal> {
        self.on_a_thread(move |argon2| {
            judge(&password, &known)?;
            hash(argon2, password.expose().as_bytes()).map_err(|error| {
                tracing::error!(%error, "a password could not be hashed");
                Refusal::new(Code::Internal, "a fault of the server")
            })
        })
        .await?
    }

    /// Whether the password is the one of this hash. Where there is no hash the
    /// answer is no, after the same work (T6).
    pub(crate) async fn matches(
        &self,
        password: Password,
        hash: Option<&str>,
    ) -> Result<bool, Refusal> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        let matches = self
            .on_a_thread(move |argon2| {
                let hash = PasswordHash::new(&hash).map_err(|_| Error::PasswordInvalid)?;
                argon2.verify_password(password.expose().as_bytes(), &hash)
            })
            .await?;
        Ok(exists && matches.is_ok())
    }

    /// Does the work when its turn comes. Where the caller goes away while
    /// waiting it is not done at all; once begun it keeps its turn to its end.
    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let busy = || {
            Refusal::new(Code::Unavailable, "too many people are signing in right now")
                .retry_after(limits::UNAVAILABLE_RETRY)
        };
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| busy())?;
        let argon2 = self.argon2.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&argon2)
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "hashing a password crashed");
            Refusal::new(Code::Internal, "a fault of the server")
        })
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<String, Error> {
    argon2.hash_password(password).map(|hash| hash.to_string())
}

/// Refuses what a guesser would try early: common passwords, the person's own
/// names, keyboard rows, dates (ASVS 6.2).
fn judge(password: &Password, known: &[String; 2]) -> Result<(), Refusal> {
    let estimate = zxcvbn(password.expose(), &[&known[0], &known[1], "parlor"]);
    if estimate.score() >= Score::Two {
        return Ok(());
    }
    let advice = estimate.feedback().map(Feedback::to_string).unwrap_or_default();
    let message = format!("the password is too easy to guess. {advice}");
    Err(Refusal::new(Code::Unprocessable, message.trim_end()))
}

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

#[cfg(test)]
mod tests {
    use std::{pin::pin, sync::Mutex, task::Poll};

    use futures_util::{future::join_all, poll};

    use super::*;

    fn hasher(at_once: usize) -> Hasher {
        Hasher::new(Hashing::new(64, 1, at_once).expect("a cheap one"))
    }

    #[test]
    fn t8_costs_that_cannot_work_are_no_value() {
        assert!(Hashing::new(0, 1, 1).is_none());
        assert!(Hashing::new(64, 0, 1).is_none());
        assert!(Hashing::new(64, 1, 0).is_none());
        let Hashing { params, at_once } = Hashing::default();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19 * 1024, 2, 1));
        assert!(at_once >= 1);
    }

    #[tokio::test]
    async fn t8_hashes_run_a_few_at_a_time_and_only_so_many_wait() {
        let hasher = hasher(2);
        let (running, most) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let work = || {
            let (running, most) = (running.clone(), most.clone());
            hasher.on_a_thread(move |argon2| {
                let now = {
                    let mut running = running.lock().expect("not poisoned");
                    *running += 1;
                    *running
                };
                let mut most = most.lock().expect("not poisoned");
                *most = now.max(*most);
                drop(most);
                hash(argon2, b"some work").expect("hashed");
                *running.lock().expect("not poisoned") -= 1;
            })
        };
        let wanted = limits::PASSWORDS_WAITING + 50;
        let results = join_all((0..wanted).map(|_| work())).await;
        let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert_eq!(refused.len(), wanted - limits::PASSWORDS_WAITING - 2);
        for refusal in refused {
            assert_eq!(refusal.code, Code::Unavailable);
            assert!(refusal.retry_after.is_some());
        }
        assert!((1..=2).contains(&*most.lock().expect("not poisoned")));
        work().await.expect("there is room again");
    }

    #[tokio::test]
    async fn t8_nothing_is_hashed_for_a_caller_who_left_while_waiting() {
        let hasher = hasher(1);
        let turn = hasher.running.clone().acquire_owned().await.expect("open");
        let done = Arc::new(Mutex::new(Vec::new()));
        let work = |name| {
            let done = done.clone();
            hasher.on_a_thread(move |_| done.lock().expect("not poisoned").push(name))
        };
        {
            let mut left = pin!(work("left"));
            assert_eq!(poll!(&mut left), Poll::Pending);
        }
        drop(turn);
        work("stayed").await.expect("done");
        assert_eq!(*done.lock().expect("not poisoned"), ["stayed"]);
    }

    #[tokio::test]
    async fn a_stored_hash_that_is_none_matches_nothing() {
        let hasher = hasher(1);
        let password = || Password::parse("violet-tram-93").expect("valid");
        for stored in ["", "violet-tram-93", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$YWJj"] {
            assert_eq!(hasher.matches(password(), Some(stored)).await, Ok(false), "{stored}");
        }
        assert_eq!(hasher.matches(password(), None).await, Ok(false));
        let stored = hasher.hash_new(password(), Default::default()).await.expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_eq!(hasher.matches(password(), Some(&stored)).await, Ok(true));
    }
}

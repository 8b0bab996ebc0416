//! How many bodies of uploads are taken in at once, in all and of one user: each holds
//! a piece in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use parlor_domain::{Code, Refusal, UserId, limits};

/// Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<UserId, usize>>>);

/// Held while a body comes.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    user: UserId,
}

impl Places {
    pub(super) fn enter(&self, user: UserId) -> Result<Place, Refusal> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = taken.get(&user).copied().unwrap_or_default();
        if mine >= limits::UPLOADS_AT_ONCE_PER_USER
            || taken.values().sum::<usize>() >= limits::UPLOADS_AT_ONCE
        {
            return Err(Refusal::new(Code::RateLimited, "too many uploads at once")
                .retry_after(Duration::from_secs(1)));
        }
        taken.insert(user, mine + 1);
        Ok(Place { places: self.clone(), user })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.user) {
            Some(mine) if *mine > 1 => *mine -= 1,
            _ => drop(taken.remove(&self.user)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u6_nobody_takes_every_place() {
        let (places, hog) = (Places::default(), UserId::random());
        let enter = |user| places.enter(user);
        let mut held: Vec<Place> =
            (0..limits::UPLOADS_AT_ONCE_PER_USER).map(|_| enter(hog).unwrap()).collect();
        assert_eq!(enter(hog).unwrap_err().code, Code::RateLimited);
        let other = enter(UserId::random()).unwrap();
        held.pop();
        held.push(enter(hog).unwrap());
        while held.len() + 1 < limits::UPLOADS_AT_ONCE {
            held.push(enter(UserId::random()).unwrap());
        }
        assert_eq!(enter(UserId::random()).unwrap_err().code, Code::RateLimited);
        drop(other);
        enter(UserId::random()).unwrap();
        drop(held);
        assert!(places.0.lock().unwrap().is_empty());
    }
}

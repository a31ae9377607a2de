//! Which hosts connections are kept open to.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::time::Instant;

use crate::limits;

/// Hosts that were spoken to a short while ago, as many as there is room for.
#[derive(Debug, Default)]
pub(super) struct Pooled {
    hosts: Mutex<HashMap<String, Instant>>,
}

impl Pooled {
    /// Whether connections to `host` may stay open. Whoever has a place keeps it as long as it is used.
    pub(super) fn admits(&self, host: &str, now: Instant) -> bool {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = hosts.get_mut(host) {
            *last = now;
            return true;
        }
        if hosts.len() >= limits::POOLED_HOSTS {
            hosts.retain(|_, last| now.saturating_duration_since(*last) <= limits::POOLED_FOR);
        }
        let has_room = hosts.len() < limits::POOLED_HOSTS;
        if has_room {
            hosts.insert(host.to_owned(), now);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn hosts_have_a_place_while_there_is_room_and_as_long_as_they_are_used() {
        let (pooled, began) = (Pooled::default(), Instant::now());
        for number in 0..limits::POOLED_HOSTS {
            assert!(pooled.admits(&number.to_string(), began));
        }
        assert!(!pooled.admits("more", began));
        let later = began + limits::POOLED_FOR;
        assert!(pooled.admits("0", later) && !pooled.admits("more", later));
        let ended = later + Duration::from_millis(1);
        assert!(pooled.admits("more", ended) && pooled.admits("0", ended));
        assert_eq!(pooled.hosts.lock().unwrap().len(), 2);
    }
}

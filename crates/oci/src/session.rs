//! What was learned about how hosts want to be asked, for one set of credentials.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    sync::{Mutex as Turn, MutexGuard, OnceCell},
    time::{Instant, timeout_at},
};

use crate::{challenge::Challenge, limits};

/// One entry per host, and one per host, repository and owner.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    hosts: Mutex<HashMap<String, Arc<HostState>>>,
    tokens: Mutex<HashMap<(String, String, String), Arc<TokenSlot>>>,
}

/// A token, and who is fetching one.
pub(crate) type TokenSlot = Turn<Option<Token>>;

#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) until: Instant,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// What is known about one host.
#[derive(Debug, Default)]
pub(crate) struct HostState {
    answered: AtomicBool,
    first: Turn<()>,
    challenge: Mutex<Option<Challenge>>,
    /// Whether it speaks TLS, where that is asked.
    pub(crate) speaks_tls: OnceCell<bool>,
}

impl Sessions {
    pub(crate) fn host(&self, host: &str) -> Arc<HostState> {
        entry(&self.hosts, host.to_owned())
    }

    /// The place of the token for one repository. INVARIANT: never shared with another repository or credential.
    // THREAT: whoever fetches it waits within a share that is used up, and everybody else waits along.
    // See whoever_waits_for_a_token_waits_for_none_but_its_own.
    pub(crate) fn token(&self, host: &str, repository: &str, owner: &str) -> Arc<TokenSlot> {
        entry(&self.tokens, (host.to_owned(), repository.to_owned(), owner.to_owned()))
    }
}

// THREAT: image names make up hosts and repositories without end. At the limit what nobody uses is forgotten.
fn entry<K: Eq + Hash, V: Default>(map: &Mutex<HashMap<K, Arc<V>>>, key: K) -> Arc<V> {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= limits::TOKENS && !map.contains_key(&key) {
        map.retain(|_, value| Arc::strong_count(value) > 1);
    }
    Arc::clone(map.entry(key).or_default())
}

impl HostState {
    /// Lets the first request to a host go ahead alone, so that the others know what it learned: one 401 and one
    /// handshake instead of one for each. A host that keeps it waiting holds up nobody for long.
    pub(crate) async fn first_contact(&self, deadline: Instant) -> Option<MutexGuard<'_, ()>> {
        if self.answered.load(Ordering::Acquire) {
            return None;
        }
        let until = deadline.min(Instant::now() + limits::FIRST_CONTACT);
        let turn = timeout_at(until, self.first.lock()).await.ok()?;
        (!self.answered.load(Ordering::Acquire)).then_some(turn)
    }

    pub(crate) fn answered(&self) {
        self.answered.store(true, Ordering::Release);
    }

    pub(crate) fn challenge(&self) -> Option<Challenge> {
        self.challenge.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn learn(&self, challenge: Challenge) {
        *self.challenge.lock().unwrap_or_else(PoisonError::into_inner) = Some(challenge);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant as Clock},
    };

    use tokio::time::Instant;

    use super::Sessions;
    use crate::limits;

    #[test]
    fn what_nobody_uses_is_forgotten_at_the_limit_and_not_before() {
        let sessions = Sessions::default();
        let held = sessions.token("host", "held", "");
        for number in 1..limits::TOKENS {
            sessions.token("host", &format!("repository{number}"), "");
        }
        assert_eq!(sessions.tokens.lock().unwrap().len(), limits::TOKENS);
        sessions.token("host", "one-more", "");
        assert_eq!(sessions.tokens.lock().unwrap().len(), 2);
        assert!(Arc::ptr_eq(&held, &sessions.token("host", "held", "")));
        assert!(!Arc::ptr_eq(&held, &sessions.token("host2", "held", "")));
    }

    #[tokio::test]
    async fn a_first_contact_that_hangs_holds_up_nobody_for_long() {
        let state = Sessions::default().host("host");
        let deadline = Instant::now() + Duration::from_secs(60);
        let hanging = state.first_contact(deadline).await;
        assert!(hanging.is_some());
        let started = Clock::now();
        assert!(state.first_contact(deadline).await.is_none());
        assert!(started.elapsed() < limits::FIRST_CONTACT * 4);
        drop(hanging);
        state.answered();
        assert!(state.first_contact(deadline).await.is_none());
    }
}

//! How much may happen at one time, over all images.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use sealgate_verify::GapCause;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::{fault::Fault, limits};

/// Lanes to hosts. Clients of other credentials share them, pools they do not.
#[derive(Debug)]
pub(crate) struct Lanes {
    all: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    /// Bytes that gatherings under way have read and not yet handed on.
    pub(crate) held: Arc<AtomicU64>,
    /// For names that are looked up.
    pub(crate) lookups: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The right to run one request; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    _permits: [OwnedSemaphorePermit; 3],
}

const UNIT: u64 = 1024;

impl Default for Lanes {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits::REQUESTS)),
            bytes: Arc::new(Semaphore::new(
                usize::try_from(limits::BYTES_IN_FLIGHT / UNIT).unwrap_or(usize::MAX),
            )),
            held: Arc::default(),
            lookups: Arc::new(Semaphore::new(limits::LOOKUPS)),
            hosts: Mutex::default(),
        }
    }
}

impl Lanes {
    /// Waits for a lane to `host` and for room for `bytes`.
    ///
    /// Always in the same order, so that nobody waits in a circle.
    pub(crate) async fn enter(&self, host: &str, bytes: u64, deadline: Instant) -> Result<Permit, Fault> {
        let units = u32::try_from(bytes.min(limits::BYTES_IN_FLIGHT).div_ceil(UNIT)).unwrap_or(u32::MAX);
        let lane = self.lane(host);
        let permits = async {
            Some(Permit {
                _permits: [
                    lane.acquire_owned().await.ok()?,
                    Arc::clone(&self.bytes).acquire_many_owned(units).await.ok()?,
                    Arc::clone(&self.all).acquire_owned().await.ok()?,
                ],
            })
        };
        match timeout_at(deadline, permits).await {
            Ok(Some(permit)) => Ok(permit),
            Ok(None) | Err(_) => {
                Err(Fault::new(GapCause::Timeout, format!("no free lane to `{host}` before the deadline")))
            }
        }
    }

    fn lane(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        // THREAT: image names make up hosts without end. Lanes that nobody uses are forgotten.
        if hosts.len() >= limits::TOKENS {
            hosts.retain(|_, lane| {
                Arc::strong_count(lane) > 1 || lane.available_permits() < limits::REQUESTS_PER_HOST
            });
        }
        Arc::clone(
            hosts
                .entry(host.to_owned())
                .or_insert_with(|| Arc::new(Semaphore::new(limits::REQUESTS_PER_HOST))),
        )
    }
}

/// What may still be fetched for one image. What it took is given back to all when the gathering ends.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicU64,
    taken: AtomicU64,
    held: OnceLock<Arc<AtomicU64>>,
}

/// Whose bytes are used up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spent {
    /// Everybody's: a moment later there may be room.
    All,
    /// The image's own.
    Image,
}

impl Budget {
    pub(crate) fn new(bytes: u64) -> Self {
        Self { left: AtomicU64::new(bytes), taken: AtomicU64::new(0), held: OnceLock::new() }
    }

    /// Takes `bytes` out, if there are as many, here and in what all gatherings hold together.
    // THREAT: many images of one Pod, each within its own budget, fill the process's memory together.
    // See bytes_held_by_all_images_are_bounded.
    pub(crate) fn take(&self, bytes: u64, held: &Arc<AtomicU64>) -> Result<(), Spent> {
        let held = self.held.get_or_init(|| Arc::clone(held));
        let room = |sum: u64| sum.checked_add(bytes).filter(|sum| *sum <= limits::BYTES_HELD);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes))
            .map_err(|_| Spent::Image)?;
        held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).map_err(|_| Spent::All)?;
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        if let Some(held) = self.held.get() {
            held.fetch_sub(self.taken.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sealgate_verify::GapCause;
    use tokio::time::Instant;

    use std::sync::{Arc, atomic::Ordering};

    use super::{Budget, Lanes, Spent};
    use crate::limits;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[tokio::test]
    async fn one_host_takes_its_lanes_and_no_more() {
        let lanes = Lanes::default();
        let mut held = vec![];
        for _ in 0..limits::REQUESTS_PER_HOST {
            held.push(lanes.enter("a", 1, soon()).await.unwrap());
        }
        assert_eq!(lanes.enter("a", 1, soon()).await.unwrap_err().cause(), Some(GapCause::Timeout));
        assert!(lanes.enter("b", 1, soon()).await.is_ok());
        held.pop();
        assert!(lanes.enter("a", 1, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn all_hosts_together_take_all_lanes_and_no_more() {
        let lanes = Lanes::default();
        let mut held = vec![];
        for number in 0..limits::REQUESTS {
            held.push(lanes.enter(&format!("host{number}"), 1, soon()).await.unwrap());
        }
        assert_eq!(lanes.enter("one-more", 1, soon()).await.unwrap_err().cause(), Some(GapCause::Timeout));
        held.pop();
        assert!(lanes.enter("one-more", 1, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn bytes_in_flight_are_bounded() {
        let lanes = Lanes::default();
        let held = lanes.enter("a", limits::BYTES_IN_FLIGHT, soon()).await.unwrap();
        assert_eq!(lanes.enter("b", 1, soon()).await.unwrap_err().cause(), Some(GapCause::Timeout));
        drop(held);
        assert!(lanes.enter("b", 1, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn hosts_that_nobody_speaks_to_are_forgotten() {
        let lanes = Lanes::default();
        let held = lanes.enter("kept", 1, soon()).await.unwrap();
        for number in 0..limits::TOKENS + 1 {
            lanes.enter(&format!("host{number}"), 1, soon()).await.unwrap();
        }
        let hosts = lanes.hosts.lock().unwrap();
        assert!(hosts.len() <= limits::TOKENS && hosts.contains_key("kept"));
        drop(held);
    }

    #[test]
    fn a_budget_gives_what_it_has_and_no_more() {
        let (budget, all) = (Budget::new(10), Arc::default());
        assert_eq!(budget.take(4, &all), Ok(()));
        assert_eq!(budget.take(6, &all), Ok(()));
        assert_eq!(budget.take(1, &all), Err(Spent::Image));
        assert_eq!(budget.take(0, &all), Ok(()));
    }

    #[test]
    fn bytes_held_by_all_images_are_bounded() {
        let all = Arc::default();
        let (one, other) = (Budget::new(limits::BYTES_HELD), Budget::new(limits::BYTES_HELD));
        assert_eq!(one.take(limits::BYTES_HELD - 1, &all), Ok(()));
        assert_eq!(other.take(2, &all), Err(Spent::All));
        assert_eq!(other.take(1, &all), Ok(()));
        drop(one);
        assert_eq!(other.take(2, &all), Ok(()));
        drop(other);
        assert_eq!(all.load(Ordering::Relaxed), 0);
    }
}

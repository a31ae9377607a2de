//! How much may happen at one time, over all images.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
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

/// What may still be fetched for one image.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU64);

impl Budget {
    pub(crate) fn new(bytes: u64) -> Self {
        Self(AtomicU64::new(bytes))
    }

    /// Takes `bytes` out, if there are as many.
    pub(crate) fn take(&self, bytes: u64) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sealgate_verify::GapCause;
    use tokio::time::Instant;

    use super::{Budget, Lanes};
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
        let budget = Budget::new(10);
        assert!(budget.take(4) && budget.take(6) && !budget.take(1) && budget.take(0));
    }
}

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

use crate::{
    fault::Fault,
    limits,
    turns::{Turn, Turns},
};

/// Lanes to hosts. Clients of other credentials share them, pools they do not.
#[derive(Debug)]
pub(crate) struct Lanes {
    all: Turns,
    bytes: Arc<Semaphore>,
    /// Bytes that gatherings under way have read and not yet handed on.
    pub(crate) held: Arc<AtomicU64>,
    /// For names that are looked up.
    pub(crate) lookups: Turns,
    hosts: Mutex<HashMap<String, Arc<Turns>>>,
    owners: Mutex<HashMap<String, Arc<Owner>>>,
}

/// Somebody on whose behalf things are fetched, such as a namespace, and its share of everything.
#[derive(Debug)]
pub(crate) struct Owner {
    name: String,
    requests: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    held: AtomicU64,
}

impl Owner {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// The right to run one request; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    _permits: Vec<OwnedSemaphorePermit>,
    _turns: [Turn; 2],
}

const UNIT: u64 = 1024;

impl Default for Lanes {
    fn default() -> Self {
        Self {
            all: Turns::new(limits::REQUESTS, limits::REQUESTS),
            bytes: semaphore(limits::BYTES_IN_FLIGHT / UNIT),
            held: Arc::default(),
            lookups: Turns::new(limits::LOOKUPS, limits::LOOKUPS_OF_ONE),
            hosts: Mutex::default(),
            owners: Mutex::default(),
        }
    }
}

fn semaphore(permits: u64) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(permits).unwrap_or(usize::MAX)))
}

impl Lanes {
    /// Waits for a lane to `host` and for room for `bytes`, within the share of `owner`.
    ///
    /// Always in the same order, so that nobody waits in a circle. The share comes first: whoever has used its own up
    /// waits for itself, and not in a lane that others need.
    // THREAT: one namespace's images name hosts that never answer, until no lane is left for anybody else's.
    // See one_owner_takes_its_share_of_all_lanes_and_no_more.
    pub(crate) async fn enter(
        &self,
        host: &str,
        bytes: u64,
        owner: Option<&Owner>,
        deadline: Instant,
    ) -> Result<Permit, Fault> {
        let units = |most: u64| u32::try_from(bytes.min(most).div_ceil(UNIT)).unwrap_or(u32::MAX);
        let lane = self.lane(host);
        let name = owner.map_or("", |owner| &owner.name);
        let permits = async {
            let mut permits = vec![];
            if let Some(owner) = owner {
                let bytes = units(limits::BYTES_IN_FLIGHT_OF_ONE);
                permits.push(Arc::clone(&owner.requests).acquire_owned().await.ok()?);
                permits.push(Arc::clone(&owner.bytes).acquire_many_owned(bytes).await.ok()?);
            }
            let to_host = lane.take(name, deadline).await?;
            let bytes = units(limits::BYTES_IN_FLIGHT);
            permits.push(Arc::clone(&self.bytes).acquire_many_owned(bytes).await.ok()?);
            Some(Permit { _turns: [to_host, self.all.take(name, deadline).await?], _permits: permits })
        };
        match timeout_at(deadline, permits).await {
            Ok(Some(permit)) => Ok(permit),
            Ok(None) | Err(_) => {
                Err(Fault::new(GapCause::Timeout, format!("no free lane to `{host}` before the deadline")))
            }
        }
    }

    fn lane(&self, host: &str) -> Arc<Turns> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        // THREAT: image names make up hosts without end. Lanes that nobody uses are forgotten.
        if hosts.len() >= limits::TOKENS {
            hosts.retain(|_, lane| Arc::strong_count(lane) > 1 || lane.taken() > 0);
        }
        let made = || Arc::new(Turns::new(limits::REQUESTS_PER_HOST, limits::REQUESTS_PER_HOST_OF_ONE));
        Arc::clone(hosts.entry(host.to_owned()).or_insert_with(made))
    }

    /// Finds an owner by its name. Owners for whom nothing is under way are forgotten when there are many.
    pub(crate) fn owner(&self, name: &str) -> Arc<Owner> {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.len() >= limits::TOKENS && !owners.contains_key(name) {
            owners.retain(|_, owner| Arc::strong_count(owner) > 1);
        }
        let made = || {
            Arc::new(Owner {
                name: name.to_owned(),
                requests: Arc::new(Semaphore::new(limits::REQUESTS_OF_ONE)),
                bytes: semaphore(limits::BYTES_IN_FLIGHT_OF_ONE / UNIT),
                held: AtomicU64::new(0),
            })
        };
        Arc::clone(owners.entry(name.to_owned()).or_insert_with(made))
    }
}

/// What may still be fetched for one image. What it took is given back to all when the gathering ends.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicU64,
    taken: AtomicU64,
    held: OnceLock<Arc<AtomicU64>>,
    owner: Option<Arc<Owner>>,
}

/// Whose bytes are used up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spent {
    /// Everybody's: a moment later there may be room.
    All,
    /// The image's own.
    Image,
    /// Those of everything that is fetched on one owner's behalf.
    Owner,
}

impl Budget {
    pub(crate) fn new(bytes: u64) -> Self {
        Self { left: AtomicU64::new(bytes), taken: AtomicU64::new(0), held: OnceLock::new(), owner: None }
    }

    /// The same on somebody's behalf.
    pub(crate) fn of(mut self, owner: Option<Arc<Owner>>) -> Self {
        self.owner = owner;
        self
    }

    /// On whose behalf.
    pub(crate) fn owner(&self) -> Option<&Arc<Owner>> {
        self.owner.as_ref()
    }

    /// Takes `bytes` out, if there are as many, here and in what all gatherings hold together.
    // THREAT: many images of one Pod, each within its own budget, fill the process's memory together.
    // See bytes_held_by_all_images_are_bounded and bytes_held_for_one_owner_are_bounded.
    pub(crate) fn take(&self, bytes: u64, held: &Arc<AtomicU64>) -> Result<(), Spent> {
        let held = self.held.get_or_init(|| Arc::clone(held));
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes))
            .map_err(|_| Spent::Image)?;
        add(held, bytes, limits::BYTES_HELD).ok_or(Spent::All)?;
        if let Some(owner) = &self.owner
            && add(&owner.held, bytes, limits::BYTES_HELD_FOR_ONE).is_none()
        {
            held.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Spent::Owner);
        }
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }
}

fn add(held: &AtomicU64, bytes: u64, most: u64) -> Option<()> {
    let room = |sum: u64| sum.checked_add(bytes).filter(|sum| *sum <= most);
    held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).ok().map(drop)
}

impl Drop for Budget {
    fn drop(&mut self) {
        let taken = self.taken.load(Ordering::Relaxed);
        if let Some(held) = self.held.get() {
            held.fetch_sub(taken, Ordering::Relaxed);
        }
        if let Some(owner) = &self.owner {
            owner.held.fetch_sub(taken, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use sealgate_verify::GapCause;
    use tokio::time::Instant;

    use std::sync::{Arc, atomic::Ordering};

    use super::{Budget, Lanes, Spent};
    use crate::limits;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[tokio::test]
    async fn one_host_takes_its_lanes_and_one_owner_its_share_of_them() {
        let lanes = Lanes::default();
        let [one, other] = ["one", "other"].map(|name| lanes.owner(name));
        let mut held = vec![];
        for _ in 0..limits::REQUESTS_PER_HOST_OF_ONE {
            held.push(lanes.enter("a", 1, Some(&one), soon()).await.unwrap());
        }
        let beyond = lanes.enter("a", 1, Some(&one), soon()).await;
        assert_eq!(beyond.unwrap_err().cause(), Some(GapCause::Timeout));
        for _ in limits::REQUESTS_PER_HOST_OF_ONE..limits::REQUESTS_PER_HOST {
            held.push(lanes.enter("a", 1, Some(&other), soon()).await.unwrap());
        }
        let beyond = lanes.enter("a", 1, Some(&other), soon()).await;
        assert_eq!(beyond.unwrap_err().cause(), Some(GapCause::Timeout));
        assert!(lanes.enter("b", 1, Some(&one), soon()).await.is_ok());
        held.pop();
        assert!(lanes.enter("a", 1, Some(&other), soon()).await.is_ok());
    }

    #[tokio::test]
    async fn all_hosts_together_take_all_lanes_and_no_more() {
        let lanes = Lanes::default();
        let mut held = vec![];
        for number in 0..limits::REQUESTS {
            held.push(lanes.enter(&format!("host{number}"), 1, None, soon()).await.unwrap());
        }
        assert_eq!(
            lanes.enter("one-more", 1, None, soon()).await.unwrap_err().cause(),
            Some(GapCause::Timeout)
        );
        held.pop();
        assert!(lanes.enter("one-more", 1, None, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn bytes_in_flight_are_bounded() {
        let lanes = Lanes::default();
        let held = lanes.enter("a", limits::BYTES_IN_FLIGHT, None, soon()).await.unwrap();
        assert_eq!(lanes.enter("b", 1, None, soon()).await.unwrap_err().cause(), Some(GapCause::Timeout));
        drop(held);
        assert!(lanes.enter("b", 1, None, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn one_owner_takes_its_share_of_all_lanes_and_no_more() {
        let lanes = Lanes::default();
        let [one, other] = ["one", "other"].map(|name| lanes.owner(name));
        let mut held = vec![];
        for number in 0..limits::REQUESTS_OF_ONE {
            held.push(lanes.enter(&format!("dead{number}"), 1, Some(&one), soon()).await.unwrap());
        }
        let beyond = lanes.enter("alive", 1, Some(&lanes.owner("one")), soon()).await;
        assert_eq!(beyond.unwrap_err().cause(), Some(GapCause::Timeout));
        assert!(lanes.enter("alive", 1, Some(&other), soon()).await.is_ok());
        held.pop();
        assert!(lanes.enter("alive", 1, Some(&one), soon()).await.is_ok());
    }

    #[tokio::test]
    async fn one_owner_takes_its_share_of_the_bytes_in_flight_and_no_more() {
        let lanes = Lanes::default();
        let [one, other] = ["one", "other"].map(|name| lanes.owner(name));
        let held = lanes.enter("a", limits::BYTES_IN_FLIGHT_OF_ONE, Some(&one), soon()).await.unwrap();
        let beyond = lanes.enter("b", 1, Some(&one), soon()).await;
        assert_eq!(beyond.unwrap_err().cause(), Some(GapCause::Timeout));
        assert!(lanes.enter("b", limits::BYTES_IN_FLIGHT_OF_ONE, Some(&other), soon()).await.is_ok());
        drop(held);
        assert!(lanes.enter("b", 1, Some(&one), soon()).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_for_its_own_share_keeps_no_lane_from_others() {
        let lanes = Lanes::default();
        let [one, other] = ["one", "other"].map(|name| lanes.owner(name));
        let mut held = vec![];
        for number in 0..limits::REQUESTS_OF_ONE {
            held.push(lanes.enter(&format!("dead{number}"), 1, Some(&one), soon()).await.unwrap());
        }
        let late = Instant::now() + Duration::from_secs(60);
        let mut queue: Vec<_> = (0..2 * limits::REQUESTS_PER_HOST)
            .map(|_| Box::pin(lanes.enter("alive", 1, Some(&one), late)))
            .collect();
        assert!(queue.iter_mut().all(|wait| wait.now_or_never().is_none()));
        assert!(lanes.enter("alive", 1, Some(&other), soon()).await.is_ok());
    }

    #[test]
    fn owners_for_whom_nothing_is_under_way_are_forgotten() {
        let lanes = Lanes::default();
        let kept = lanes.owner("kept");
        (0..limits::TOKENS).for_each(|number| drop(lanes.owner(&number.to_string())));
        let owners = lanes.owners.lock().unwrap();
        assert!(owners.len() <= limits::TOKENS && Arc::ptr_eq(&kept, &owners["kept"]));
    }

    #[test]
    fn bytes_held_for_one_owner_are_bounded() {
        let lanes = Lanes::default();
        let budget = |name| Budget::new(limits::BYTES_HELD).of(Some(lanes.owner(name)));
        let (first, second, other) = (budget("one"), budget("one"), budget("other"));
        assert_eq!(first.take(limits::BYTES_HELD_FOR_ONE - 1, &lanes.held), Ok(()));
        assert_eq!(second.take(2, &lanes.held), Err(Spent::Owner));
        assert_eq!(second.take(1, &lanes.held), Ok(()));
        assert_eq!(lanes.held.load(Ordering::Relaxed), limits::BYTES_HELD_FOR_ONE);
        assert_eq!(other.take(2, &lanes.held), Ok(()));
        drop(first);
        assert_eq!(second.take(2, &lanes.held), Ok(()));
        drop((second, other));
        assert_eq!(lanes.held.load(Ordering::Relaxed), 0);
        assert_eq!(lanes.owner("one").held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn hosts_that_nobody_speaks_to_are_forgotten() {
        let lanes = Lanes::default();
        let held = lanes.enter("kept", 1, None, soon()).await.unwrap();
        for number in 0..limits::TOKENS + 1 {
            lanes.enter(&format!("host{number}"), 1, None, soon()).await.unwrap();
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

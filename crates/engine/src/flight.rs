//! Single flight: what is already under way is waited for, not started again.
//!
//! A flight belongs to the owner who asked first, and flies within that owner's shares. Others may go along with it, but are
//! not bound to it: it is as slow as its owner's luck.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

/// Work under way, by key and owner. The work goes on even if everybody who waited has left.
pub(crate) struct Flights<K, V> {
    under_way: Arc<Mutex<Book<K, V>>>,
}

/// One piece of work; `None` if it panicked.
pub(crate) type Flight<V> = Shared<BoxFuture<'static, Option<V>>>;

/// How many flights there may be before another one is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    /// Of everybody.
    pub(crate) all: usize,
    /// Of one owner.
    pub(crate) of_one: usize,
}

type Owned<V> = (Arc<str>, Flight<V>);

struct Book<K, V> {
    flights: HashMap<K, Vec<Owned<V>>>,
    owners: HashMap<Arc<str>, usize>,
    count: usize,
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        let book = Book { flights: HashMap::default(), owners: HashMap::default(), count: 0 };
        Self { under_way: Arc::new(Mutex::new(book)) }
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A flight of that key that belongs to somebody else, if `owner` has none.
    pub(crate) fn of_others(&self, key: &K, owner: &str) -> Option<Flight<V>> {
        let book = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let flights = book.flights.get(key)?;
        match flights.iter().any(|(of, _)| **of == *owner) {
            true => None,
            false => flights.first().map(|(_, flight)| flight.clone()),
        }
    }

    /// Joins the owner's flight of that key, or starts one; `None` if there are as many under way as there may be.
    // THREAT: work that nobody waits for any more piles up, since whoever asked has left. See work_under_way_is_bounded.
    pub(crate) fn join<F>(
        &self,
        key: K,
        owner: &str,
        most: Most,
        work: impl FnOnce() -> F,
    ) -> Option<Flight<V>>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut book = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let mut flights = book.flights.get(&key).into_iter().flatten();
        if let Some((_, flight)) = flights.find(|(of, _)| **of == *owner) {
            return Some(flight.clone());
        }
        // THREAT: one namespace's images are all slow ones, and no other's are looked at. See one_owner_has_its_share_of_flights.
        let held = book.owners.get(owner).copied().unwrap_or_default();
        if book.count >= most.all || held >= most.of_one {
            return None;
        }
        let owner: Arc<str> = owner.into();
        let under_way = Arc::clone(&self.under_way);
        let landing = Landing { key: key.clone(), owner: Arc::clone(&owner), under_way };
        let work = work();
        let task = tokio::spawn(async move {
            // INVARIANT: the key is given back when the work ends, however it ends.
            let _landing = landing;
            work.await
        });
        let flight = task.map(Result::ok).boxed().shared();
        book.count += 1;
        *book.owners.entry(Arc::clone(&owner)).or_default() += 1;
        book.flights.entry(key).or_default().push((owner, flight.clone()));
        Some(flight)
    }

    /// Whether work for that key is under way.
    #[cfg(test)]
    fn is_under_way(&self, key: &K) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).flights.contains_key(key)
    }
}

struct Landing<K: Eq + Hash, V> {
    key: K,
    owner: Arc<str>,
    under_way: Arc<Mutex<Book<K, V>>>,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut book = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        book.count = book.count.saturating_sub(1);
        if let Some(held) = book.owners.get_mut(&self.owner) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                book.owners.remove(&self.owner);
            }
        }
        if let Some(flights) = book.flights.get_mut(&self.key) {
            flights.retain(|(owner, _)| *owner != self.owner);
            if flights.is_empty() {
                book.flights.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    const MOST: Most = Most { all: 2, of_one: 2 };

    #[tokio::test]
    async fn work_of_one_key_is_done_once_for_all_who_wait() {
        let flights = Flights::<&str, usize>::default();
        let count = Arc::new(AtomicUsize::new(0));
        let start = |key| {
            let count = Arc::clone(&count);
            let work = || async move {
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst)
            };
            flights.join(key, "one", MOST, work).unwrap()
        };
        let (a, b, other) = (start("a"), start("a"), start("b"));
        assert!(a.await == b.await && other.await.is_some());
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert!(!flights.is_under_way(&"a"));
        start("a").await;
        assert_eq!(count.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_panic_is_no_answer_and_gives_the_key_back() {
        let flights = Flights::<&str, usize>::default();
        let flight = flights.join("a", "one", MOST, || async { panic!("on purpose") }).unwrap();
        assert_eq!(flight.await, None);
        assert!(!flights.is_under_way(&"a"));
        assert_eq!(flights.join("a", "one", MOST, || async { 7 }).unwrap().await, Some(7));
    }

    #[tokio::test]
    async fn who_came_first_and_left_takes_the_answer_from_nobody() {
        let flights = Flights::<&str, usize>::default();
        let (open, opened) = oneshot::channel();
        let first = flights.join("a", "one", MOST, || async { opened.await.unwrap() }).unwrap();
        let second = flights.join("a", "one", MOST, || async { 8 }).unwrap();
        drop(first);
        open.send(7).unwrap();
        assert_eq!(second.await, Some(7));
    }

    #[tokio::test]
    async fn work_under_way_is_bounded() {
        let flights = Flights::<&str, usize>::default();
        let (open, opened) = oneshot::channel();
        let last = flights.join("a", "one", MOST, || async { opened.await.unwrap() }).unwrap();
        drop(flights.join("b", "one", MOST, std::future::pending).unwrap());
        assert!(flights.join("c", "one", MOST, || async { 0 }).is_none());
        // Whoever waits for what is under way adds nothing.
        assert!(flights.join("b", "one", MOST, || async { 0 }).is_some());
        open.send(7).unwrap();
        assert_eq!(last.await, Some(7));
        assert_eq!(flights.join("c", "one", MOST, || async { 9 }).unwrap().await, Some(9));
    }
    #[tokio::test]
    async fn one_owner_has_its_share_of_flights() {
        let flights = Flights::<&str, usize>::default();
        let most = Most { all: 3, of_one: 2 };
        let never = std::future::pending::<usize>;
        assert!(flights.join("a", "one", most, never).is_some());
        assert!(flights.join("b", "one", most, never).is_some());
        assert!(flights.join("c", "one", most, never).is_none());
        assert_eq!(flights.join("c", "other", most, || async { 7 }).unwrap().await, Some(7));
        assert!(flights.join("c", "third", most, never).is_some());
        assert!(flights.join("c", "other", most, never).is_none());
    }

    #[tokio::test]
    async fn owners_of_one_key_fly_by_themselves_and_may_go_along() {
        let flights = Flights::<&str, usize>::default();
        let (open, opened) = oneshot::channel();
        let first = flights.join("a", "one", MOST, || async { opened.await.unwrap() }).unwrap();
        assert!(flights.of_others(&"a", "one").is_none() && flights.of_others(&"b", "other").is_none());
        let along = flights.of_others(&"a", "other").unwrap();
        // The other's own flight lands first, and takes nothing from those who fly still.
        assert_eq!(flights.join("a", "other", MOST, || async { 8 }).unwrap().await, Some(8));
        assert!(flights.of_others(&"a", "other").is_some());
        open.send(7).unwrap();
        assert_eq!((first.await, along.await), (Some(7), Some(7)));
        assert!(!flights.is_under_way(&"a") && flights.of_others(&"a", "other").is_none());
    }
}

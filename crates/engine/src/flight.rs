//! Single flight: what is already under way is waited for, not started again.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

/// Work under way, by key. The work goes on even if everybody who waited has left.
pub(crate) struct Flights<K, V> {
    under_way: Arc<Mutex<HashMap<K, Flight<V>>>>,
}

/// One piece of work; `None` if it panicked.
pub(crate) type Flight<V> = Shared<BoxFuture<'static, Option<V>>>;

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self { under_way: Arc::default() }
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the flight of that key, or starts one; `None` if there are `most` under way already.
    // THREAT: work that nobody waits for any more piles up, since whoever asked has left. See work_under_way_is_bounded.
    pub(crate) fn join<F>(&self, key: K, most: usize, work: impl FnOnce() -> F) -> Option<Flight<V>>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(&key) {
            return Some(flight.clone());
        }
        if under_way.len() >= most {
            return None;
        }
        let landing = Landing { key: key.clone(), under_way: Arc::clone(&self.under_way) };
        let work = work();
        let task = tokio::spawn(async move {
            // INVARIANT: the key is given back when the work ends, however it ends.
            let _landing = landing;
            work.await
        });
        let flight = task.map(Result::ok).boxed().shared();
        under_way.insert(key, flight.clone());
        Some(flight)
    }

    /// Whether work for that key is under way.
    #[cfg(test)]
    fn is_under_way(&self, key: &K) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }
}

struct Landing<K: Eq + Hash, V> {
    key: K,
    under_way: Arc<Mutex<HashMap<K, Flight<V>>>>,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;

    use super::*;

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
            flights.join(key, 2, work).unwrap()
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
        let flight = flights.join("a", 1, || async { panic!("on purpose") }).unwrap();
        assert_eq!(flight.await, None);
        assert!(!flights.is_under_way(&"a"));
        assert_eq!(flights.join("a", 1, || async { 7 }).unwrap().await, Some(7));
    }

    #[tokio::test]
    async fn who_came_first_and_left_takes_the_answer_from_nobody() {
        let flights = Flights::<&str, usize>::default();
        let (open, opened) = oneshot::channel();
        let first = flights.join("a", 1, || async { opened.await.unwrap() }).unwrap();
        let second = flights.join("a", 1, || async { 8 }).unwrap();
        drop(first);
        open.send(7).unwrap();
        assert_eq!(second.await, Some(7));
    }

    #[tokio::test]
    async fn work_under_way_is_bounded() {
        let flights = Flights::<&str, usize>::default();
        let (open, opened) = oneshot::channel();
        let last = flights.join("a", 2, || async { opened.await.unwrap() }).unwrap();
        drop(flights.join("b", 2, std::future::pending).unwrap());
        assert!(flights.join("c", 2, || async { 0 }).is_none());
        // Whoever waits for what is under way adds nothing.
        assert!(flights.join("b", 2, || async { 0 }).is_some());
        open.send(7).unwrap();
        assert_eq!(last.await, Some(7));
        assert_eq!(flights.join("c", 2, || async { 9 }).unwrap().await, Some(9));
    }
}

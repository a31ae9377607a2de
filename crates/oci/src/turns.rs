//! Turns that are shared fairly among those who ask for them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

/// So many turns at one time, of which one owner has at most a share.
///
/// A free turn goes to whoever waits and holds the fewest; among equals, to who has waited longest. So an owner whose
/// work is slow neither takes all turns nor lets others wait behind a queue of its own.
#[derive(Clone, Debug)]
pub struct Turns {
    desk: Arc<Desk>,
}

/// The right to work; ends when it is dropped.
#[derive(Debug)]
pub struct Turn {
    desk: Arc<Desk>,
    owner: Arc<str>,
}

#[derive(Debug)]
struct Desk {
    most: usize,
    share: usize,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    taken: usize,
    held: HashMap<Arc<str>, usize>,
    waiting: VecDeque<(Arc<str>, oneshot::Sender<Turn>)>,
}

impl Turns {
    /// `most` turns, at most `share` for one owner.
    pub fn new(most: usize, share: usize) -> Self {
        Self { desk: Arc::new(Desk { most, share, book: Mutex::default() }) }
    }

    /// Waits for a turn; `None` if there was none until then.
    pub async fn take(&self, owner: &str, until: Instant) -> Option<Turn> {
        let wait = {
            let mut book = self.desk.book();
            // Whoever waits while turns are left has its share already.
            if book.taken < self.desk.most && book.of(owner) < self.desk.share {
                return Some(book.give(&self.desk, owner.into()));
            }
            let (sender, wait) = oneshot::channel();
            book.waiting.push_back((owner.into(), sender));
            wait
        };
        timeout_at(until, wait).await.ok()?.ok()
    }

    /// How many turns are taken.
    pub fn taken(&self) -> usize {
        self.desk.book().taken
    }
}

impl Desk {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn of(&self, owner: &str) -> usize {
        self.held.get(owner).copied().unwrap_or_default()
    }

    fn give(&mut self, desk: &Arc<Desk>, owner: Arc<str>) -> Turn {
        self.taken += 1;
        *self.held.entry(Arc::clone(&owner)).or_default() += 1;
        Turn { desk: Arc::clone(desk), owner }
    }

    // INVARIANT: owners that hold nothing are forgotten, since strangers make up their names.
    fn take_back(&mut self, owner: &str) {
        self.taken = self.taken.saturating_sub(1);
        if let Some(held) = self.held.get_mut(owner) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                self.held.remove(owner);
            }
        }
    }

    fn next(&mut self, desk: &Desk) -> Option<(Arc<str>, oneshot::Sender<Turn>)> {
        self.waiting.retain(|(_, sender)| !sender.is_closed());
        if self.taken >= desk.most {
            return None;
        }
        let entitled = self.waiting.iter().map(|(owner, _)| self.of(owner)).enumerate();
        let (place, _) = entitled.filter(|(_, held)| *held < desk.share).min_by_key(|(_, held)| *held)?;
        self.waiting.remove(place)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut book = self.desk.book();
        book.take_back(&self.owner);
        let mut given = vec![];
        while let Some((owner, sender)) = book.next(&self.desk) {
            given.push((sender, book.give(&self.desk, owner)));
        }
        // Whoever has left in this moment drops its turn, which takes the book again.
        drop(book);
        for (sender, turn) in given {
            drop(sender.send(turn));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::{FutureExt as _, future::join_all};
    use tokio::time::Instant;

    use super::{Turn, Turns};

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    fn late() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    async fn hold(turns: &Turns, owner: &str, count: usize) -> Vec<Turn> {
        let all = join_all((0..count).map(|_| turns.take(owner, soon()))).await;
        all.into_iter().flatten().collect()
    }

    #[tokio::test]
    async fn one_owner_has_its_share_and_no_more() {
        let turns = Turns::new(8, 5);
        let mut held = hold(&turns, "a", 6).await;
        assert_eq!((held.len(), turns.taken()), (5, 5));
        assert!(turns.take("b", soon()).await.is_some());
        held.pop();
        assert!(turns.take("a", soon()).await.is_some());
    }

    #[tokio::test]
    async fn all_owners_together_have_all_turns_and_no_more() {
        let turns = Turns::new(8, 5);
        let held = (hold(&turns, "a", 5).await, hold(&turns, "b", 5).await);
        assert_eq!((held.0.len(), held.1.len()), (5, 3));
        assert!(turns.take("c", soon()).await.is_none());
        drop(held.1);
        assert!(turns.take("c", soon()).await.is_some());
    }

    #[tokio::test]
    async fn who_holds_the_fewest_is_next_however_long_others_queue() {
        let turns = Turns::new(4, 4);
        let (mut held, last) = (hold(&turns, "a", 3).await, hold(&turns, "b", 1).await);
        let mut queue: Vec<_> = (0..50).map(|_| Box::pin(turns.take("a", late()))).collect();
        assert!(queue.iter_mut().all(|wait| wait.now_or_never().is_none()));
        let (mut b, mut c) = (Box::pin(turns.take("b", late())), Box::pin(turns.take("c", late())));
        assert!(b.as_mut().now_or_never().is_none() && c.as_mut().now_or_never().is_none());
        drop(last);
        let b = b.as_mut().now_or_never().flatten();
        assert!(b.is_some() && c.as_mut().now_or_never().is_none());
        held.pop();
        let c = c.as_mut().now_or_never().flatten();
        assert!(c.is_some());
        // Nobody else waits: the queue goes on, first come, first served.
        drop((b, c));
        let served: Vec<_> = queue.iter_mut().map(|wait| wait.now_or_never().flatten()).collect();
        assert_eq!(served.iter().take_while(|turn| turn.is_some()).count(), 2);
        assert_eq!(served.iter().flatten().count(), 2);
    }

    #[tokio::test]
    async fn who_leaves_the_queue_takes_no_turn_along() {
        let turns = Turns::new(1, 1);
        let held = turns.take("a", soon()).await.unwrap();
        assert!(turns.take("a", soon()).await.is_none());
        let mut given = Box::pin(turns.take("b", late()));
        assert!(given.as_mut().now_or_never().is_none());
        drop(held);
        // Given, and never fetched.
        assert_eq!(turns.taken(), 1);
        drop(given);
        assert_eq!(turns.taken(), 0);
        assert!(turns.take("c", soon()).await.is_some());
        assert!(turns.desk.book().held.is_empty() && turns.desk.book().waiting.is_empty());
    }
}

//! How long a policy may think, and how much memory it may take.

use std::{
    sync::mpsc::{RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

/// Why a policy came to no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum BoundsError {
    /// Too much memory.
    #[error("the policy took more than {0} MiB of memory; make it compare less, or split the attestation")]
    Memory(u64),
    /// It stopped without an answer.
    #[error("the policy engine broke off")]
    Stopped,
    /// Too long.
    #[error("context deadline exceeded: the policy thought longer than {} ms", .0.as_millis())]
    Time(Duration),
    /// No thread could be started.
    #[error("the policy engine could not be started")]
    Unstarted,
}

/// What all that is asked in one go may take together, counted from when this was made.
#[derive(Debug)]
pub(super) struct Bounds {
    started: Instant,
    time: Duration,
    before: u64,
    memory: u64,
}

impl Bounds {
    /// So long, and so many bytes more than the process has now.
    pub(super) fn new(time: Duration, memory: u64) -> Self {
        Self { started: Instant::now(), time, before: resident(), memory }
    }

    /// The time that is left.
    pub(super) fn left(&self) -> Duration {
        self.time.saturating_sub(self.started.elapsed())
    }

    /// Lets `work` run on a thread of its own, and leaves it behind where it takes too long or too much: the process that
    /// asked ends with its answer, so nothing may be asked after an error.
    ///
    /// THREAT: a policy, or a statement made for one, that never ends or fills the machine. A builtin is one step of the
    /// engine, so a clock between the steps alone would not do. See a_policy_that_never_ends_is_left and
    /// a_policy_that_grows_is_left.
    ///
    /// # Errors
    /// [`BoundsError`]
    pub(super) fn within<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BoundsError> {
        self.check()?;
        let (done, answer) = sync_channel(1);
        let run = move || drop(done.send(work()));
        thread::Builder::new().stack_size(STACK).spawn(run).map_err(|_| BoundsError::Unstarted)?;
        loop {
            match answer.recv_timeout(BETWEEN_LOOKS.min(self.left())) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => return Err(BoundsError::Stopped),
                Err(RecvTimeoutError::Timeout) => self.check()?,
            }
        }
    }

    fn check(&self) -> Result<(), BoundsError> {
        if self.left().is_zero() {
            return Err(BoundsError::Time(self.time));
        }
        match resident().saturating_sub(self.before) > self.memory {
            true => Err(BoundsError::Memory(self.memory >> 20)),
            false => Ok(()),
        }
    }
}

// The memory of this process in bytes; zero where the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() << 10
}

const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
// Addresses, not memory: a policy of as many rules as are read may ask them all of one another, one within the other. So
// much more than the memory that a stack without end is seen, and the process ended, long before it is full.
const STACK: usize = 2 << 30;
const _: () =
    assert!(STACK as u64 >= 4 * crate::limits::POLICY_MEMORY, "memory must run out before the stack does");

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bounds, BoundsError};

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_ends_in_time_answers_and_what_does_not_is_left() {
        assert_eq!(Bounds::new(LONG, 1 << 30).within(|| 7), Ok(7));
        let short = Duration::from_millis(30);
        assert_eq!(
            Bounds::new(short, 1 << 30).within(|| std::thread::sleep(Duration::from_secs(2))),
            Err(BoundsError::Time(short))
        );
    }

    #[test]
    fn what_grows_is_left_and_what_stays_small_is_not() {
        let grow = |mebibytes: usize| {
            move || {
                let held = vec![1_u8; mebibytes << 20];
                std::thread::sleep(Duration::from_millis(300));
                held.len()
            }
        };
        assert_eq!(Bounds::new(LONG, 256 << 20).within(grow(640)), Err(BoundsError::Memory(256)));
        assert_eq!(Bounds::new(LONG, 1 << 40).within(grow(64)), Ok(64 << 20));
    }

    #[test]
    fn all_that_is_asked_shares_one_allowance() {
        let bounds = Bounds::new(Duration::from_millis(600), 1 << 40);
        let nap = || std::thread::sleep(Duration::from_millis(400));
        assert_eq!(bounds.within(nap), Ok(()));
        assert_eq!(bounds.within(nap), Err(BoundsError::Time(Duration::from_millis(600))));
        assert_eq!(bounds.within(|| ()), Err(BoundsError::Time(Duration::from_millis(600))));
        let bounds = Bounds::new(LONG, 1 << 40);
        assert_eq!((bounds.within(nap), bounds.within(nap)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_thread_that_panics_is_an_error() {
        let broken = || -> u8 { panic!("for the test") };
        assert_eq!(Bounds::new(LONG, 1 << 40).within(broken), Err(BoundsError::Stopped));
    }
}

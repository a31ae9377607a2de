//! What stands before the replicas of a Service: a TCP forwarder on loopback.
//!
//! Like kube-proxy it picks a target when a connection is opened and never moves an open one, and like a
//! cluster it sends new connections only to replicas that are ready.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A listener that hands each new connection to the next live target.
#[derive(Debug)]
pub struct Forwarder {
    address: SocketAddr,
    rotation: Arc<Mutex<Rotation>>,
    accepting: JoinHandle<()>,
}

impl Forwarder {
    /// Starts to listen on a free loopback port.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(live: impl IntoIterator<Item = SocketAddr>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let rotation =
            Arc::new(Mutex::new(Rotation { live: live.into_iter().collect(), ..Rotation::default() }));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&rotation)));
        Ok(Self { address, rotation, accepting })
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends new connections to these targets alone; open connections stay where they are.
    pub fn set_live(&self, live: impl IntoIterator<Item = SocketAddr>) {
        lock(&self.rotation).live = live.into_iter().collect();
    }

    /// How many connections each target was handed, in the order in which targets were first used.
    #[must_use]
    pub fn handed_out(&self) -> Vec<(SocketAddr, usize)> {
        lock(&self.rotation).handed_out.clone()
    }

    /// How many connections were closed because no target was live or the target refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        lock(&self.rotation).refused
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        // The open connections live in the accepting task and end with it.
        self.accepting.abort();
    }
}

#[derive(Debug, Default)]
struct Rotation {
    live: Vec<SocketAddr>,
    next: usize,
    handed_out: Vec<(SocketAddr, usize)>,
    refused: usize,
}

impl Rotation {
    fn pick(&mut self) -> Option<SocketAddr> {
        let turn = self.next.checked_rem(self.live.len())?;
        self.next = turn + 1;
        self.live.get(turn).copied()
    }

    fn count(&mut self, target: SocketAddr) {
        match self.handed_out.iter_mut().find(|(known, _)| *known == target) {
            Some((_, count)) => *count += 1,
            None => self.handed_out.push((target, 1)),
        }
    }
}

async fn accept(listener: TcpListener, rotation: Arc<Mutex<Rotation>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        // Ended ones are taken out so that a long test does not collect them.
        while connections.try_join_next().is_some() {}
        connections.spawn(forward(client, Arc::clone(&rotation)));
    }
}

async fn forward(mut client: TcpStream, rotation: Arc<Mutex<Rotation>>) {
    let picked = lock(&rotation).pick();
    let connected = match picked {
        Some(target) => TcpStream::connect(target).await.ok().map(|server| (target, server)),
        None => None,
    };
    let Some((target, mut server)) = connected else {
        lock(&rotation).refused += 1;
        return;
    };
    lock(&rotation).count(target);
    // Small writes go out as they come: the forwarder must not add to a measured latency.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    // How a connection ends is the business of the two ends.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

fn lock(rotation: &Mutex<Rotation>) -> MutexGuard<'_, Rotation> {
    rotation.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// A server that greets every connection with its name.
    async fn greeter(name: &'static [u8; 1]) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(name).await.unwrap();
                tokio::spawn(async move {
                    let mut echo = [0; 1];
                    while stream.read_exact(&mut echo).await.is_ok() {
                        stream.write_all(&echo).await.unwrap();
                    }
                });
            }
        });
        address
    }

    async fn connect(forwarder: &Forwarder) -> (TcpStream, Option<u8>) {
        let mut stream = TcpStream::connect(forwarder.address()).await.unwrap();
        let mut greeting = [0; 1];
        let read = stream.read(&mut greeting).await.unwrap();
        (stream, (read == 1).then_some(greeting[0]))
    }

    #[tokio::test]
    async fn new_connections_take_turns_among_live_targets() {
        let (a, b) = (greeter(b"a").await, greeter(b"b").await);
        let forwarder = Forwarder::start([a, b]).await.unwrap();
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(connect(&forwarder).await.1.unwrap());
        }
        assert_eq!(seen, b"abab");
        assert_eq!(forwarder.handed_out(), [(a, 2), (b, 2)]);
    }

    #[tokio::test]
    async fn an_open_connection_stays_when_its_target_leaves_the_rotation() {
        let (a, b) = (greeter(b"a").await, greeter(b"b").await);
        let forwarder = Forwarder::start([a, b]).await.unwrap();
        let (mut open, greeting) = connect(&forwarder).await;
        assert_eq!(greeting, Some(b'a'));
        forwarder.set_live([b]);
        for _ in 0..3 {
            assert_eq!(connect(&forwarder).await.1, Some(b'b'));
        }
        open.write_all(b"x").await.unwrap();
        let mut echo = [0; 1];
        open.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"x");
    }

    #[tokio::test]
    async fn without_a_live_target_connections_are_closed_and_counted() {
        let a = greeter(b"a").await;
        let forwarder = Forwarder::start([]).await.unwrap();
        assert_eq!(connect(&forwarder).await.1, None);
        assert_eq!(forwarder.refused(), 1);
        forwarder.set_live([a]);
        assert_eq!(connect(&forwarder).await.1, Some(b'a'));
    }
}

//! Which addresses are never spoken to, also when a name resolves to them.

use std::{
    collections::BTreeSet,
    error::Error,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::Instant;

use crate::{limits, turns::Turns};

/// Whether an address is never a registry: unspecified, link-local, multicast, reserved, or a cloud's metadata service.
///
/// An IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) counts as itself.
pub(crate) fn is_forbidden(address: IpAddr) -> bool {
    match plain(address) {
        IpAddr::V4(v4) => {
            let [first, ..] = v4.octets();
            first == 0 || first >= 240 || v4.is_link_local() || v4.is_multicast() || METADATA_V4.contains(&v4)
        }
        IpAddr::V6(v6) => {
            v6.is_unspecified()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
                || METADATA_V6.contains(&v6)
        }
    }
}

/// Whether an address means this very machine, also when it is written as IPv6.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    plain(address).is_loopback()
}

fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let embedded = |high: u16, low: u16| {
        let ([first, second], [third, fourth]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(first, second, third, fourth))
    };
    match (a, b) {
        // ::ffff:a.b.c.d and ::ffff:0:a.b.c.d; ::a.b.c.d but for :: and ::1.
        (0, 0) if c == 0 && d == 0 && (e, f) == (0, 0xffff) => embedded(g, h),
        (0, 0) if c == 0 && d == 0 && (e, f) == (0xffff, 0) => embedded(g, h),
        (0, 0) if c == 0 && d == 0 && (e, f) == (0, 0) && !(g == 0 && h <= 1) => embedded(g, h),
        // 64:ff9b::/96 and 64:ff9b:1::/48, where the address may stand at several places: its last is the usual one.
        (0x64, 0xff9b) => embedded(g, h),
        // 2002:a.b.c.d::/16.
        (0x2002, _) => embedded(b, c),
        _ => address,
    }
}

const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba
    Ipv4Addr::new(168, 63, 129, 16),   // Azure's wire server
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle
];

const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), // Amazon
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),  // Google
];

/// A name that resolves to forbidden addresses only.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` resolves to addresses that are never spoken to")]
pub(crate) struct Forbidden(String);

/// A name that waits behind too many others.
#[derive(Debug, thiserror::Error)]
#[error("too many names are being looked up to look up `{0}`")]
struct Crowded(String);

/// A name that nobody knows, or whose servers did not say.
#[derive(Debug, thiserror::Error)]
#[error("lookup {name}: {why}")]
pub(crate) struct Unresolved {
    name: String,
    why: String,
}

impl Unresolved {
    fn new(name: &str, cause: &std::io::Error) -> Self {
        let text = cause.to_string();
        // The system has no number for it that the standard library would hand on.
        let unknown =
            ["not known", "No address", "nodename nor servname"].iter().any(|word| text.contains(word));
        let why = if unknown { "no such host".to_owned() } else { text };
        Self { name: name.to_owned(), why }
    }
}

/// Resolves names, and keeps what no connection may go to from whoever opens connections.
///
/// The connection goes to exactly the addresses that were looked at here: a second answer of a name server cannot
/// move it.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// Names, without ports, that may be this very machine.
    pub(crate) loopback: Arc<BTreeSet<String>>,
    /// Whether `localhost` may be.
    pub(crate) localhost: bool,
    /// How many look-ups may run at one time, and of names under one domain.
    pub(crate) lookups: Turns,
}

impl Guard {
    pub(crate) fn admits(&self, name: &str, address: IpAddr) -> bool {
        !is_forbidden(address)
            && (!is_loopback(address)
                || self.loopback.contains(name)
                || (self.localhost && is_localhost(name)))
    }
}

/// Whether a name means this very machine by definition.
pub(crate) fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let name = name.as_str().to_ascii_lowercase();
            // THREAT: names whose servers never answer. A look-up cannot be called off, it holds a thread until the
            // system gives up; image names make up as many as they like. See names_of_one_domain_take_their_share_of_look_ups.
            let until = Instant::now() + limits::CONNECT_WITHIN;
            let turn = guard.lookups.take(domain(&name), until).await.ok_or_else(|| Crowded(name.clone()))?;
            let asked = name.clone();
            let found = tokio::task::spawn_blocking(move || {
                let found = (asked.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
                drop(turn);
                found
            });
            let found = found.await?.map_err(|cause| Unresolved::new(&name, &cause))?;
            let admitted = admitted(&guard, &name, &found)?;
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

// Whoever has a domain makes up names under it for nothing; domains cost something.
fn domain(name: &str) -> &str {
    let end = name.trim_end_matches('.');
    let mut dots = end.rmatch_indices('.').map(|(place, _)| place + 1);
    dots.nth(1).and_then(|place| end.get(place..)).unwrap_or(end)
}

fn admitted(
    guard: &Guard,
    name: &str,
    found: &[SocketAddr],
) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
    let admitted: Vec<_> = found.iter().copied().filter(|address| guard.admits(name, address.ip())).collect();
    if admitted.is_empty() && !found.is_empty() {
        return Err(Box::new(Forbidden(name.to_owned())));
    }
    Ok(admitted)
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, sync::Arc, time::Duration};

    use reqwest::dns::Resolve as _;
    use tokio::time::{Instant, timeout};

    use super::{Forbidden, Guard, admitted, domain, is_forbidden, is_loopback};
    use crate::{lanes::Lanes, limits, turns::Turns};

    fn guard(loopback: &[&str], lookups: usize) -> Guard {
        let loopback = loopback.iter().map(|name| (*name).to_owned()).collect();
        Guard { loopback: Arc::new(loopback), localhost: false, lookups: Turns::new(lookups, lookups) }
    }

    #[tokio::test]
    async fn a_resolved_name_is_held_against_the_same_rules() {
        let error = guard(&[], 1).resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert!(error.is::<Forbidden>(), "{error}");
        let found = guard(&["localhost"], 1).resolve("LOCALHOST".parse().unwrap()).await.unwrap();
        assert!(found.count() > 0);
    }

    #[tokio::test]
    async fn look_ups_at_one_time_are_counted() {
        let guard = guard(&["localhost"], 1);
        let held = guard.lookups.take("example", Instant::now()).await.unwrap();
        let waiting = guard.resolve("localhost".parse().unwrap());
        assert!(timeout(Duration::from_millis(50), waiting).await.is_err());
        drop(held);
        assert!(guard.resolve("localhost".parse().unwrap()).await.is_ok());
    }

    #[tokio::test]
    async fn names_of_one_domain_take_their_share_of_look_ups() {
        let lookups = Lanes::default().lookups;
        let take =
            async |name: &str| lookups.take(domain(name), Instant::now() + Duration::from_millis(20)).await;
        let mut held = vec![];
        for number in 0..limits::LOOKUPS_OF_ONE {
            held.push(take(&format!("{number}.dark.evil.example")).await.unwrap());
        }
        assert!(take("more.evil.example").await.is_none());
        assert!(take("registry.good.example").await.is_some());
        held.pop();
        assert!(take("more.evil.example").await.is_some());
        for (name, expected) in [
            ("a.b.example.com", "example.com"),
            ("example.com.", "example.com"),
            ("example.com", "example.com"),
            ("registry.sealgate.svc", "sealgate.svc"),
            ("localhost", "localhost"),
            ("a..", "a"),
            ("", ""),
        ] {
            assert_eq!(domain(name), expected, "{name}");
        }
    }

    #[test]
    fn link_local_metadata_and_unspecified_addresses_are_forbidden_in_every_spelling() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:169.254.169.254",
            "::ffff:0:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0.0.0.0",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
        ] {
            assert!(is_forbidden(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn public_and_private_addresses_are_not_forbidden() {
        for text in [
            "1.1.1.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "127.0.0.1",
            "::1",
            "fd00::1",
            "2606:4700::1",
        ] {
            assert!(!is_forbidden(text.parse().unwrap()), "{text}");
        }
        assert!(is_loopback("::ffff:127.0.0.1".parse().unwrap()));
        assert!(is_loopback("::1".parse().unwrap()));
        assert!(!is_loopback("128.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_name_that_resolves_to_forbidden_addresses_reaches_only_the_others() {
        let guard = guard(&["inside"], 1);
        let of = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let mixed = of(&["169.254.169.254:0", "1.1.1.1:0", "127.0.0.1:0"]);
        assert_eq!(admitted(&guard, "reg", &mixed).unwrap(), of(&["1.1.1.1:0"]));
        assert_eq!(admitted(&guard, "inside", &mixed).unwrap(), of(&["1.1.1.1:0", "127.0.0.1:0"]));
        assert!(admitted(&guard, "reg", &of(&["169.254.169.254:0"])).is_err());
        assert!(admitted(&guard, "reg", &of(&["127.0.0.1:0", "[::1]:0"])).is_err());
        assert!(admitted(&guard, "reg", &[]).unwrap().is_empty());
    }
}

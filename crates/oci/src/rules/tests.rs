use std::collections::BTreeSet;

use sealgate_verify::GapCause;
use url::Url;

use super::{Asked, Rules};
use crate::{Config, fault::Fault};

fn set(hosts: &[&str]) -> BTreeSet<String> {
    hosts.iter().map(|host| (*host).to_owned()).collect()
}

fn rules(http: &[&str], only: &[&str]) -> Rules {
    Rules::of(&Config { http_hosts: set(http), only_hosts: set(only), ..Config::default() })
}

fn is_forbidden<T: std::fmt::Debug>(result: Result<T, Fault>) -> bool {
    result.is_err_and(|fault| fault.cause() == Some(GapCause::HostForbidden))
}

#[test]
fn hosts_in_disguise_are_refused() {
    let open = rules(&[], &[]);
    for host in [
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.169.254",
        "169.254.169.254:80",
        "169.254.43518",
        "[fe80::1]",
        "[::ffff:a9fe:a9fe]:5000",
        "[fd00:ec2::254]",
        "[::]",
        "0.0.0.0:5000",
        "user@registry.example",
        "registry.example/path",
        "registry.example?x",
        "registry.example#x",
        "ｇhcr.io",
        "registry.example:99999",
        "%6c.example",
        "",
    ] {
        assert!(is_forbidden(open.site(host)), "{host}");
    }
    for host in [
        "registry.example",
        "registry.example:5000",
        "10.1.2.3:5000",
        "[2001:db8::1]:5000",
        "REGISTRY.example:443",
    ] {
        assert!(open.site(host).is_ok(), "{host}");
    }
}

#[test]
fn this_very_machine_is_spoken_to_only_where_configuration_says_so() {
    for host in
        ["localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000", "[::ffff:7f00:1]:5000", "a.localhost"]
    {
        assert!(is_forbidden(rules(&[], &[]).site(host)), "{host}");
        assert!(is_forbidden(rules(&["127.0.0.1:5001"], &[]).site(host)), "{host}");
        let named = rules(&[host], &[]).site(host).unwrap();
        assert_eq!(named.at("v2/a/manifests/b").unwrap().scheme(), "http");
        let only = rules(&[], &[host]).site(host).unwrap();
        assert_eq!(only.at("v2/a/manifests/b").unwrap().scheme(), "https");
        let cli = Rules::of(&Config { http_loopback: true, ..Config::default() });
        assert_eq!(cli.site(host).unwrap().at("v2/a/manifests/b").unwrap().scheme(), "http");
    }
    let cli = Rules::of(&Config { http_loopback: true, ..Config::default() });
    for host in ["localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1:5000"] {
        assert_eq!(cli.site(host).unwrap().at("v2/a/manifests/b").unwrap().scheme(), "https", "{host}");
    }
}

#[test]
fn only_the_hosts_that_settings_name_are_spoken_to() {
    let only = rules(&[], &["ghcr.io", "docker.io", "registry.example:5000"]);
    for host in ["ghcr.io", "GHCR.IO:443", "registry-1.docker.io", "index.docker.io", "registry.example:5000"]
    {
        assert!(only.site(host).is_ok(), "{host}");
    }
    for host in ["hcr.io", "ghcr.io.evil.example", "xghcr.io", "ghcr.io:5000", "registry.example", "ghcr.io."]
    {
        assert!(is_forbidden(only.site(host)), "{host}");
    }
}

#[test]
fn plain_http_needs_the_exact_host_and_port() {
    let rules = rules(&["registry.example:5000", "plain.example"], &[]);
    let scheme = |host: &str| rules.site(host).unwrap().at("v2/a/manifests/b").unwrap().scheme().to_owned();
    assert_eq!(scheme("registry.example:5000"), "http");
    assert_eq!(scheme("plain.example"), "http");
    for host in ["registry.example", "registry.example:5001", "a.registry.example:5000", "plain.example:8080"]
    {
        assert_eq!(scheme(host), "https", "{host}");
    }
}

#[test]
fn docker_hub_is_asked_where_its_registry_is() {
    let site = rules(&[], &[]).site("docker.io").unwrap();
    assert_eq!(site.name, "docker.io");
    assert_eq!(
        site.at("v2/library/nginx/manifests/latest").unwrap().as_str(),
        "https://registry-1.docker.io/v2/library/nginx/manifests/latest"
    );
}

#[test]
fn a_realm_is_the_same_host_or_one_that_the_table_names() {
    let open = rules(&["plain.example:5000"], &[]);
    let realm = |host: &str, text: &str| open.realm(&open.site(host).unwrap(), text);
    for (host, text) in [
        ("registry.example", "https://registry.example/token"),
        ("registry.example", "https://registry.example:443/token"),
        ("registry.example:5000", "https://registry.example:5000/token"),
        ("docker.io", "https://auth.docker.io/token"),
        ("docker.io", "https://registry-1.docker.io/token"),
        ("registry.gitlab.com", "https://gitlab.com/jwt/auth"),
        ("plain.example:5000", "http://plain.example:5000/token"),
    ] {
        assert!(realm(host, text).is_ok(), "{host} {text}");
    }
    for (host, text) in [
        ("registry.example", "https://evil.example/token"),
        ("registry.example", "http://registry.example/token"),
        ("registry.example", "https://registry.example@evil.example/token"),
        ("registry.example", "https://user:secret@registry.example/token"),
        ("registry.example", "https://registry.example:8443/token"),
        ("registry.example", "https://registry.example.evil.example/token"),
        ("registry.example", "https://a.registry.example/token"),
        ("registry.example", "https://evil.example\\@registry.example/token"),
        ("registry.example", "https://169.254.169.254/token"),
        ("registry.example", "//registry.example/token"),
        ("registry.example", "/token"),
        ("registry.example", "file:///etc/passwd"),
        ("registry.example", "https://auth.docker.io/token"),
        ("docker.io", "https://auth.docker.io.evil.example/token"),
        ("docker.io", "https://auth.docker.io:8443/token"),
        ("docker.io", "https://gitlab.com/jwt/auth"),
        ("plain.example:5000", "http://plain.example:5001/token"),
        ("plain.example:5000", "https://plain.example:5000/token"),
    ] {
        assert!(is_forbidden(realm(host, text)), "{host} {text}");
    }
}

#[test]
fn a_blob_is_fetched_over_https_from_where_no_setting_forbids() {
    let open = rules(&["plain.example:5000"], &[]);
    let from = Url::parse("https://registry.example/v2/a/blobs/b").unwrap();
    let leads = |rules: &Rules, location: &str| {
        rules.redirect(&open.site("registry.example").unwrap(), &from, location, Asked::Blob)
    };
    for location in
        ["https://cdn.example/x?sig=1", "/elsewhere", "http://plain.example:5000/x", "//cdn.example/x"]
    {
        assert!(leads(&open, location).is_ok(), "{location}");
    }
    for location in [
        "http://cdn.example/x",
        "http://plain.example/x",
        "https://169.254.169.254/latest",
        "https://[::ffff:169.254.169.254]/latest",
        "https://2852039166/latest",
        "https://127.0.0.1:9090/metrics",
        "https://localhost/x",
        "https://user@cdn.example/x",
        "file:///etc/passwd",
        "data:,x",
        "https://",
    ] {
        assert!(is_forbidden(leads(&open, location)), "{location}");
    }
    let only = rules(&[], &["registry.example", "cdn.example"]);
    assert!(leads(&only, "https://cdn.example/x").is_ok());
    assert!(is_forbidden(leads(&only, "https://other.example/x")));
}

#[test]
fn a_registry_elsewhere_leads_nobody_to_this_very_machine() {
    let cli = Rules::of(&Config { http_loopback: true, ..Config::default() });
    let leads = |host: &str, location: &str| {
        let site = cli.site(host).unwrap();
        cli.redirect(&site, &site.at("v2/a/blobs/b").unwrap(), location, Asked::Blob)
    };
    for location in
        ["http://127.0.0.1:9090/x", "http://localhost/x", "https://localhost:6443/x", "https://[::1]/x"]
    {
        assert!(is_forbidden(leads("registry.example", location)), "{location}");
        assert!(leads("127.0.0.1:5000", location).is_ok(), "{location}");
    }
}

#[test]
fn a_manifest_is_redirected_only_where_the_table_says_so() {
    let open = rules(&[], &[]);
    let leads = |host: &str, location: &str| {
        let site = open.site(host).unwrap();
        open.redirect(&site, &site.at("v2/a/manifests/b").unwrap(), location, Asked::Manifest)
    };
    assert!(
        leads("registry.k8s.io", "https://europe-west1-docker.pkg.dev/v2/k/images/a/manifests/b").is_ok()
    );
    for (host, location) in [
        ("registry.k8s.io", "https://evil.europe-docker.pkg.dev/x"),
        ("registry.k8s.io", "https://-docker.pkg.dev/x"),
        ("registry.k8s.io", "https://evil-docker.pkg.dev.example/x"),
        ("registry.k8s.io", "https://europe-docker.pkg.dev:8443/x"),
        ("registry.example", "https://europe-docker.pkg.dev/x"),
        ("registry.example", "https://registry.example/v2/a/manifests/c"),
    ] {
        assert!(is_forbidden(leads(host, location)), "{host} {location}");
    }
}

#[test]
fn the_next_page_is_the_same_list() {
    let current = Url::parse("https://registry.example/v2/a/referrers/sha256:00?n=1").unwrap();
    for target in
        ["?n=2", "/v2/a/referrers/sha256:00?n=2", "https://registry.example:443/v2/a/referrers/sha256:00?n=2"]
    {
        assert!(Rules::next_page(&current, target).is_ok(), "{target}");
    }
    for target in [
        "http://registry.example/v2/a/referrers/sha256:00?n=2",
        "https://evil.example/v2/a/referrers/sha256:00?n=2",
        "//evil.example/v2/a/referrers/sha256:00",
        "http://169.254.169.254/",
        "/v2/b/referrers/sha256:00",
        "../../b/referrers/sha256:00",
        "https://user@registry.example/v2/a/referrers/sha256:00",
        "https://registry.example:8443/v2/a/referrers/sha256:00",
    ] {
        assert!(is_forbidden(Rules::next_page(&current, target)), "{target}");
    }
}

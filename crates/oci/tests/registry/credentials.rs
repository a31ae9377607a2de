//! Secrets go to whom they are for, and to nobody else.

use std::time::Duration;

use sealgate_oci::{Client, Config, Credentials, limits};
use sealgate_testkit::{Answer, Auth, Registry, Rule, base64};
use sealgate_verify::{GapCause, Reference};

use crate::support::{REPOSITORY, Shop, authorizations, look, requests, soon};

const NAME: &str = "robot";
const PASSWORD: &str = "sesame";

fn basic() -> String {
    format!("Basic {}", base64(format!("{NAME}:{PASSWORD}").as_bytes()))
}

fn owned() -> Option<(String, String)> {
    Some((NAME.to_owned(), PASSWORD.to_owned()))
}

fn credentials(shop: &Shop) -> Credentials {
    Credentials::anonymous().with_password(&shop.registry.host(), NAME, PASSWORD)
}

fn with(shop: &Shop, credentials: Credentials) -> Client {
    Client::new(shop.config(), credentials).unwrap()
}

fn signed() -> Shop {
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    shop
}

fn is_all(entry: &sealgate_verify::Entry, cause: GapCause) -> bool {
    entry.items.is_empty() && entry.gaps.len() == 4 && entry.gaps.iter().all(|gap| gap.cause == cause)
}

#[tokio::test]
async fn a_name_and_password_open_what_asks_for_them() {
    let shop = signed();
    shop.registry.set_auth(Auth::Basic(NAME.into(), PASSWORD.into()));
    assert!(is_all(&shop.gather().await, GapCause::AccessDenied));
    assert_eq!(authorizations(&shop.registry), Vec::<String>::new());
    shop.registry.clear_journal();
    let entry = shop.gather_with(&with(&shop, credentials(&shop))).await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0));
    // One request learns that a password is wanted; all others bring it at once.
    assert_eq!(shop.registry.request_count(), 7);
    let wrong = Credentials::anonymous().with_password(&shop.registry.host(), NAME, "wrong");
    assert!(is_all(&shop.gather_with(&with(&shop, wrong)).await, GapCause::AccessDenied));
}

#[tokio::test]
async fn nothing_is_sent_unasked() {
    let shop = signed();
    let entry = shop.gather_with(&with(&shop, credentials(&shop))).await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0));
    assert!(authorizations(&shop.registry).is_empty());
}

#[tokio::test]
async fn a_token_is_fetched_once_and_for_reading_this_repository() {
    for secret in [None, owned()] {
        let shop = signed();
        shop.registry.set_auth(Auth::Bearer { realm: None, credentials: secret.clone() });
        let client = match &secret {
            None => shop.client(),
            Some(_) => with(&shop, credentials(&shop)),
        };
        let entry = shop.gather_with(&client).await;
        assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{:?}", entry.gaps);
        let tokens: Vec<_> = shop
            .registry
            .journal()
            .into_iter()
            .filter(|request| request.target.starts_with("/token"))
            .collect();
        assert_eq!(tokens.len(), 1);
        // The challenge asked for the scope of a victim; what we ask for is our own business.
        assert_eq!(tokens[0].target, "/token?scope=repository%3Aacme%2Fapp%3Apull&service=testkit");
        assert_eq!(tokens[0].header("authorization").map(str::to_owned), secret.map(|_| basic()));
        assert_eq!(shop.registry.request_count(), 8, "{:?}", shop.requests());
        shop.registry.clear_journal();
        shop.gather_with(&client).await;
        assert_eq!(shop.registry.request_count(), 6, "{:?}", shop.requests());
    }
}

#[tokio::test]
async fn a_wrong_password_at_the_token_service_is_a_refusal() {
    let shop = signed();
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: owned() });
    assert!(is_all(&shop.gather().await, GapCause::AccessDenied));
    assert_eq!(shop.gather_with(&with(&shop, credentials(&shop))).await.gaps, []);
}

#[tokio::test]
async fn a_refresh_token_goes_into_the_body_of_a_post() {
    let shop = signed();
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: None });
    let config = format!(
        r#"{{"auths": {{"{}": {{"auth": "MDA6", "identitytoken": "refresh-me"}}}}}}"#,
        shop.registry.host()
    );
    let client = with(&shop, Credentials::from_docker_config(config.as_bytes()).unwrap());
    assert_eq!(shop.gather_with(&client).await.gaps, []);
    let journal = shop.registry.journal();
    let posted = journal.iter().find(|request| request.method == "POST").unwrap();
    assert_eq!((posted.target.as_str(), posted.header("authorization")), ("/token", None));
    assert!(requests(&shop.registry).iter().all(|request| !request.contains("refresh-me")));
}

#[tokio::test]
async fn a_token_of_the_configuration_is_used_as_it_is() {
    let shop = signed();
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: owned() });
    let token = Credentials::anonymous().with_token(&shop.registry.host(), "testkit-token");
    assert_eq!(shop.gather_with(&with(&shop, token)).await.gaps, []);
    assert!(requests(&shop.registry).iter().all(|request| !request.contains("/token")));
    let wrong = Credentials::anonymous().with_token(&shop.registry.host(), "other");
    assert!(is_all(&shop.gather_with(&with(&shop, wrong)).await, GapCause::AccessDenied));
}

#[tokio::test]
async fn a_realm_elsewhere_gets_neither_request_nor_credentials() {
    let evil = Registry::start_blocking();
    let evil_host = evil.host();
    let port = evil.address().port();
    for secret in ["password", "identity"] {
        let shop = signed();
        let host = shop.registry.host();
        for realm in [
            format!("http://{evil_host}/token"),
            format!("https://{evil_host}/token"),
            format!("http://{host}@{evil_host}/token"),
            format!("http://{NAME}:x@{host}/token"),
            format!("http://{evil_host}\\@{host}/token"),
            format!("http://localhost:{port}/token"),
            format!("https://{host}/token"),
            "https://auth.docker.io/token".to_owned(),
            "http://169.254.169.254/token".to_owned(),
            "//evil.example/token".to_owned(),
            "/token".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            shop.registry.set_auth(Auth::Bearer { realm: Some(realm.clone()), credentials: None });
            // Even a host that may be spoken to over plain http is not this registry's token service.
            let config = Config { http_hosts: [host.clone(), evil_host.clone()].into(), ..Config::default() };
            let credentials = if secret == "password" {
                credentials(&shop)
            } else {
                let text = format!(r#"{{"auths": {{"{host}": {{"identitytoken": "refresh-me"}}}}}}"#);
                Credentials::from_docker_config(text.as_bytes()).unwrap()
            };
            let entry = shop.gather_with(&Client::new(config, credentials).unwrap()).await;
            assert!(is_all(&entry, GapCause::HostForbidden), "{realm}: {:?}", entry.gaps);
            assert!(authorizations(&shop.registry).is_empty(), "{realm}");
        }
        assert_eq!(requests(&evil), Vec::<String>::new());
        shop.registry
            .set_auth(Auth::Bearer { realm: Some(format!("http://{host}/token")), credentials: None });
        assert_eq!(shop.gather_with(&with(&shop, credentials(&shop))).await.gaps, []);
    }
}

#[tokio::test]
async fn credentials_of_another_host_or_port_are_not_sent() {
    let (shop, other) = (signed(), signed());
    shop.registry.set_auth(Auth::Basic(NAME.into(), PASSWORD.into()));
    let text = format!(
        r#"{{"auths": {{"{}": {{"username": "{NAME}", "password": "{PASSWORD}"}},
            "127.0.0.1": {{"username": "{NAME}", "password": "{PASSWORD}"}},
            "{}0": {{"username": "{NAME}", "password": "{PASSWORD}"}},
            "{}/acme/apple": {{"username": "{NAME}", "password": "{PASSWORD}"}}}}}}"#,
        other.registry.host(),
        shop.registry.host(),
        shop.registry.host(),
    );
    let client = with(&shop, Credentials::from_docker_config(text.as_bytes()).unwrap());
    assert!(is_all(&shop.gather_with(&client).await, GapCause::AccessDenied));
    assert!(authorizations(&shop.registry).is_empty());

    let text = text.replace("acme/apple", "acme");
    let client = with(&shop, Credentials::from_docker_config(text.as_bytes()).unwrap());
    assert_eq!(shop.gather_with(&client).await.gaps, []);
}

#[tokio::test]
async fn a_token_of_one_repository_is_not_used_for_another() {
    let shop = signed();
    let second = shop.registry.push_image("acme/second", None, "second");
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: owned() });
    let client = with(&shop, credentials(&shop));
    shop.gather_with(&client).await;
    let reference = Reference::parse(&shop.registry.pinned("acme/second", &second.digest)).unwrap();
    assert_eq!(client.gather(&reference, &second.digest, &look(), soon()).await.gaps, []);
    let tokens: Vec<_> =
        requests(&shop.registry).into_iter().filter(|request| request.contains("/token")).collect();
    assert_eq!(tokens.len(), 2);
    assert!(tokens[0].contains("acme%2Fapp%3A") && tokens[1].contains("acme%2Fsecond%3A"), "{tokens:?}");
}

#[tokio::test]
async fn clients_of_other_credentials_share_no_token() {
    let shop = signed();
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: owned() });
    let client = with(&shop, credentials(&shop));
    assert_eq!(shop.gather_with(&client).await.gaps, []);
    shop.registry.clear_journal();
    let stranger = client.with_credentials(Credentials::anonymous()).unwrap();
    assert!(is_all(&shop.gather_with(&stranger).await, GapCause::AccessDenied));
    assert!(authorizations(&shop.registry).is_empty());
}

#[tokio::test]
async fn a_registry_that_never_has_enough_is_left_after_a_few_rounds() {
    let shop = signed();
    let challenge = format!(r#"Bearer realm="http://{}/token",service="x""#, shop.registry.host());
    shop.registry.on(Rule::path("/v2/", Answer::status(401).header("www-authenticate", &challenge)));
    let entry = shop.gather_with(&with(&shop, credentials(&shop))).await;
    assert!(is_all(&entry, GapCause::AccessDenied), "{:?}", entry.gaps);
    assert!(
        shop.registry.request_count() <= 4 * (limits::AUTH_ROUNDS + 1) * 2,
        "{}",
        shop.registry.request_count()
    );
}

#[tokio::test]
async fn a_token_that_is_taken_back_is_fetched_anew() {
    let shop = signed();
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: None });
    let first = Answer::bytes(br#"{"token": "stale", "expires_in": 300}"#);
    shop.registry.on(Rule::path("/token", first).times(1));
    let client = shop.client();
    // The only token of the first answer is refused; whoever got it fresh does not fetch it twice.
    let entry = shop.gather_with(&client).await;
    assert!(entry.gaps.iter().all(|gap| gap.cause == GapCause::AccessDenied), "{:?}", entry.gaps);
    let entry = shop.gather_with(&client).await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{:?}", entry.gaps);
}

#[tokio::test]
async fn a_token_answer_is_short_and_a_token() {
    let pad = |length: usize| {
        let (head, tail) = (br#"{"token": "testkit-token", "pad": ""#.to_vec(), br#""}"#);
        let fill = length - head.len() - tail.len();
        [head, vec![b'x'; fill], tail.to_vec()].concat()
    };
    let limit = usize::try_from(limits::TOKEN_BYTES).unwrap();
    for (answer, cause) in [
        (Answer::bytes(&pad(limit)), None),
        (Answer::bytes(&pad(limit + 1)), Some(GapCause::Limit)),
        (Answer::bytes(b"<html>"), Some(GapCause::UnexpectedAnswer)),
        (Answer::bytes(br#"{"token": "a\r\nX-Evil: b"}"#), Some(GapCause::UnexpectedAnswer)),
        (Answer::status(404), Some(GapCause::UnexpectedAnswer)),
        (Answer::status(403), Some(GapCause::AccessDenied)),
        (Answer::too_many("3600"), Some(GapCause::RateLimited)),
        (Answer::status(503), Some(GapCause::Unreachable)),
        (Answer::redirect("/token2"), Some(GapCause::HostForbidden)),
    ] {
        let shop = signed();
        shop.registry.set_auth(Auth::Bearer { realm: None, credentials: None });
        shop.registry.on(Rule::path("/token", answer.clone()));
        let entry = shop.gather().await;
        match cause {
            None => assert_eq!(entry.gaps, []),
            Some(cause) => assert!(is_all(&entry, cause), "{answer:?}: {:?}", entry.gaps),
        }
        assert!(requests(&shop.registry).iter().all(|request| !request.contains("/token2")));
    }
}

#[tokio::test]
async fn a_challenge_that_cannot_be_read_is_a_refusal() {
    for challenge in
        ["", "Bearer", "Bearer realm=", r#"Bearer realm="http://x"#, "Negotiate", r#"Basic realm="\"#]
    {
        let shop = signed();
        shop.registry.on(Rule::path("/v2/", Answer::status(401).header("www-authenticate", challenge)));
        let entry = shop.gather_with(&with(&shop, credentials(&shop))).await;
        assert!(
            is_all(&entry, GapCause::AccessDenied) || is_all(&entry, GapCause::HostForbidden),
            "{challenge}: {:?}",
            entry.gaps
        );
        assert!(authorizations(&shop.registry).is_empty(), "{challenge}");
    }
}

#[tokio::test]
async fn a_token_service_that_stalls_ends_with_the_deadline() {
    let shop = signed();
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: None });
    shop.registry.on(Rule::path("/token", Answer::genuine().delay(Duration::from_secs(30))));
    let started = std::time::Instant::now();
    let entry = shop.gather_within(&shop.client(), Duration::from_millis(1200)).await;
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(is_all(&entry, GapCause::Timeout), "{:?}", entry.gaps);
}

#[tokio::test]
async fn whoever_waits_for_a_token_waits_for_none_but_its_own() {
    let shop = signed();
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: None });
    shop.registry.on(Rule::path("/token", Answer::genuine().delay(Duration::from_secs(30))).times(1));
    let client = shop.client();
    let stuck = client.on_behalf_of("stuck");
    let patience = Duration::from_secs(5);
    let (_, entry) = tokio::join!(shop.gather_within(&stuck, patience), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let started = std::time::Instant::now();
        let entry = shop.gather_within(&client.on_behalf_of("calm"), patience).await;
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
        entry
    });
    assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{:?}", entry.gaps);
}

#[tokio::test]
async fn no_gap_tells_a_secret() {
    let shop = signed();
    shop.registry.set_auth(Auth::Bearer { realm: None, credentials: Some(("x".into(), "y".into())) });
    let client = with(&shop, credentials(&shop));
    let entry = shop.gather_with(&client).await;
    let said = format!("{:?} {client:?}", entry.gaps);
    assert!(
        !said.contains(PASSWORD)
            && !said.contains(&basic()[6..])
            && !said.contains(REPOSITORY.repeat(2).as_str())
    );
}

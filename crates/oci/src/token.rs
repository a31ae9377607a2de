//! What is said to a token service, and what it says.

use http::{
    HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use reqwest::Request;
use sealgate_verify::GapCause;
use serde::Deserialize;
use tokio::time::Instant;
use url::{Url, form_urlencoded};

use crate::{credentials::Secret, fault::Fault, limits, session::Token, transport::basic};

/// Asks for a token that can read one repository, or write to it as well. The scope is ours, whatever the challenge named.
///
/// Spec: distribution's token authentication, and its OAuth2 form for refresh tokens.
pub(crate) fn request(
    mut realm: Url,
    service: Option<&str>,
    repository: &str,
    writes: bool,
    secret: Option<&Secret>,
) -> Result<Request, Fault> {
    let actions = if writes { "pull,push" } else { "pull" };
    let scope = format!("repository:{repository}:{actions}");
    let kept: Vec<(String, String)> = realm
        .query_pairs()
        .filter(|(key, _)| key != "scope" && key != "service")
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    realm.set_query(None);
    if let Some(Secret::Identity(refresh)) = secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", refresh);
        form.append_pair("client_id", "sealgate").append_pair("scope", &scope);
        form.append_pair("service", service.unwrap_or_default());
        let mut request = Request::new(Method::POST, realm);
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        *request.body_mut() = Some(form.finish().into());
        return Ok(request);
    }
    let mut query = realm.query_pairs_mut();
    query.extend_pairs(kept).append_pair("scope", &scope);
    if let Some(service) = service {
        query.append_pair("service", service);
    }
    drop(query);
    let mut request = Request::new(Method::GET, realm);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(Secret::Basic { username, password }) = secret {
        request.headers_mut().insert(AUTHORIZATION, basic(username, password)?);
    }
    Ok(request)
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<serde_json::Number>,
}

/// Reads a token service's answer. The time it is kept is what the service says, between our bounds.
pub(crate) fn read(host: &str, body: &[u8]) -> Result<Token, Fault> {
    let unexpected =
        |what: &str| Fault::new(GapCause::UnexpectedAnswer, format!("the token service `{host}` {what}"));
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| unexpected("does not answer with a token"))?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let text = filled(answer.token)
        .or(filled(answer.access_token))
        .ok_or_else(|| unexpected("does not answer with a token"))?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unexpected("answers with a token that fits in no header"));
    }
    let seconds = answer.expires_in.and_then(|number| number.as_f64()).unwrap_or_default();
    let lifetime = std::time::Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(limits::TOKEN_LONGEST);
    Ok(Token { text, until: Instant::now() + lifetime.clamp(limits::TOKEN_SHORTEST, limits::TOKEN_LONGEST) })
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;
    use sealgate_verify::GapCause;
    use tokio::time::Instant;
    use url::Url;

    use super::{read, request};
    use crate::{credentials::Secret, limits};

    #[test]
    fn the_scope_asked_for_is_ours() {
        let realm =
            Url::parse("https://a.example/token?scope=repository:victim:push&service=x&keep=1").unwrap();
        let asked = request(realm.clone(), Some("reg&scope=x"), "acme/app", false, None).unwrap();
        assert_eq!(
            asked.url().query(),
            Some("keep=1&scope=repository%3Aacme%2Fapp%3Apull&service=reg%26scope%3Dx")
        );
        assert!(asked.headers().get(AUTHORIZATION).is_none());
        let asked = request(realm, Some("reg"), "acme/app", false, Some(&Secret::Identity("s&t".to_owned())))
            .unwrap();
        let body = asked.body().unwrap().as_bytes().unwrap();
        assert_eq!(
            std::str::from_utf8(body).unwrap(),
            "grant_type=refresh_token&refresh_token=s%26t&client_id=sealgate&scope=repository%3Aacme%2Fapp%3Apull&service=reg"
        );
        assert_eq!(asked.url().as_str(), "https://a.example/token");
    }

    #[test]
    fn a_token_is_kept_within_bounds_whatever_the_service_says() {
        let kept = |expires: &str| {
            let now = Instant::now();
            read("a", format!(r#"{{"token": "t", "expires_in": {expires}}}"#).as_bytes()).unwrap().until - now
        };
        for (expires, bound) in [
            ("-5", limits::TOKEN_SHORTEST),
            ("0", limits::TOKEN_SHORTEST),
            ("59", limits::TOKEN_SHORTEST),
            ("3601", limits::TOKEN_LONGEST),
            ("1e300", limits::TOKEN_LONGEST),
            ("null", limits::TOKEN_SHORTEST),
        ] {
            assert_eq!(kept(expires).as_secs(), bound.as_secs(), "{expires}");
        }
        assert_eq!(kept("300").as_secs(), 300);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for body in [
            r#"{}"#,
            r#"{"token": ""}"#,
            r#"{"token": "a\r\nX: y"}"#,
            r#"{"token": "a b"}"#,
            r#"{"token": 5}"#,
            "<html>",
            "",
            r#"{"token": "é"}"#,
        ] {
            assert_eq!(
                read("a", body.as_bytes()).unwrap_err().cause(),
                Some(GapCause::UnexpectedAnswer),
                "{body}"
            );
        }
        assert_eq!(read("a", br#"{"access_token": "b"}"#).unwrap().text, "b");
        assert_eq!(read("a", br#"{"token": "a", "access_token": "b"}"#).unwrap().text, "a");
    }
}

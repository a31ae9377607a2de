//! One repository, asked for one image: bytes by digest, and tags.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method, header::CONTENT_TYPE};
use sealgate_verify::{Digest, GapCause, Reference};
use tokio::time::Instant;
use url::Url;

use crate::{
    fault::Fault,
    lanes::Budget,
    limits,
    manifest::{self, ACCEPT_ANY, ACCEPT_BLOB, Descriptor},
    rules::{Asked, Site},
    save::Sink,
    transport::{Ask, Transport},
    wire::{Bounds, Reply},
};

/// A repository, with what may still be fetched for the image at hand.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    transport: &'a Transport,
    site: Site,
    repository: &'a str,
    budget: &'a Budget,
    deadline: Instant,
}

/// Bytes and what the registry calls them.
#[derive(Debug)]
pub(crate) struct Tagged {
    pub(crate) bytes: Vec<u8>,
    pub(crate) media_type: String,
}

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// Types that say nothing.
const GENERIC: [&str; 3] = ["", "application/json", "application/octet-stream"];

impl<'a> Source<'a> {
    pub(crate) async fn of(
        transport: &'a Transport,
        reference: &'a Reference,
        budget: &'a Budget,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        let site = transport.site(reference.host(), deadline).await?;
        Ok(Self { transport, site, repository: reference.repository(), budget, deadline })
    }

    /// Where the list of referrers begins.
    pub(crate) fn referrers(&self, digest: &Digest) -> Result<Url, Fault> {
        self.site.at(&format!("v2/{}/referrers/{digest}", self.repository))
    }

    /// Fetches one page of the list of referrers, of at most `left` bytes.
    pub(crate) async fn page(&self, url: Url, left: u64) -> Result<Reply, Fault> {
        self.ask(
            Method::GET,
            url,
            manifest::ACCEPT_INDEX,
            Asked::Manifest,
            self.bounds("list of referrers", left, None),
        )
        .await
    }

    /// Finds the digest that a tag has now, by HEAD; the registry's word.
    pub(crate) async fn head(&self, tag: &str) -> Result<Option<Digest>, Fault> {
        let bounds = self.bounds("tag", 0, None);
        let reply =
            self.ask(Method::HEAD, self.manifest_url(tag)?, ACCEPT_ANY, Asked::Manifest, bounds).await?;
        Ok(named_digest(&reply.headers))
    }

    /// Fetches what a tag means now. Only shapes in `wanted` are read, or those of no declared type.
    pub(crate) async fn tag(
        &self,
        tag: &str,
        accept: &'static str,
        wanted: &[&str],
    ) -> Result<Tagged, Fault> {
        let bounds = self.bounds("manifest", limits::MANIFEST_BYTES, None);
        let reply = self.ask(Method::GET, self.manifest_url(tag)?, accept, Asked::Manifest, bounds).await?;
        // THREAT: one digest in the header for whoever believes it, other bytes for whoever reads them.
        // See a_tag_whose_bytes_have_another_digest_than_it_says_is_refused.
        if let Some(named) = named_digest(&reply.headers)
            && !named.matches(&reply.body)
        {
            return Err(Fault::new(
                GapCause::DigestMismatch,
                format!("the registry names {named}, which its bytes do not have"),
            ));
        }
        let media_type = manifest::media_type(reply.headers.get(CONTENT_TYPE));
        if !wanted.is_empty()
            && !wanted.contains(&media_type.as_str())
            && !GENERIC.contains(&media_type.as_str())
        {
            return Err(Fault::new(GapCause::UnexpectedAnswer, format!("is of type `{media_type}`")));
        }
        Ok(Tagged { bytes: reply.body, media_type })
    }

    /// Fetches a manifest by digest.
    pub(crate) async fn manifest(
        &self,
        digest: &Digest,
        declared: Option<u64>,
        accept: &'static str,
    ) -> Result<Tagged, Fault> {
        let bounds = self.declared("manifest", limits::MANIFEST_BYTES, declared)?;
        let url = self.manifest_url(&digest.to_string())?;
        let reply = self.ask(Method::GET, url, accept, Asked::Manifest, bounds).await?;
        let media_type = manifest::media_type(reply.headers.get(CONTENT_TYPE));
        Ok(Tagged { bytes: checked(reply.body, digest, declared)?, media_type })
    }

    /// Fetches a blob by its descriptor, from the registry or where it redirects to; never from the descriptor's `urls`.
    pub(crate) async fn blob(&self, descriptor: &Descriptor) -> Result<Arc<[u8]>, Fault> {
        let (what, limit) = if descriptor.media_type == manifest::SIMPLE_SIGNING {
            ("simple-signing payload", limits::SIMPLE_SIGNING_BYTES)
        } else {
            ("blob", limits::BLOB_BYTES)
        };
        let bounds = self.declared(what, limit, Some(descriptor.size))?;
        let url = self.site.at(&format!("v2/{}/blobs/{}", self.repository, descriptor.digest))?;
        let reply = self.ask(Method::GET, url, ACCEPT_BLOB, Asked::Blob, bounds).await?;
        checked(reply.body, &descriptor.digest, Some(descriptor.size)).map(Into::into)
    }

    /// Fetches a blob of any size into a sink; whoever asked compares what arrived.
    pub(crate) async fn copy(&self, descriptor: &Descriptor, sink: &Sink) -> Result<(), Fault> {
        let bounds = self.declared("blob", limits::SAVED_BLOB_BYTES, Some(descriptor.size))?;
        let url = self.site.at(&format!("v2/{}/blobs/{}", self.repository, descriptor.digest))?;
        let bounds = Bounds { into: Some(sink), ..bounds };
        let ask = Ask {
            method: Method::GET,
            url,
            repository: self.repository,
            accept: ACCEPT_BLOB,
            asked: Asked::Blob,
            sends: None,
            bounds,
        };
        self.transport.ask(&self.site, &ask).await.map(drop)
    }

    /// A place in this repository.
    pub(crate) fn url(&self, path: &str) -> Result<Url, Fault> {
        self.site.at(&format!("v2/{}/{path}", self.repository))
    }

    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    pub(crate) fn repository(&self) -> &'a str {
        self.repository
    }

    pub(crate) fn transport(&self) -> &'a Transport {
        self.transport
    }

    fn manifest_url(&self, name: &str) -> Result<Url, Fault> {
        self.site.at(&format!("v2/{}/manifests/{name}", self.repository))
    }

    async fn ask(
        &self,
        method: Method,
        url: Url,
        accept: &'static str,
        asked: Asked,
        bounds: Bounds<'a>,
    ) -> Result<Reply, Fault> {
        let ask = Ask { method, url, repository: self.repository, accept, asked, sends: None, bounds };
        self.transport.ask(&self.site, &ask).await
    }

    pub(crate) fn bounds(&self, what: &'static str, limit: u64, declared: Option<u64>) -> Bounds<'a> {
        Bounds { what, limit, declared, budget: self.budget, into: None, deadline: self.deadline }
    }

    fn declared(&self, what: &'static str, limit: u64, declared: Option<u64>) -> Result<Bounds<'a>, Fault> {
        match declared {
            Some(size) if size > limit => Err(Fault::limit(&format!("bytes of a {what}"), limit, size)),
            declared => Ok(self.bounds(what, limit, declared)),
        }
    }
}

// INVARIANT: bytes asked for by digest leave this crate only through here.
fn checked(bytes: Vec<u8>, digest: &Digest, declared: Option<u64>) -> Result<Vec<u8>, Fault> {
    if !digest.matches(&bytes) {
        let found = Digest::of(digest.algorithm(), &bytes);
        return Err(Fault::new(
            GapCause::DigestMismatch,
            format!("asked for {digest}, got bytes of {found}"),
        ));
    }
    match declared {
        Some(size) if size != bytes.len() as u64 => {
            Err(Fault::malformed(format!("{digest} has {} bytes, its descriptor says {size}", bytes.len())))
        }
        _ => Ok(bytes),
    }
}

fn named_digest(headers: &HeaderMap) -> Option<Digest> {
    headers.get(CONTENT_DIGEST)?.to_str().ok()?.trim().parse().ok()
}

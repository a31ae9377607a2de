//! Writes to a registry: blobs, manifests, and the list of referrers where the registry keeps none itself.
//!
//! Only the command line comes here. The gate reads.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
};

use bytes::Bytes;
use futures_util::stream;
use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};
use reqwest::{Body, Request};
use sealgate_verify::{Digest, Gap, GapCause, Place, Reference};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use crate::{
    Client, CopyError, Descriptor, Document, Layout,
    document::read,
    fault::Fault,
    lanes::Budget,
    limits,
    manifest::{self, ACCEPT_BLOB, ACCEPT_INDEX, OCI_INDEX, OCI_MANIFEST},
    rules::Asked,
    source::Source,
    transport::Ask,
};

/// What a request carries.
#[derive(Debug)]
pub(crate) enum Content {
    Bytes(Vec<u8>, HeaderValue),
    File(File, u64),
    Nothing,
}

impl Content {
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes, _) => bytes.len() as u64,
            Self::File(_, length) => *length,
            Self::Nothing => 0,
        }
    }

    /// Puts it into a request; more than once, where the first one was answered with a challenge.
    pub(crate) fn fill(&self, request: &mut Request) -> Result<(), Fault> {
        let (body, kind) = match self {
            Self::Bytes(bytes, kind) => (bytes.clone().into(), kind.clone()),
            Self::File(file, _) => {
                let unreadable = |error| Fault::malformed(format!("the blob cannot be read: {error}"));
                let mut file = file.try_clone().map_err(unreadable)?;
                file.rewind().map_err(unreadable)?;
                (streamed(file), OCTETS)
            }
            Self::Nothing => (Body::from(Vec::new()), OCTETS),
        };
        request.headers_mut().insert(CONTENT_TYPE, kind);
        request.headers_mut().insert(CONTENT_LENGTH, self.length().into());
        *request.body_mut() = Some(body);
        Ok(())
    }
}

// One thread reads and sends in turn; that is what the command line has.
fn streamed(mut file: File) -> Body {
    Body::wrap_stream(stream::iter(std::iter::from_fn(move || {
        let mut buffer = vec![0; CHUNK];
        match file.read(&mut buffer) {
            Ok(0) => None,
            Ok(count) => {
                buffer.truncate(count);
                Some(Ok(Bytes::from(buffer)))
            }
            Err(error) => Some(Err(error)),
        }
    })))
}

/// Writes to one repository.
#[derive(Debug)]
pub struct Pusher<'a> {
    client: &'a Client,
    reference: &'a Reference,
    deadline: Instant,
}

impl Client {
    /// Somebody who writes to the repository of `reference` until `deadline`.
    pub fn pusher<'a>(&'a self, reference: &'a Reference, deadline: Instant) -> Pusher<'a> {
        Pusher { client: self, reference, deadline }
    }
}

impl Pusher<'_> {
    /// Writes a manifest of a layout under `name`, a tag or its digest, and before it all that it names.
    ///
    /// # Errors
    /// [`CopyError`]; what was written by then stays, without a name.
    pub async fn manifest(
        &self,
        layout: &Layout,
        digest: &Digest,
        media_type: &str,
        name: &str,
    ) -> Result<(), CopyError> {
        let mut waiting = vec![(digest.clone(), media_type.to_owned(), 0)];
        let mut found = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut held = 0_u64;
        while let Some((digest, media_type, depth)) = waiting.pop() {
            let bytes = layout.manifest(&digest)?;
            if seen.len() >= limits::SAVED_BLOBS {
                return Err(at(Fault::limit("blobs of one image", limits::SAVED_BLOBS, "more"), "image"));
            }
            match read(&bytes).map_err(|fault| at(fault, &format!("manifest {digest}")))? {
                Document::Image(image) => {
                    for blob in image.layers.iter().chain(&image.config) {
                        if seen.insert(blob.digest.clone()) {
                            self.blob(layout, blob).await?;
                        }
                    }
                }
                Document::Index(index) => {
                    for entry in index.manifests {
                        if !seen.insert(entry.digest.clone()) {
                            continue;
                        }
                        if !Document::is_manifest(&entry.media_type) {
                            self.blob(layout, &entry).await?;
                        } else if depth == limits::INDEX_DEPTH {
                            let fault = Fault::limit("indexes in indexes", limits::INDEX_DEPTH, "more");
                            return Err(at(fault, "index"));
                        } else {
                            waiting.push((entry.digest, entry.media_type, depth + 1));
                        }
                    }
                }
            }
            held = held.saturating_add(bytes.len() as u64);
            if held > limits::MANIFESTS_SAVED_BYTES {
                let fault = Fault::limit("bytes of manifests", limits::MANIFESTS_SAVED_BYTES, "more");
                return Err(at(fault, "image"));
            }
            found.push((digest, media_type, bytes));
        }
        // Children before parents: a registry may ask for what a manifest names.
        for (index, (digest, media_type, bytes)) in found.into_iter().enumerate().rev() {
            let name = if index == 0 { name.to_owned() } else { digest.to_string() };
            self.put(&name, bytes, &media_type).await.map_err(CopyError::Registry)?;
        }
        Ok(())
    }

    /// Writes a manifest that refers to `subject`, after its blobs, and lists it where the registry does not.
    ///
    /// # Errors
    /// [`CopyError`]
    pub async fn referrer(&self, layout: &Layout, bytes: Vec<u8>, subject: &Digest) -> Result<(), CopyError> {
        let digest = Digest::sha256(&bytes);
        let Document::Image(image) =
            read(&bytes).map_err(|fault| at(fault, &format!("referrer {digest}")))?
        else {
            return Err(at(Fault::malformed("an index that refers to something"), "referrer"));
        };
        for blob in image.config.iter().chain(&image.layers) {
            self.blob(layout, blob).await?;
        }
        let size = bytes.len();
        let headers =
            self.put(&digest.to_string(), bytes, OCI_MANIFEST).await.map_err(CopyError::Registry)?;
        if headers.contains_key("oci-subject") {
            return Ok(());
        }
        let kind = image.artifact_type.or(image.config.map(|config| config.media_type)).unwrap_or_default();
        let entry = json!({"mediaType": OCI_MANIFEST, "size": size, "digest": digest, "artifactType": kind});
        self.list(subject, entry).await.map_err(CopyError::Registry)
    }

    /// Writes a blob, if it is not there.
    async fn blob(&self, layout: &Layout, blob: &Descriptor) -> Result<(), CopyError> {
        if blob.size > limits::SAVED_BLOB_BYTES {
            return Err(at(Fault::limit("bytes of a blob", limits::SAVED_BLOB_BYTES, blob.size), "blob"));
        }
        let content = Content::File(layout.blob(blob)?, blob.size);
        let sent = self.send_blob(&blob.digest, &content).await;
        sent.map_err(|fault| at(fault, &format!("blob {}", blob.digest)))
    }

    async fn send_blob(&self, digest: &Digest, content: &Content) -> Result<(), Fault> {
        let budget = Budget::new(limits::TOKEN_BYTES);
        let source = self.source(&budget).await?;
        match source.has_blob(digest).await {
            Ok(()) => return Ok(()),
            Err(Fault::Absent { .. }) => {}
            Err(fault) => return Err(fault),
        }
        let begun = source.write(Method::POST, "blobs/uploads/", &Content::Nothing).await?;
        if begun.status != StatusCode::ACCEPTED {
            return Err(unwanted(&begun.url, begun.status));
        }
        let location = begun.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| {
            Fault::new(GapCause::UnexpectedAnswer, "the registry names no place for the upload")
        })?;
        source.upload(&begun.url, location, digest, content).await
    }

    /// Writes a manifest; what the registry says of it.
    async fn put(&self, name: &str, bytes: Vec<u8>, media_type: &str) -> Result<http::HeaderMap, Gap> {
        let what = format!("manifest `{name}`");
        let written = async {
            let kind = HeaderValue::from_str(media_type)
                .map_err(|_| Fault::malformed("a media type that fits in no header"))?;
            let budget = Budget::new(limits::TOKEN_BYTES);
            let source = self.source(&budget).await?;
            let path = format!("manifests/{name}");
            let reply = source.write(Method::PUT, &path, &Content::Bytes(bytes, kind)).await?;
            if matches!(reply.status, StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED) {
                return Ok(reply.headers);
            }
            Err(unwanted(&reply.url, reply.status))
        };
        written.await.map_err(|fault: Fault| fault.at(Place::Manifest, &what))
    }

    // Spec: distribution-spec "Pushing Manifests with Subject": the fallback tag's index is the client's to keep.
    async fn list(&self, subject: &Digest, entry: Value) -> Result<(), Gap> {
        let hex: String = subject.hex().chars().take(64).collect();
        let tag = format!("{}-{hex}", subject.algorithm().name());
        let read = async {
            let budget = Budget::new(limits::IMAGE_BYTES);
            let source = self.source(&budget).await?;
            match source.page(source.referrers(subject)?, limits::REFERRERS_BYTES).await {
                // It keeps the list itself.
                Ok(_) => return Ok(None),
                Err(Fault::Absent { .. }) => {}
                Err(fault) => return Err(fault),
            }
            let empty = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []});
            let index = match source.tag(&tag, ACCEPT_INDEX, &[OCI_INDEX]).await {
                Ok(tagged) => {
                    manifest::index(&tagged.bytes)?;
                    serde_json::from_slice(&tagged.bytes)
                        .map_err(|_| Fault::malformed("an index that cannot be read"))?
                }
                Err(Fault::Absent { .. }) => empty,
                Err(fault) => return Err(fault),
            };
            Ok(Some(index))
        };
        let index: Option<Value> =
            read.await.map_err(|fault: Fault| fault.at(Place::Referrers, "list of referrers"))?;
        let Some(mut index) = index else { return Ok(()) };
        let Some(listed) = index.get_mut("manifests").and_then(Value::as_array_mut) else { return Ok(()) };
        if listed.iter().any(|known| known.get("digest") == entry.get("digest")) {
            return Ok(());
        }
        listed.push(entry);
        let name = |entry: &Value| entry.get("digest").and_then(Value::as_str).unwrap_or_default().to_owned();
        listed.sort_by_key(name);
        self.put(&tag, index.to_string().into_bytes(), OCI_INDEX).await.map(drop)
    }

    async fn source<'s>(&'s self, budget: &'s Budget) -> Result<Source<'s>, Fault> {
        Source::of(self.client.transport(), self.reference, budget, self.deadline).await
    }
}

impl<'a> Source<'a> {
    async fn has_blob(&self, digest: &Digest) -> Result<(), Fault> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let ask = Ask {
            method: Method::HEAD,
            url,
            repository: self.repository(),
            accept: ACCEPT_BLOB,
            asked: Asked::Blob,
            // Asked with the right to write, so that one token serves what follows.
            sends: Some(&Content::Nothing),
            bounds: self.bounds("blob", 0, None),
        };
        self.transport().ask(self.site(), &ask).await.map(drop)
    }

    async fn write(
        &self,
        method: Method,
        path: &str,
        content: &Content,
    ) -> Result<crate::wire::Reply, Fault> {
        self.transport().write(self.site(), &self.writing(method, self.url(path)?, content)).await
    }

    async fn upload(
        &self,
        from: &Url,
        location: &str,
        digest: &Digest,
        content: &Content,
    ) -> Result<(), Fault> {
        let refused = || Fault::forbidden("the place for the upload is not a URL");
        let mut url = from.join(location).map_err(|_| refused())?;
        let same = url.origin() == from.origin();
        if !same {
            url = self.transport().elsewhere(self.site(), from, location)?;
        }
        url.query_pairs_mut().append_pair("digest", &digest.to_string());
        let ask = self.writing(Method::PUT, url, content);
        // THREAT: credentials that follow an upload to another host. See
        // a_password_goes_to_the_registry_and_an_upload_elsewhere_carries_no_credential.
        let reply = if same {
            self.transport().write(self.site(), &ask).await?
        } else {
            self.transport().write_bare(&ask).await?
        };
        if matches!(reply.status, StatusCode::CREATED | StatusCode::NO_CONTENT | StatusCode::OK) {
            return Ok(());
        }
        Err(Fault::of_status(&reply.url, reply.status, &reply.body, crate::retry::Asks::Nothing))
    }

    fn writing<'s>(&'s self, method: Method, url: Url, content: &'s Content) -> Ask<'s> {
        let bounds = self.bounds("answer", limits::TOKEN_BYTES, None);
        Ask {
            method,
            url,
            repository: self.repository(),
            accept: ACCEPT_BLOB,
            asked: Asked::Blob,
            sends: Some(content),
            bounds,
        }
    }
}

fn unwanted(url: &Url, status: StatusCode) -> Fault {
    Fault::new(
        GapCause::UnexpectedAnswer,
        format!("`{}` answers {}", crate::rules::shown(url), status.as_u16()),
    )
}

fn at(fault: Fault, what: &str) -> CopyError {
    CopyError::Registry(fault.at(Place::Manifest, what))
}

const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");
const CHUNK: usize = 1 << 18;

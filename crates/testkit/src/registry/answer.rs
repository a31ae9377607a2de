//! Scripted answers.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::Frame;
use tokio::time::{Instant, Sleep, sleep_until};

/// Answers some requests in its own way.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) method: Option<String>,
    pub(super) path: String,
    pub(super) header: Option<(String, String)>,
    pub(super) left: Option<usize>,
    pub(super) answer: Answer,
}

/// A scripted answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) delay: Duration,
    pub(super) genuine: bool,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes, so many at a time, so long apart.
    Drip(Vec<u8>, usize, Duration),
    /// These bytes again and again, as fast as somebody reads.
    Endless(Vec<u8>),
    /// These bytes, and then nothing, with the connection open.
    Stall(Vec<u8>),
}

impl Rule {
    /// Fits every request whose path and query contain `path`.
    pub fn path(path: &str, answer: Answer) -> Self {
        Self { method: None, path: path.into(), header: None, left: None, answer }
    }

    /// Only requests of this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only requests whose header of that name contains `text`.
    #[must_use]
    pub fn header(mut self, name: &str, text: &str) -> Self {
        self.header = Some((name.into(), text.into()));
        self
    }

    /// Only so many times; afterwards the rule is as if it were not there.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.left = Some(count);
        self
    }
}

impl Answer {
    /// A status with an empty body.
    pub fn status(status: u16) -> Self {
        Self {
            delay: Duration::ZERO,
            genuine: false,
            status,
            headers: Vec::new(),
            body: Body::Bytes(Vec::new()),
        }
    }

    /// What the registry would have answered anyway; to be delayed or given headers.
    pub fn genuine() -> Self {
        Self { genuine: true, ..Self::status(200) }
    }

    /// 200 with these bytes.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self { body: Body::Bytes(bytes.to_vec()), ..Self::status(200) }
    }

    /// 307 to another place.
    pub fn redirect(location: &str) -> Self {
        Self::status(307).header("location", location)
    }

    /// 429 with `Retry-After`.
    pub fn too_many(retry_after: &str) -> Self {
        Self::status(429).header("retry-after", retry_after)
    }

    /// Adds a header, or replaces the genuine one of that name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Waits before the first byte of the answer.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A body as hyper sends it.
pub(super) struct Stream {
    body: Body,
    sent: usize,
    wake: Pin<Box<Sleep>>,
}

impl Stream {
    pub(super) fn new(body: Body) -> Self {
        Self { body, sent: 0, wake: Box::pin(sleep_until(Instant::now())) }
    }
}

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let frame = |bytes: &[u8]| Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(bytes)))));
        match &this.body {
            Body::Bytes(bytes) | Body::Stall(bytes) if this.sent == 0 && !bytes.is_empty() => {
                this.sent = bytes.len();
                frame(bytes)
            }
            Body::Bytes(_) => Poll::Ready(None),
            Body::Stall(_) => Poll::Pending,
            Body::Endless(bytes) => frame(bytes),
            Body::Drip(bytes, _, _) if this.sent >= bytes.len() => Poll::Ready(None),
            Body::Drip(bytes, count, every) => {
                if this.wake.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                this.wake.as_mut().reset(Instant::now() + *every);
                let end = bytes.len().min(this.sent + count);
                let part = &bytes[this.sent..end];
                this.sent = end;
                frame(part)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.body, Body::Bytes(bytes) if self.sent >= bytes.len())
    }

    // Without a size a body of known bytes would be sent in chunks, which some clients take for a sign of lies.
    fn size_hint(&self) -> hyper::body::SizeHint {
        match &self.body {
            Body::Bytes(bytes) => hyper::body::SizeHint::with_exact((bytes.len() - self.sent) as u64),
            _ => hyper::body::SizeHint::default(),
        }
    }
}

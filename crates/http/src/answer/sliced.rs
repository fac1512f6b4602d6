//! Bodies that cost a connection little, however large they are and however slowly they are taken.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

use crate::byte_budget::Share;

/// How much of a body is handed over at once. A server copies what it is given, all of it, into the
/// connection's buffer, and asks for more when that has gone out.
const SLICE: usize = 16 * 1024;

/// A body that goes out slice by slice.
pub(crate) struct Sliced {
    rest: Bytes,
    /// What the whole body takes up, until it has gone out or its client is gone.
    _share: Option<Share>,
}

impl Sliced {
    /// A body that is there once, however many clients are sent it.
    pub(crate) fn shared(bytes: Bytes) -> Self {
        Self {
            rest: bytes,
            _share: None,
        }
    }

    /// A body that was made for one client and paid for.
    pub(crate) fn paid(bytes: Bytes, share: Share) -> Self {
        Self {
            rest: bytes,
            _share: Some(share),
        }
    }
}

impl MessageBody for Sliced {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.rest.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let slice = self.rest.len().min(SLICE);
        Poll::Ready(Some(Ok(self.rest.split_to(slice))))
    }
}

/// The body of an answer to HEAD: as long as GET's, and never sent.
pub(crate) struct HeadOnly(pub(crate) BodySize);

impl MessageBody for HeadOnly {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::future::poll_fn;

    use super::*;
    use crate::byte_budget::ByteBudget;

    #[tokio::test]
    async fn the_slices_are_the_whole_in_order_and_small() {
        for length in [0, 1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE + 7] {
            let whole: Bytes = (0..=u8::MAX).cycle().take(length).collect();
            let body = Sliced::shared(whole.clone());
            assert_eq!(body.size(), whole.size());
            let mut body = pin!(body);
            let mut sent = Vec::new();
            while let Some(slice) = poll_fn(|task| body.as_mut().poll_next(task)).await {
                let Ok(slice) = slice;
                assert!((1..=SLICE).contains(&slice.len()));
                sent.extend_from_slice(&slice);
            }
            assert_eq!(sent, whole, "{length}");
        }
    }

    #[test]
    fn a_body_gives_its_share_back_when_it_is_dropped() {
        let budget = ByteBudget::new(SLICE);
        let whole = Bytes::from(vec![0; ByteBudget::FREE + SLICE]);
        let mut share = budget.share();
        assert!(share.cover(whole.len()).is_ok());
        let body = Sliced::paid(whole.clone(), share);
        assert!(budget.share().cover(whole.len()).is_err());
        drop(body);
        assert!(budget.share().cover(whole.len()).is_ok());
    }
}

//! What is done about answers that are large: a client that does not read what it asked for must not
//! fill the memory.

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::http::Method;
use actix_web::web::Bytes;

use crate::answer::{HeadOnly, Sliced};
use crate::byte_budget::{BudgetSpent, ByteBudget};
use crate::error::Refusal;

/// The answer with a body that goes out slice by slice and is paid for, or a refusal because nothing
/// is left of the budget. Small answers, and those that are in slices already, stay as they are.
pub(super) fn bounded(
    answer: HttpResponse,
    method: &Method,
    budget: &ByteBudget,
) -> Result<HttpResponse, Refusal> {
    if !is_large(answer.body().size()) {
        return Ok(answer);
    }
    let (head, body) = answer.into_parts();
    let body = match body.try_into_bytes() {
        Ok(bytes) => sliced(bytes, method, budget)?,
        Err(sliced) => sliced,
    };
    Ok(head.set_body(body))
}

fn is_large(size: BodySize) -> bool {
    match size {
        BodySize::Sized(bytes) => usize::try_from(bytes).map_or(true, |it| it > ByteBudget::FREE),
        BodySize::None | BodySize::Stream => false,
    }
}

fn sliced(bytes: Bytes, method: &Method, budget: &ByteBudget) -> Result<BoxBody, Refusal> {
    if *method == Method::HEAD {
        return Ok(BoxBody::new(HeadOnly(bytes.size())));
    }
    let mut share = budget.share();
    match share.cover(bytes.len()) {
        // Asking again costs nothing but time.
        Err(BudgetSpent) if *method == Method::GET => Err(Refusal::too_many_answers()),
        // A change is made, and a refusal would say that it is not: its answer goes out unpaid. It
        // shows one account, and a connection has one answer under way.
        Ok(()) | Err(BudgetSpent) => Ok(BoxBody::new(Sliced::paid(bytes, share))),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::{self, to_bytes};
    use actix_web::http::StatusCode;

    use super::*;

    const LARGE: usize = ByteBudget::FREE + 1;

    fn of_length(length: usize) -> HttpResponse {
        HttpResponse::Ok().body(vec![b'x'; length])
    }

    fn is_in_memory(answer: HttpResponse) -> bool {
        answer.into_body().try_into_bytes().is_ok()
    }

    #[test]
    fn a_small_answer_stays_as_it_is() {
        let spent = ByteBudget::new(0);
        let small = bounded(of_length(ByteBudget::FREE), &Method::GET, &spent);
        assert!(is_in_memory(small.unwrap()));
        let empty = HttpResponse::NoContent().body(body::None::new());
        let empty = bounded(empty, &Method::DELETE, &spent).unwrap();
        assert_eq!(empty.body().size(), BodySize::None);
    }

    #[test]
    fn a_large_answer_pays_until_it_is_gone() {
        let budget = ByteBudget::new(1);
        let answer = bounded(of_length(LARGE), &Method::GET, &budget).unwrap();
        assert_eq!(answer.body().size(), BodySize::Sized(LARGE as u64));
        let refusal = bounded(of_length(LARGE), &Method::GET, &budget).unwrap_err();
        assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!is_in_memory(answer));
        assert!(bounded(of_length(LARGE), &Method::GET, &budget).is_ok());
    }

    #[tokio::test]
    async fn what_many_share_costs_nothing() {
        let spent = ByteBudget::new(0);
        let whole = Bytes::from(vec![b'x'; LARGE]);
        let answer = HttpResponse::Ok().body(Sliced::shared(whole.clone()));
        let answer = bounded(answer, &Method::GET, &spent).unwrap();
        assert_eq!(to_bytes(answer.into_body()).await.unwrap(), whole);
    }

    #[tokio::test]
    async fn the_answer_to_a_change_is_sent_with_nothing_left() {
        let spent = ByteBudget::new(0);
        for method in [Method::POST, Method::PUT, Method::PATCH] {
            let answer = bounded(of_length(LARGE), &method, &spent).unwrap();
            let body = to_bytes(answer.into_body()).await.unwrap();
            assert_eq!(body.len(), LARGE);
        }
    }

    #[tokio::test]
    async fn head_holds_no_body() {
        let spent = ByteBudget::new(0);
        let answer = bounded(of_length(LARGE), &Method::HEAD, &spent).unwrap();
        let body = answer.into_body();
        assert_eq!(body.size(), BodySize::Sized(LARGE as u64));
        assert!(to_bytes(body).await.unwrap().is_empty());
    }
}

//! Writing answers.

mod sliced;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use serde::Serialize;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;
use users_domain::model::Timestamp;

use crate::error::Refusal;

pub(crate) use sliced::{HeadOnly, Sliced};

/// What a handler gives back.
pub(crate) type Answer = Result<HttpResponse, Refusal>;

/// A JSON document, ended by a newline as clients of the platform know it.
pub(crate) fn json(status: StatusCode, document: &impl Serialize) -> Answer {
    let body = json_bytes(document)?;
    Ok(HttpResponse::build(status)
        .insert_header(ContentType::json())
        .body(body))
}

/// The bytes of a JSON document.
pub(crate) fn json_bytes(document: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    let mut body = serde_json::to_vec(document).map_err(|error| Refusal::internal(&error))?;
    body.push(b'\n');
    // A client may take long to read it: what it does not need is given back now.
    body.shrink_to_fit();
    Ok(body)
}

/// An answer that says everything by its status.
pub(crate) fn empty(status: StatusCode) -> HttpResponse {
    HttpResponse::new(status)
}

/// RFC 3339 in UTC with at most microseconds. Clients read four digits of year, and take year 1 for
/// "never", so years outside 2 to 9999 are left out.
pub(crate) fn time(moment: Timestamp) -> Option<String> {
    let moment = moment
        .checked_to_offset(UtcOffset::UTC)?
        .truncate_to_microsecond();
    (2..=9999)
        .contains(&moment.year())
        .then(|| moment.format(&Rfc3339).ok())?
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_are_utc_with_no_more_digits_than_needed() {
        for (moment, text) in [
            (
                datetime!(2024-10-24 13:31:52 UTC),
                Some("2024-10-24T13:31:52Z"),
            ),
            (
                datetime!(2024-10-24 13:31:52.120_000_900 UTC),
                Some("2024-10-24T13:31:52.12Z"),
            ),
            (
                datetime!(2024-10-24 13:31:52.000_001 +02:00),
                Some("2024-10-24T11:31:52.000001Z"),
            ),
            (datetime!(0002-01-01 0:00 UTC), Some("0002-01-01T00:00:00Z")),
            (datetime!(0001-01-01 0:00 UTC), None),
            (datetime!(-5-01-01 0:00 UTC), None),
            (datetime!(9999-12-31 23:00 -02:00), None),
        ] {
            assert_eq!(time(moment).as_deref(), text, "{moment}");
        }
    }
}

//! What a client says that it reads (`Accept`; RFC 9110, section 12.5.1).

use actix_web::http::header::{ACCEPT, HeaderMap};

/// Whether a client lists a media type by its full name, with any weight but zero. Ranges such as
/// `*/*` list nothing: they come from clients that do not care.
pub(crate) fn lists(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get_all(ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(kind));
            let refused = parts.any(|parameter| {
                parameter.split_once('=').is_some_and(|(name, weight)| {
                    name.trim().eq_ignore_ascii_case("q") && weight.trim().parse() == Ok(0.0_f32)
                })
            });
            named && !refused
        })
}

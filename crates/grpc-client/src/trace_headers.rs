//! The headers of the W3C's trace context.

use tonic::metadata::{AsciiMetadataValue, MetadataMap};

/// The headers `traceparent` and `tracestate`
/// ([Trace Context](https://www.w3.org/TR/trace-context/)) as a call carries them. What no header
/// can hold is left out.
pub fn trace_headers(traceparent: &str, tracestate: Option<&str>) -> MetadataMap {
    let mut headers = MetadataMap::new();
    if let Ok(value) = AsciiMetadataValue::try_from(traceparent) {
        headers.insert("traceparent", value);
        if let Some(Ok(value)) = tracestate.map(AsciiMetadataValue::try_from) {
            headers.insert("tracestate", value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_header_can_hold_is_left_out() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        let headers = trace_headers(parent, Some("a=b"));
        assert_eq!(headers.get("traceparent").unwrap(), parent);
        assert_eq!(headers.get("tracestate").unwrap(), "a=b");
        assert_eq!(trace_headers(parent, Some("a\nb")).len(), 1);
        assert!(trace_headers("a\nb", Some("a=b")).is_empty());
    }
}

//! The page at `/docs` and its files, as they travel; `cargo xtask e2e` opens it in a browser.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use flate2::read::GzDecoder;
use prometheus::Registry;
use users_http::configure;

use super::client::{Answer, PATIENCE, Request};
use super::mounted::api;
use super::service::Service;

/// The files of the page and their types.
const FILES: [(&str, &str); 4] = [
    ("page.css", "text/css; charset=utf-8"),
    ("page.js", "text/javascript; charset=utf-8"),
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
];
/// Those that are packed in the binary.
const PACKED: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// What a page loads and where it leads: the values of `href` and `src`.
fn links(page: &str) -> Vec<&str> {
    let mut links: Vec<&str> = ["href=\"", "src=\""]
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    links.sort_unstable();
    links
}

fn is_html(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let kind = answer.header("content-type");
    assert_eq!(kind, Some("text/html; charset=utf-8"));
}

#[test]
fn the_page_trusts_nothing_but_the_files_beside_it() {
    let page = Service::start().get("/docs");
    is_html(&page);
    let policy = page.header("content-security-policy").unwrap();
    let mut rules: Vec<&str> = policy.split(';').map(str::trim).collect();
    rules.sort_unstable();
    assert_eq!(
        rules,
        [
            "base-uri 'none'",
            "connect-src 'self'",
            "default-src 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "img-src 'self' data:",
            "script-src 'self'",
            "style-src 'self'",
        ]
    );
    for (header, value) in [
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.header(header), Some(value), "{page:?}");
    }
    // What the policy forbids would be missing on the page.
    for inline in ["<style", " style=", " on", "<script>"] {
        assert!(!page.text.contains(inline), "{inline}: {page:?}");
    }
}

#[test]
fn the_page_can_be_read_without_scripts_and_says_its_language() {
    let page = Service::start().get("/docs").text;
    assert!(page.contains("<html lang=\"en\">"), "{page}");
    assert!(page.contains("<title>Users: the API</title>"), "{page}");
    assert!(page.contains("<main "), "{page}");
    let (_, without_scripts) = page.split_once("<noscript>").unwrap();
    let (without_scripts, _) = without_scripts.split_once("</noscript>").unwrap();
    assert_eq!(links(without_scripts), ["openapi.json"]);
}

#[test]
fn the_page_loads_its_own_files_and_names_no_other_origin() {
    let service = Service::start();
    let page = service.get("/docs").text;
    assert_eq!(
        links(&page),
        [
            "data:,",
            "docs/page.css",
            "docs/page.js",
            "docs/swagger-ui-bundle.js",
            "docs/swagger-ui.css",
            "openapi.json",
        ]
    );
    for text in [
        page,
        service.get("/docs/page.js").text,
        service.get("/docs/page.css").text,
    ] {
        for elsewhere in ["://", "\"//", "@import", "url("] {
            assert!(!text.contains(elsewhere), "{elsewhere}: {text}");
        }
    }
}

#[test]
fn every_file_says_what_it_is_and_may_be_kept() {
    let service = Service::start();
    for (name, kind) in FILES {
        let target = format!("/docs/{name}");
        let file = service.get(&target);
        assert_eq!(file.status, 200, "{name}");
        assert_eq!(file.header("content-type"), Some(kind), "{name}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        let caching = file.header("cache-control");
        assert_eq!(caching, Some("public, max-age=3600"), "{name}");
        assert!(!file.text.is_empty(), "{name}");

        let head = service.send(&Request::new("HEAD", &target));
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{name}");
        let length = file.text.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()));
        assert_eq!(head.header("content-type"), Some(kind), "{name}");
    }
    assert!(
        service
            .get("/docs/swagger-ui-bundle.js")
            .text
            .contains("SwaggerUIBundle")
    );
    assert!(
        service
            .get("/docs/swagger-ui.css")
            .text
            .contains(".swagger-ui")
    );
}

#[test]
fn a_file_is_packed_for_those_who_read_gzip_and_plain_for_all_others() {
    let service = Service::start();
    for name in PACKED {
        let target = format!("/docs/{name}");
        for (accepted, packed) in [
            (None, false),
            (Some("gzip, deflate, br, zstd"), true),
            (Some("br;q=1.0, gzip;q=0.8, *;q=0.1"), true),
            (Some("GZip"), true),
            (Some("identity;q=0.5, gzip"), true),
            (Some("gzip;q=0.5, identity"), false),
            (Some("gzip;q=0"), false),
            (Some("br"), false),
            (Some("*"), false),
            (Some(""), false),
            (Some("identity;q=0, *;q=0"), false),
            (Some("gzip;q=nonsense"), false),
        ] {
            let mut request = Request::new("HEAD", &target);
            if let Some(accepted) = accepted {
                request = request.header("Accept-Encoding", accepted);
            }
            let answer = service.send(&request);
            assert_eq!(answer.status, 200, "{accepted:?}");
            let encoding = packed.then_some("gzip");
            assert_eq!(answer.header("content-encoding"), encoding, "{accepted:?}");
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
        }
    }
}

#[test]
fn a_packed_file_is_the_same_file_and_far_smaller() {
    let service = Service::start();
    for name in PACKED {
        let target = format!("/docs/{name}");
        let packed = gzip_body(&service, &target);
        let mut unpacked = String::new();
        GzDecoder::new(packed.as_slice())
            .read_to_string(&mut unpacked)
            .unwrap();
        let plain = service.get(&target).text;
        assert!(unpacked == plain, "{name} differs");
        assert!(packed.len() * 3 < plain.len(), "{name}: {}", packed.len());
    }
}

/// The body of an answer that is no text.
fn gzip_body(service: &Service, target: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    answer.split_off(head.unwrap() + 4)
}

#[test]
fn nothing_else_of_swagger_ui_and_of_the_disk_is_served() {
    let service = Service::start();
    for name in [
        "index.html",
        "swagger-initializer.js",
        "swagger-ui.css.map",
        "swagger-ui.css.gz",
        "SWAGGER-UI.CSS",
        "docs.html",
        "page.css%00",
        "%FF",
        "..",
        "..%2Fopenapi.json",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "x".repeat(5000).as_str(),
    ] {
        let answer = service.get(&format!("/docs/{name}"));
        answer.is_refused(404, "no_such_path", None);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
    }
    for target in ["/docs/", "/docs/page.css/", "/docs/page.css/x"] {
        service.get(target).is_refused(404, "no_such_path", None);
    }
}

#[test]
fn the_page_and_its_files_are_only_read() {
    let service = Service::start();
    for target in ["/docs", "/docs/page.js"] {
        let answer = service.send(&Request::new("POST", target).body(""));
        answer.is_refused(405, "method_not_allowed", None);
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{answer:?}");
    }
    let head = service.send(&Request::new("HEAD", "/docs"));
    is_html(&head);
}

#[actix_web::test]
async fn the_page_works_below_any_path() {
    let api = api(Registry::new()).unwrap();
    let accounts = web::scope("/accounts").configure(configure(&api));
    let app = init_service(App::new().service(accounts)).await;
    let get = |target: &str| TestRequest::get().uri(target).to_request();

    let page = call_service(&app, get("/accounts/docs")).await;
    assert_eq!(page.status(), 200);
    let page = actix_web::test::read_body(page).await;
    let page = std::str::from_utf8(&page).unwrap();
    for link in links(page).iter().filter(|link| !link.starts_with("data:")) {
        // Relative to where the page lies.
        let answer = call_service(&app, get(&format!("/accounts/{link}"))).await;
        assert_eq!(answer.status(), 200, "{link}");
    }
}

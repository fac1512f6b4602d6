//! Codes that are mailed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use users_domain::model::OneTimeCode;

#[test]
fn a_code_is_its_random_bytes_in_base64url() {
    let mut bytes = [0xff; OneTimeCode::BYTES];
    bytes[0] = 0;
    let code = OneTimeCode::new(bytes);
    assert_eq!(code.expose(), "AP________________________________________8");
    assert_eq!(code.expose().len(), OneTimeCode::CHARS);
}

/// The same as `printf %s AAA...A | sha256sum` says, so that other programs can compute it.
#[test]
fn what_is_kept_of_a_code_is_the_sha_256_of_its_text() {
    let code = OneTimeCode::new([0; OneTimeCode::BYTES]);
    assert_eq!(code.expose(), "A".repeat(OneTimeCode::CHARS));
    assert_eq!(
        code.digest().to_hex(),
        "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a"
    );
}

#[test]
fn every_code_has_a_digest_of_its_own() {
    let digests: BTreeSet<String> = (0..=255)
        .map(|byte| OneTimeCode::new([byte; OneTimeCode::BYTES]))
        .map(|code| code.digest().to_hex())
        .collect();
    assert_eq!(digests.len(), 256);
    let (one, other) = (
        OneTimeCode::new([1; OneTimeCode::BYTES]),
        OneTimeCode::new([2; OneTimeCode::BYTES]),
    );
    assert_eq!(one.digest(), one.digest());
    assert_ne!(one.digest(), other.digest());
}

#[test]
fn what_cannot_be_a_code_is_none() {
    let good = OneTimeCode::new([7; OneTimeCode::BYTES]);
    let good = good.expose();
    let mut others = vec![
        String::new(),
        good[1..].to_owned(),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        // A last character of which bits would be thrown away is another text for the same bytes.
        format!("{}{}", &good[..OneTimeCode::CHARS - 1], 'd'),
    ];
    for odd in ['+', '/', '=', '.', '\0', ' '] {
        others.push(format!("{odd}{}", &good[1..]));
    }
    others.push(format!("ü{}", &good[2..]));
    for text in others {
        assert!(OneTimeCode::parse(&text).is_none(), "{text:?}");
    }
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn a_code_survives_its_text(bytes in any::<[u8; OneTimeCode::BYTES]>()) {
        let code = OneTimeCode::new(bytes);
        let read = OneTimeCode::parse(code.expose()).unwrap();
        prop_assert_eq!(read.expose(), code.expose());
        prop_assert_eq!(read.digest(), code.digest());
        prop_assert_eq!(read.digest().to_hex().len(), 64);
    }

    #[test]
    fn no_text_makes_reading_a_code_panic(text in any::<String>()) {
        let _ = OneTimeCode::parse(&text);
    }
}

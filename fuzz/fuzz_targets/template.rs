#![no_main]

libfuzzer_sys::fuzz_target!(
    init: users_fuzz::forgive_caught_panics(),
    |bytes: &[u8]| users_fuzz::template(bytes)
);

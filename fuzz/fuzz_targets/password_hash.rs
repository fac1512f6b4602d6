#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| users_fuzz::password_hash(bytes));

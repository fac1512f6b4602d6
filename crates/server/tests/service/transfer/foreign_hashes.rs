//! Passwords of other systems, from the import to the login.

use serde_json::json;

use crate::program::Home;

/// One of each format, with its password; by the vectors that the hasher's tests say the origin of.
const HASHES: [(&str, &str); 8] = [
    ("secret", "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3"),
    (
        "password",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ),
    (
        "not a password",
        "pbkdf2_sha256$10000$kjVJaVz6qsnJ$5yPHw3rwJGECpUf70daLGhOrQ5+AMxIJdz1c3bqK1Rs=",
    ),
    (
        "password",
        "$pbkdf2-sha1$i=4096,l=20$c2FsdA==$SwB5AbdlSJq+rUnZJvch0GWkKcE=",
    ),
    (
        "user1password",
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210w\
         jLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQND\
         NC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    ),
    (
        "Hello world!",
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCo\
         EOfaS35inz1",
    ),
    (
        "correct horse",
        "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
    ),
    (
        "correct horse",
        "$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
    ),
];

#[test]
fn people_keep_their_passwords_whoever_hashed_them() {
    let home = Home::with_sqlite();
    let email = |number: usize| format!("user{number}@example.com");
    let mut text = String::new();
    for (number, (_, hash)) in HASHES.iter().enumerate() {
        text += &json!({ "email": email(number), "password_hash": hash }).to_string();
        text.push('\n');
    }
    // An import makes the store where there is none.
    home.import_all(&text, &[]);
    let program = home.start();
    for (number, (password, _)) in HASHES.iter().enumerate() {
        program.log_in(&email(number), password);
    }
    program.terminate();
    let exported = home.export();
    for (_, hash) in &HASHES {
        assert!(!exported.contains(hash), "replaced by our own: {hash}");
    }
}

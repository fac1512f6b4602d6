//! Answers of Postgres that are lost.

use users_test_postgres::{Proxy, Server};

use super::reply::{log_in, register, start};
use crate::program::Home;

#[test]
fn a_registration_whose_commit_is_not_answered_is_503_and_a_second_one_tells_the_truth() {
    let server = Server::shared();
    let proxy = Proxy::start((server.host(), server.port()));
    let home = Home::on(server).through(proxy.port());
    let program = start(&home);
    // The service commits other things meanwhile.
    proxy.cut_after_commits(u32::MAX);
    register(&program, "ada").comes_back_later();
    proxy.disarm();
    let refusal = register(&program, "ada").is(409);
    assert_eq!(refusal["code"], "email_taken", "{refusal}");
    assert_eq!(refusal["field"], "email", "{refusal}");
    log_in(&program, "ada").is(201);
    let stored = "SELECT id FROM users WHERE email = 'ada@example.com'";
    assert_eq!(home.database().query(stored).len(), 1);
    let told = || program.log().matches(r#""user.create""#).count();
    // The administrator's, and hers.
    program.until("both are told", || told() >= 2);
    assert_eq!(program.terminate().matches(r#""user.create""#).count(), 2);
}

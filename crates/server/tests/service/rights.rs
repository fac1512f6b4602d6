//! What the operator decides about rights, through the whole service.

use serde_json::json;

use super::program::{Home, on_each_store, registration};

on_each_store! {
    without_self_registration_only_administrators_make_accounts,
    nobody_makes_himself_an_administrator,
    an_unverified_address_is_good_enough_only_where_the_operator_says_so,
    the_operators_pattern_rules_new_passwords,
    a_token_of_one_kind_is_never_taken_for_another,
    a_failed_login_tells_nobody_which_accounts_exist,
}

fn without_self_registration_only_administrators_make_accounts(home: &Home) {
    let settings = [
        ("MG_USERS_ALLOW_SELF_REGISTER", "false"),
        ("MG_ALLOW_UNVERIFIED_USER", "true"),
    ];
    let program = home.start_with(&settings);
    let refused = program.register("ada").expect(401);
    assert_eq!(refused["code"], "missing_token");
    let admin = program.administrator();
    program
        .post_as("/users", &admin, &registration("ada"))
        .expect(201);
    let (ada, _) = program.log_in("ada", "changeMe123");
    let refused = program
        .post_as("/users", &ada, &registration("grace"))
        .expect(403);
    assert_eq!(refused["code"], "forbidden");
}

fn nobody_makes_himself_an_administrator(home: &Home) {
    let program = home.start();
    for role in [json!(1), json!("admin")] {
        let mut body = registration("mallory");
        body["role"] = role;
        program.post("/users", &body).expect(403);
    }
    let mut body = registration("second");
    body["role"] = json!(1);
    let admin = program.administrator();
    assert_eq!(
        program.post_as("/users", &admin, &body).expect(201)["role"],
        1
    );
}

fn an_unverified_address_is_good_enough_only_where_the_operator_says_so(home: &Home) {
    home.start().register("ada").expect(201);
    for (allowed, code) in [("false", "email_not_verified"), ("true", "forbidden")] {
        let program = home.start_with(&[("MG_ALLOW_UNVERIFIED_USER", allowed)]);
        let (ada, _) = program.log_in("ada", "changeMe123");
        program.get_as("/users/profile", &ada).expect(200);
        assert_eq!(program.get_as("/users", &ada).body["code"], code);
    }
}

fn the_operators_pattern_rules_new_passwords(home: &Home) {
    let program = home.start_with(&[("MG_USERS_PASS_REGEX", "^[a-z]+[0-9]{4}$")]);
    let refused = program.register("ada").expect(400);
    assert_eq!(refused["field"], "credentials.secret");
    let mut body = registration("ada");
    body["credentials"]["secret"] = json!("abcd1234");
    program.post("/users", &body).expect(201);
}

fn a_token_of_one_kind_is_never_taken_for_another(home: &Home) {
    let program = home.start();
    program.register("ada").expect(201);
    let (access, refresh) = program.log_in("ada", "changeMe123");
    assert_eq!(
        program.get_as("/users/profile", &refresh).expect(401)["code"],
        "invalid_token"
    );
    let refused = program
        .post_as("/users/tokens/refresh", &access, &json!({}))
        .expect(401);
    assert_eq!(refused["code"], "invalid_token");
}

fn a_failed_login_tells_nobody_which_accounts_exist(home: &Home) {
    let program = home.start();
    program.register("ada").expect(201);
    let attempt = |identity: &str| {
        let body = json!({ "identity": identity, "secret": "wrong password" });
        let mut answer = program.post("/users/tokens/issue", &body).expect(401);
        answer.as_object_mut().unwrap().remove("request_id");
        answer
    };
    assert_eq!(attempt("ada"), attempt("nobody"));
    assert_eq!(attempt("ada@example.com"), attempt("nobody@example.com"));
}

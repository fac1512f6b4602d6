//! What becomes of an account: proven, changed, moved, looked after, gone.

use serde_json::json;

use super::{
    EMAIL, IN_HEADERS, IN_PATHS, MADE_UP_CODE, NEW_EMAIL, OTHER_EMAIL, PASSWORD, PRIVATE,
    REFUSED_PASSWORD, SECOND_PASSWORD, Story, THIRD_PASSWORD, UNKNOWN_EMAIL, WRONG_PASSWORD,
};

impl Story<'_> {
    pub(in crate::secrecy) fn proves_her_address(&mut self) {
        self.by_vera("POST", "/users/send-verification", &json!({}))
            .expect(200);
        let code = self.mailed_code("verification");
        let link = |code: &str| format!("/verify-email?token={code}");
        let page = "Accept: text/html\r\n";
        for wrong in [MADE_UP_CODE, "x", EMAIL, "%ff%zz"] {
            self.ask("GET", &link(wrong), None, "").expect(400);
            self.ask_with("GET", &link(wrong), None, page, "")
                .expect(400);
            self.ask("POST", "/verify-email", None, &format!("token={wrong}"))
                .expect(400);
        }
        self.ask_with("GET", &link(&code), None, page, "")
            .expect(200);
        self.ask("POST", "/verify-email", None, &format!("token={code}"))
            .expect(200);
        self.ask("GET", &link(&code), None, "").expect(400);
        self.by_vera("POST", "/users/send-verification", &json!({}))
            .expect(409);
    }

    pub(in crate::secrecy) fn changes_her_account(&self) {
        for (target, body, status) in [
            (
                "",
                json!({ "tags": ["again"], "private_metadata": { "note": PRIVATE } }),
                200,
            ),
            ("", json!({ "metadata": { "note": PRIVATE } }), 200),
            (
                "",
                json!({ "private_metadata": PRIVATE, "first_name": [PRIVATE] }),
                400,
            ),
            ("/tags", json!({ "tags": ["once", "more"] }), 200),
            ("/tags", json!({ "tags": PRIVATE }), 400),
            ("/username", json!({ "username": "vera-again" }), 200),
            ("/username", json!({ "username": OTHER_EMAIL }), 400),
            (
                "/picture",
                json!({ "profile_picture": format!("ftp://vera:{WRONG_PASSWORD}@x") }),
                400,
            ),
            (
                "/email",
                json!({ "email": OTHER_EMAIL.to_ascii_uppercase() }),
                409,
            ),
            (
                "/email",
                json!({ "email": format!("{UNKNOWN_EMAIL}@twice") }),
                400,
            ),
            ("/email", json!({ "email": [UNKNOWN_EMAIL] }), 400),
            (
                "/email",
                json!({ "email": format!("{UNKNOWN_EMAIL}{}", ".com".repeat(100)) }),
                400,
            ),
            ("/role", json!({ "role": WRONG_PASSWORD }), 403),
        ] {
            self.by_vera("PATCH", &self.own(target), &body)
                .expect(status);
        }
        let stale = format!("Content-Type: application/json\r\nIf-Match: \"{IN_HEADERS}\"\r\n");
        let own = self.own("");
        self.ask_with("PATCH", &own, Some(&self.access), &stale, r#"{"tags":[]}"#)
            .expect(412);
    }

    pub(in crate::secrecy) fn moves_and_changes_passwords(&mut self) {
        let passwords = |old: &str, new: &str| json!({ "old_secret": old, "new_secret": new });
        for (old, new) in [
            (WRONG_PASSWORD, SECOND_PASSWORD),
            (PASSWORD, REFUSED_PASSWORD),
            (PASSWORD, PASSWORD),
            (PASSWORD, &SECOND_PASSWORD.repeat(10)),
        ] {
            self.by_vera("PATCH", "/users/secret", &passwords(old, new))
                .expect(400);
        }
        let new = passwords(PASSWORD, SECOND_PASSWORD);
        self.by_vera("PATCH", "/users/secret", &new).expect(200);
        let moved = json!({ "email": NEW_EMAIL });
        self.by_vera("PATCH", &self.own("/email"), &moved)
            .expect(200);
        // To the new address, unasked.
        self.mailed_code("verification");

        for (body, status) in [
            (json!({ "email": NEW_EMAIL }), 201),
            (json!({ "email": UNKNOWN_EMAIL }), 201),
            (json!({ "email": WRONG_PASSWORD }), 400),
            (json!({ "email": { "is": UNKNOWN_EMAIL } }), 400),
        ] {
            self.post("/password/reset-request", &body).expect(status);
        }
        let code = self.mailed_code("reset");
        self.ask("GET", &format!("/password/reset?token={code}"), None, "")
            .expect(200);
        self.ask(
            "GET",
            &format!("/password/reset?token={MADE_UP_CODE}"),
            None,
            "",
        )
        .expect(400);
        let form = |code: &str, password: &str, again: &str| {
            format!("token={code}&password={password}&confirm_password={again}")
        };
        for (code, password, again) in [
            (&*code, REFUSED_PASSWORD, REFUSED_PASSWORD),
            (&code, THIRD_PASSWORD, WRONG_PASSWORD),
            (MADE_UP_CODE, THIRD_PASSWORD, THIRD_PASSWORD),
        ] {
            let sent = form(code, password, again);
            self.ask("POST", "/password/reset", None, &sent).expect(400);
            let sent = json!({ "token": code, "password": password, "confirm_password": again });
            self.ask("PUT", "/password/reset", None, &sent.to_string())
                .expect(400);
        }
        let sent = json!({ "password": THIRD_PASSWORD, "confirm_password": THIRD_PASSWORD });
        for status in [201, 400] {
            let sent = sent.to_string();
            self.ask("PUT", "/password/reset", Some(&code), &sent)
                .expect(status);
        }
        self.by_vera("GET", "/users/profile", &json!({}))
            .expect(401);
        let body = json!({ "identity": NEW_EMAIL, "secret": THIRD_PASSWORD });
        (self.access, self.refresh) = self.sign_in(&body);
    }

    pub(in crate::secrecy) fn is_looked_after(&self) {
        let nothing = json!({});
        for (target, status) in [
            (format!("/users?email={NEW_EMAIL}&limit=1"), 200),
            (
                format!("/users?metadata=%7B%22note%22:%22{PRIVATE}%22%7D&total=false"),
                200,
            ),
            (format!("/users?metadata={PRIVATE}"), 400),
            (
                format!("/users?email={UNKNOWN_EMAIL}&email={UNKNOWN_EMAIL}"),
                400,
            ),
            (
                format!("/users?limit={WRONG_PASSWORD}&order={UNKNOWN_EMAIL}"),
                400,
            ),
            (format!("/users?order={UNKNOWN_EMAIL}&dir={IN_PATHS}"), 400),
            (format!("/users?status={IN_PATHS}"), 400),
            (format!("/users?role={IN_PATHS}"), 400),
            (format!("/users?cursor={IN_PATHS}"), 400),
            (format!("/users?{IN_PATHS}={UNKNOWN_EMAIL}"), 200),
            ("/users?limit=1&order=email".to_owned(), 200),
            (
                format!("/users/search?username=vera&email={NEW_EMAIL}"),
                200,
            ),
            (format!("/users/search?offset={IN_PATHS}"), 400),
            (self.own(""), 200),
        ] {
            self.by_administrator("GET", &target, &nothing)
                .expect(status);
        }
        for (method, target, body, status) in [
            ("PATCH", "/role", json!({ "role": "admin" }), 200),
            ("PATCH", "/role", json!({ "role": WRONG_PASSWORD }), 400),
            ("PATCH", "/role", json!({ "role": 0 }), 200),
            ("POST", "/disable", nothing.clone(), 200),
            ("POST", "/disable", nothing.clone(), 409),
            ("POST", "/enable", nothing.clone(), 200),
        ] {
            self.by_administrator(method, &self.own(target), &body)
                .expect(status);
        }
        let twin = json!({
            "first_name": "Twin", "last_name": "Marked", "email": NEW_EMAIL.to_ascii_lowercase(),
            "credentials": { "username": "twin", "secret": SECOND_PASSWORD },
        });
        self.post("/users", &twin).expect(409);
        self.by_administrator("DELETE", &self.own(""), &nothing)
            .expect(204);
    }
}

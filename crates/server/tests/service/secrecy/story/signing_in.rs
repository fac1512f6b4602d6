//! Signing in, staying signed in, and failing to.

use serde_json::json;

use super::{
    EMAIL, MADE_UP_TOKEN, OTHER_EMAIL, PASSWORD, PASSWORD_OF_OTTO, PRIVATE, Story, UNKNOWN_EMAIL,
    WRONG_PASSWORD,
};

impl Story<'_> {
    pub(in crate::secrecy) fn signs_in(&mut self) {
        let vera = json!({
            "first_name": "Vera", "last_name": "Marked", "email": EMAIL,
            "credentials": { "username": "vera", "secret": PASSWORD },
            "private_metadata": { "note": PRIVATE }, "tags": ["marked"],
        });
        let made = self.post("/users", &vera).expect(201);
        self.id = made.member("id");
        let otto = json!({
            "first_name": "Otto", "last_name": "Marked", "email": OTHER_EMAIL,
            "credentials": { "username": "otto", "secret": PASSWORD_OF_OTTO },
        });
        self.post("/users", &otto).expect(201);
        self.sign_in(&json!({ "username": "vera", "password": PASSWORD }));
        let folded = EMAIL.to_ascii_lowercase();
        let body = json!({ "identity": folded, "secret": PASSWORD, "description": "laptop" });
        (self.access, self.refresh) = self.sign_in(&body);
        self.by_vera("GET", "/users/profile", &json!({}))
            .expect(200);
    }

    pub(in crate::secrecy) fn fails_to_sign_in(&self) {
        let login =
            |identity: &str, secret: &str| json!({ "identity": identity, "secret": secret });
        for (body, status) in [
            (login(EMAIL, WRONG_PASSWORD), 401),
            (login(UNKNOWN_EMAIL, WRONG_PASSWORD), 401),
            (login(WRONG_PASSWORD, EMAIL), 401),
            (login(EMAIL, &format!("{WRONG_PASSWORD}\0")), 401),
            (login(EMAIL, &WRONG_PASSWORD.repeat(10)), 401),
            (login(EMAIL, ""), 400),
            (
                json!({ "identity": EMAIL, "username": UNKNOWN_EMAIL, "secret": WRONG_PASSWORD }),
                400,
            ),
            (
                json!({ "identity": { "of": EMAIL }, "secret": [WRONG_PASSWORD] }),
                400,
            ),
            (
                json!({ "identity": EMAIL, "secret": { "is": WRONG_PASSWORD } }),
                400,
            ),
        ] {
            self.post("/users/tokens/issue", &body).expect(status);
        }
        let basic = format!("Authorization: Basic {}:{WRONG_PASSWORD}\r\n", "vera");
        self.ask_with("GET", "/users/profile", None, &basic, "")
            .expect(401);
        let (head, signature) = self.access.rsplit_once('.').unwrap();
        let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
        let long = MADE_UP_TOKEN.repeat(200);
        for token in [
            &forged,
            MADE_UP_TOKEN,
            &long,
            &self.refresh,
            PASSWORD,
            EMAIL,
        ] {
            self.ask("GET", "/users/profile", Some(token), "")
                .expect(401);
            self.ask("POST", "/users/tokens/revoke", Some(token), "{}")
                .expect(401);
        }
        for token in [&forged, MADE_UP_TOKEN, &self.access] {
            self.ask("POST", "/users/tokens/refresh", Some(token), "{}")
                .expect(401);
        }
    }

    pub(in crate::secrecy) fn goes_on_and_ends_sessions(&mut self) {
        let first = self.refresh.clone();
        for _ in 0..2 {
            let answer = self.ask("POST", "/users/tokens/refresh", Some(&self.refresh), "{}");
            (self.access, self.refresh) = self.keep_tokens(&answer.expect(201));
        }
        self.ask("POST", "/users/tokens/refresh", Some(&first), "{}")
            .expect(401);
        let body = json!({ "identity": "vera", "secret": PASSWORD });
        (self.access, self.refresh) = self.sign_in(&body);
        let sessions = self
            .by_vera("GET", "/users/tokens/refresh-tokens", &json!({}))
            .expect(200);
        let sessions = sessions.json();
        let ends = json!({ "token_id": sessions["refresh_tokens"][0]["id"] });
        self.by_vera("POST", "/users/tokens/revoke", &ends)
            .expect(204);
        // The token where its id should stand.
        let mistaken = json!({ "token_id": self.refresh });
        self.by_vera("POST", "/users/tokens/revoke", &mistaken)
            .expect(400);
        let body = json!({ "identity": "vera", "secret": PASSWORD });
        (self.access, self.refresh) = self.sign_in(&body);
    }
}

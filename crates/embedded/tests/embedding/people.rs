//! Who signs up.

use users_embedded::domain::authorization::Operation;
use users_embedded::domain::model::{Caller, TokenPair};
use users_embedded::{SignUp, Users};

pub(crate) const ADA: SignUp<'static> = SignUp {
    first_name: "Ada",
    last_name: "Lovelace",
    username: "ada",
    email: "ada@example.com",
    password: "changeMe123",
};

pub(crate) const GRACE: SignUp<'static> = SignUp {
    first_name: "Grace",
    last_name: "Hopper",
    username: "grace",
    email: "grace@example.com",
    password: "changeMe456",
};

/// Registers somebody and logs him in.
pub(crate) async fn join(users: &Users, person: SignUp<'_>) -> TokenPair {
    users.register(person).await.unwrap();
    users.log_in(person.email, person.password).await.unwrap()
}

/// The same, as the caller of an operation.
pub(crate) async fn caller(users: &Users, person: SignUp<'_>, operation: Operation) -> Caller {
    let tokens = join(users, person).await;
    users.identify(operation, &tokens.access).await.unwrap()
}

#[test]
fn somebody_who_signs_up_is_not_printed() {
    assert_eq!(format!("{ADA:?}"), "SignUp { .. }");
}

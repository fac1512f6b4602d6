//! The service on a database that the deployed one filled, as far as the store's own tests do not
//! show it.

use super::program::Home;

const ENUMS: &str = "MG_USERS_API_ENUMS is unset";
const REGISTRATION: &str = "MG_USERS_ALLOW_SELF_REGISTER is unset";

#[test]
fn a_start_on_a_database_that_was_taken_over_names_the_settings_that_differ() {
    let home = Home::with_postgres();
    let log = home.start().terminate();
    assert!(!log.contains(ENUMS) && !log.contains(REGISTRATION), "{log}");

    // As if somebody else had made it.
    let adopted = "UPDATE adoption SET found = 'clients_12'";
    home.database().execute(adopted);
    let log = home.start().terminate();
    assert!(log.contains(ENUMS) && log.contains(REGISTRATION), "{log}");

    let settings = [
        ("MG_USERS_API_ENUMS", "names"),
        ("MG_USERS_ALLOW_SELF_REGISTER", "false"),
    ];
    let log = home.start_with(&settings).terminate();
    assert!(!log.contains(ENUMS) && !log.contains(REGISTRATION), "{log}");
}

//! What a new password, and accounts that are brought along, mean to the neighbours.

use serde_json::json;

use super::{Mode, World, serve};
use crate::program::{Home, Unfinished};

#[test]
fn a_reset_of_the_password_ends_the_sessions_at_the_auth_service() {
    let world = World::start(Mode::Plain);
    world.register("ada");
    let (access, refresh) = world.log_in("ada");
    let program = &world.program;
    program.get_as("/users/profile", &access).expect(200);
    let asked = json!({ "email": "ada@example.com" });
    program.post("/password/reset-request", &asked).expect(201);
    let link = program.mailed_link("reset", "ada@example.com");
    let (_, token) = link.rsplit_once("token=").unwrap();
    let new = "anotherSecret9";
    let body = json!({ "token": token, "password": new, "confirm_password": new });
    program.put_as("/password/reset", token, &body).expect(201);
    // Here the account says so at once; there it is told.
    program.get_as("/users/profile", &access).expect(401);
    let refreshed = program.post_as("/users/tokens/refresh", &refresh, &json!({}));
    refreshed.expect(401);
    world.until("the session is ended there", || {
        world.calls_of_auth("Revoke") >= 1
    });
    world.try_to_log_in("ada").expect(401);
    let (access, _) = program.log_in("ada", new);
    let listed = program.get_as("/users/tokens/refresh-tokens", &access);
    let listed = listed.expect(200);
    let sessions = listed["refresh_tokens"].as_array().unwrap();
    assert_eq!(sessions.len(), 1, "{listed}");
}

#[test]
fn who_is_imported_is_known_to_spicedb_once_the_service_runs() {
    let platform = Mode::Plain.start();
    let home = Home::with_postgres();
    assert_eq!(home.run(&["migrate"]).code, 0);
    let mut command = home.command(&["users", "import"]);
    command
        .envs(platform.environment())
        .env("MG_USERS_AUTH", "grpc");
    let mut import = Unfinished::begin(command);
    for (id, role) in [("id-1", "user"), ("id-2", "admin")] {
        let email = format!("{id}@example.com");
        let record = json!({ "id": id, "email": email, "role": role });
        import.write(&format!("{record}\n"));
    }
    let imported = import.finish();
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let (program, _) = serve(&home, &platform, &[super::TIME_ENOUGH]);
    for wanted in [
        "member@user:id-1",
        "member@user:id-2",
        "administrator@user:id-2",
    ] {
        let wanted = format!("platform:magistrala#{wanted}");
        program.until(&wanted, || {
            platform.spicedb.relationships().contains(&wanted)
        });
    }
    let not_hers = "platform:magistrala#administrator@user:id-1".to_owned();
    assert!(!platform.spicedb.relationships().contains(&not_hers));
}

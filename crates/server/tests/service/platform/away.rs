//! SpiceDB and domains that are away for long: nobody waits for them, and nothing is lost.

use users_test_platform::Fault;

use super::{Mode, World, role};
use crate::program::{Answer, client};

#[test]
fn while_spicedb_is_away_people_register_and_are_known_to_it_later() {
    let world = World::start(Mode::Plain);
    let admin = world.program.administrator();
    // From here on whoever waits for a limit waits for a short one.
    let world = world.restarted_with(Mode::Plain, &[("MG_AUTH_GRPC_TIMEOUT", "2s")]);
    for fault in [None, Some(Fault::Hang), Some(Fault::garbage())] {
        match &fault {
            None => world.platform.spicedb.go_away(),
            Some(fault) => world.platform.spicedb.set_fault(fault.clone()),
        }
        let name = format!("ada{}", world.platform.spicedb.relationships().len());
        let ada = world.register(&name);
        assert_eq!(world.until_told("spicedb", "warn"), 200);
        assert!(!world.is_known_as("member", &ada));
        world.platform.spicedb.clear_faults();
        world.platform.spicedb.come_back();
        world.until("SpiceDB knows her", || world.is_known_as("member", &ada));
        assert_eq!(world.until_told("spicedb", "pass"), 200);
        world.until("she logs in", || world.try_to_log_in(&name).status == 201);
    }
    // The administrator's own rights wait for it; a change that was made is told later.
    let ada = world.register("lovelace");
    world.until("SpiceDB knows her", || world.is_known_as("member", &ada));
    world
        .platform
        .spicedb
        .set_fault_of("WriteRelationships", Fault::Hang);
    let request = client().patch(world.program.url(&format!("/users/{ada}/role")));
    let request = request.bearer_auth(&admin).json(&role(1));
    // It asks the auth service first, within the short limit.
    let answer = Answer::of(request.send());
    answer.expect(200);
    assert!(!world.is_known_as("administrator", &ada));
    world.platform.spicedb.clear_faults();
    world.until("SpiceDB knows her as administrator", || {
        world.is_known_as("administrator", &ada)
    });
}

#[test]
fn what_a_killed_service_had_not_told_spicedb_the_next_one_does() {
    let world = World::start_with(Mode::Plain, &[("MG_AUTH_GRPC_TIMEOUT", "2s")]);
    world.platform.spicedb.go_away();
    let ada = world.register("ada");
    let World {
        program,
        platform,
        home,
        ..
    } = world;
    program.kill();
    platform.spicedb.come_back();
    let (program, _) = super::serve(&home, &platform, &[]);
    let known = format!("platform:magistrala#member@user:{ada}");
    program.until("SpiceDB knows her", || {
        platform.spicedb.relationships().contains(&known)
    });
}

#[test]
fn nobody_is_deleted_for_good_before_the_domains_service_has_let_him_go() {
    let world = World::start_with(
        Mode::Plain,
        &[
            ("MG_AUTH_GRPC_TIMEOUT", "20s"),
            ("MG_DOMAINS_GRPC_TIMEOUT", "1s"),
            ("MG_USERS_DELETE_AFTER", "0"),
            ("MG_USERS_DELETE_INTERVAL", "1s"),
        ],
    );
    let ada = world.register("ada");
    world.until("SpiceDB knows her", || world.is_known_as("member", &ada));
    world.platform.domains.set_deleted(false);
    let program = &world.program;
    let admin = program.administrator();
    let target = format!("/users/{ada}");
    let request = client().delete(program.url(&target)).bearer_auth(&admin);
    Answer::of(request.send()).expect(204);
    let asked = || {
        world
            .platform
            .domains
            .calls_of("DeleteUserFromDomains")
            .len()
    };
    world.until("the domains service says no", || asked() >= 2);
    assert!(world.is_known_as("member", &ada));
    world.platform.domains.set_fault(Fault::Hang);
    let before = asked();
    world.until("it is asked again and again", || asked() >= before + 2);
    assert_ne!(program.get_as(&target, &admin).status, 404);
    world.platform.domains.clear_faults();
    world.platform.domains.go_away();
    let gone = program.get_as(&target, &admin);
    assert_ne!(gone.status, 404, "{}", gone.text);
    world.platform.domains.set_deleted(true);
    world.platform.domains.come_back();
    world.until("she is gone for good", || {
        program.get_as(&target, &admin).status == 404
    });
    assert!(!world.is_known_as("member", &ada));
}

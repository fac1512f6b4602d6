//! Accounts that come in by the thousand: the relay tells the platform of them.

use users_domain::Users;
use users_domain::model::{Caller, ImportOutcome, Role, UserRecord};
use users_domain::ports::ImportMode;
use users_domain::services::{ImportBatch, ImportOptions, RecordRules};
use users_testkit::{Fakes, people};

use super::{RELATION, Scene};
use crate::{context, created};

/// Takes accounts in of these names, the first of them administrators.
async fn import(
    users: &Users,
    administrators: usize,
    names: &[&str],
    mode: ImportMode,
    events: bool,
) -> Vec<ImportOutcome> {
    let options = ImportOptions {
        mode,
        rules: RecordRules::Today,
        events,
    };
    let begun = users
        .transfer
        .begin_import(&context(), &Caller::Operator, options)
        .await;
    let mut import = begun.unwrap();
    let mut batch = ImportBatch::new();
    for (number, name) in names.iter().enumerate() {
        let role = if number < administrators {
            Role::Admin
        } else {
            Role::User
        };
        let record = UserRecord {
            id: Some(people::id_of(name).as_str().to_owned()),
            email: Some(people::email_of(name)),
            role: Some(role),
            ..UserRecord::default()
        };
        import.arrivals().judge(record, &mut batch).unwrap();
    }
    let outcomes = import.add(&batch).await.unwrap();
    import.finish().await.unwrap();
    outcomes
}

#[tokio::test]
async fn the_platform_learns_of_who_came_in() {
    for events in [false, true] {
        let scene = Scene::with([people::user("mary")]);
        let names = ["ada", "grace", "mary"];
        let outcomes = import(&scene.users(), 1, &names, ImportMode::Write, events).await;
        assert_eq!(outcomes[2], ImportOutcome::AlreadyThere);
        assert!(
            scene.platform.calls().is_empty(),
            "an import waits for nobody"
        );
        assert_eq!(created(&scene.fakes).len(), if events { 2 } else { 0 });
        // Who was there already is not told of again.
        assert_eq!(scene.deliver().await.delivered, 2);
        let [ada, grace] = ["ada", "grace"].map(people::id_of);
        let expected = [(ada, Role::Admin), (grace, Role::User)];
        assert_eq!(scene.platform.users(), expected);
    }
}

#[tokio::test]
async fn a_platform_that_is_away_stops_no_import() {
    let scene = Scene::with([]);
    scene.platform.go_away();
    let outcomes = import(&scene.users(), 0, &["ada"], ImportMode::Write, false).await;
    assert_eq!(outcomes, [ImportOutcome::Imported]);
    assert_eq!(scene.deliver().await.retried, 1);
}

#[tokio::test]
async fn nothing_is_queued_by_a_dry_run_or_without_a_platform() {
    let scene = Scene::with([]);
    import(&scene.users(), 0, &["ada"], ImportMode::DryRun, true).await;
    assert_eq!(scene.waiting(), 0);
    let fakes = Fakes::new();
    import(&fakes.users(), 0, &["ada"], ImportMode::Write, true).await;
    assert!(fakes.store.effects(RELATION).is_empty());
}

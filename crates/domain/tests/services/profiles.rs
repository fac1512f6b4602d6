//! What people change about an account.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{
    Caller, ConflictField, Metadata, PersonName, PictureUrl, Tags, User, UserPatch, Username,
};
use users_domain::ports::{Ports, UserStore};
use users_domain::{Error, Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::{Fakes, people};

use crate::{
    administrator, assert_stale, assert_taken, assert_unavailable, context, fakes_with, holder,
    stored, waiting,
};

fn name(text: &str) -> PersonName {
    PersonName::parse("first_name", text).unwrap()
}

fn picture(text: &str) -> PictureUrl {
    PictureUrl::parse(text).unwrap()
}

fn tags(tags: &[&str]) -> Tags {
    Tags::parse(tags.iter().map(|tag| (*tag).to_owned()).collect()).unwrap()
}

fn metadata(text: &str) -> Metadata {
    Metadata::parse("metadata", text).unwrap()
}

pub(super) fn first_name(text: &str) -> UserPatch {
    UserPatch {
        first_name: Some(name(text)),
        ..UserPatch::default()
    }
}

/// A change of Ada's free fields by somebody.
pub(super) async fn update(
    fakes: &Fakes,
    caller: &Caller,
    patch: UserPatch,
) -> Result<User, Error> {
    let profiles = fakes.users().profiles;
    let ada = people::ada().id;
    profiles.update(&context(), caller, &ada, None, patch).await
}

/// Every change of this service, asked for by somebody about an account of which he saw a version.
pub(super) async fn every_change(
    users: &Users,
    caller: &Caller,
    name: &str,
    version: Option<i64>,
) -> Vec<Result<User, Error>> {
    let (profiles, context, id) = (&users.profiles, context(), people::id_of(name));
    let new = people::new_user("new");
    vec![
        profiles
            .update(&context, caller, &id, version, first_name("New"))
            .await,
        profiles
            .update_username(&context, caller, &id, version, new.username)
            .await,
        profiles
            .update_profile_picture(&context, caller, &id, version, None)
            .await,
        profiles
            .update_tags(&context, caller, &id, version, tags(&["new"]))
            .await,
        profiles
            .update_email(&context, caller, &id, version, new.email)
            .await,
    ]
}

#[tokio::test]
async fn what_is_sent_changes_and_the_rest_stays() {
    let full = User {
        tags: tags(&["old"]),
        metadata: metadata(r#"{"old":1}"#),
        private_metadata: metadata(r#"{"private":1}"#),
        profile_picture: Some(picture("https://example.com/old.png")),
        ..people::ada()
    };
    let unchanged = || UserPatch::default();
    for (patch, expected) in [
        (
            first_name("Augusta"),
            User {
                first_name: name("Augusta"),
                ..full.clone()
            },
        ),
        (
            UserPatch {
                last_name: Some(name("King")),
                ..unchanged()
            },
            User {
                last_name: name("King"),
                ..full.clone()
            },
        ),
        (
            UserPatch {
                tags: Some(Tags::default()),
                ..unchanged()
            },
            User {
                tags: Tags::default(),
                ..full.clone()
            },
        ),
        (
            UserPatch {
                metadata: Some(metadata(r#"{"n":12345678901234567890123456789.0}"#)),
                ..unchanged()
            },
            User {
                metadata: metadata(r#"{"n":12345678901234567890123456789.0}"#),
                ..full.clone()
            },
        ),
        (
            UserPatch {
                private_metadata: Some(metadata("{}")),
                ..unchanged()
            },
            User {
                private_metadata: metadata("{}"),
                ..full.clone()
            },
        ),
        (
            UserPatch {
                profile_picture: Some(None),
                ..unchanged()
            },
            User {
                profile_picture: None,
                ..full.clone()
            },
        ),
        (unchanged(), full.clone()),
    ] {
        let fakes = fakes_with([full.clone()]);
        fakes.clock.advance(Duration::from_secs(5));
        let changed = update(&fakes, &holder(&fakes, "ada"), patch).await.unwrap();
        let expected = User {
            updated_at: changed.updated_at,
            updated_by: Some("id-of-ada".to_owned()),
            version: 2,
            ..expected
        };
        assert_eq!(changed, expected);
        assert!(changed.updated_at > full.created_at);
        assert_eq!(stored(&fakes, "ada"), changed);
        assert_eq!(waiting(&fakes).len(), 1);
    }
}

#[tokio::test]
async fn each_field_has_a_way_of_its_own() {
    let fakes = fakes_with([people::ada()]);
    let (users, ada) = (fakes.users(), people::ada().id);
    let caller = holder(&fakes, "ada");
    let changed = users
        .profiles
        .update_username(
            &context(),
            &caller,
            &ada,
            None,
            Username::parse("Augusta").unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(changed.username.unwrap().as_str(), "Augusta");
    let url = picture("https://example.com/ada.png");
    for wanted in [Some(url), None] {
        let changed = users
            .profiles
            .update_profile_picture(&context(), &caller, &ada, None, wanted.clone())
            .await
            .unwrap();
        assert_eq!(changed.profile_picture, wanted);
    }
    let changed = users
        .profiles
        .update_tags(&context(), &caller, &ada, None, tags(&["b", "a"]))
        .await
        .unwrap();
    assert_eq!(changed.tags, tags(&["b", "a"]));
    assert_eq!((changed.version, waiting(&fakes).len()), (5, 4));
}

#[tokio::test]
async fn who_says_what_he_saw_changes_nothing_else() {
    let seen = User {
        version: 7,
        ..people::ada()
    };
    for version in [6, 8] {
        let fakes = fakes_with([seen.clone()]);
        let users = fakes.users();
        for answer in every_change(&users, &administrator(), "ada", Some(version)).await {
            assert_stale(&answer);
        }
        assert_eq!(stored(&fakes, "ada"), seen);
        assert!(waiting(&fakes).is_empty());
    }
    for number in 0..5 {
        let fakes = fakes_with([seen.clone()]);
        let users = fakes.users();
        let mut answers = every_change(&users, &administrator(), "ada", Some(7 + number)).await;
        let changed = answers.swap_remove(usize::try_from(number).unwrap());
        // Each change before it made another version of it.
        assert_eq!(changed.is_ok(), number == 0, "{changed:?}");
    }
}

#[tokio::test]
async fn of_two_who_saw_the_same_one_changes_it() {
    let fakes = fakes_with([people::ada()]);
    let (users, ada) = (fakes.users(), people::ada().id);
    let change = |text: &'static str| {
        let (users, ada) = (users.clone(), ada.clone());
        async move {
            users
                .profiles
                .update(
                    &context(),
                    &administrator(),
                    &ada,
                    Some(1),
                    first_name(text),
                )
                .await
        }
    };
    change("First").await.unwrap();
    assert_stale(&change("Second").await);
    assert_eq!(stored(&fakes, "ada").first_name, name("First"));
}

/// Each decides about the row as it is then, not as its caller was loaded.
#[tokio::test]
async fn changes_of_different_fields_are_all_kept() {
    let fakes = fakes_with([people::ada()]);
    let loaded_before = holder(&fakes, "ada");
    for answer in every_change(&fakes.users(), &loaded_before, "ada", None).await {
        answer.unwrap();
    }
    let ada = stored(&fakes, "ada");
    assert_eq!(ada.first_name, name("New"));
    assert_eq!(ada.username, Some(people::new_user("new").username));
    assert_eq!(ada.email, people::new_user("new").email);
    assert_eq!(ada.tags, tags(&["new"]));
}

#[tokio::test]
async fn time_never_runs_back_on_an_account() {
    let fakes = fakes_with([people::ada()]);
    let caller = holder(&fakes, "ada");
    fakes.clock.advance(Duration::from_hours(1));
    let late = update(&fakes, &caller, first_name("A")).await.unwrap();
    fakes.clock.set(people::ada().created_at.unwrap());
    let early = update(&fakes, &caller, first_name("B")).await.unwrap();
    assert_eq!(early.updated_at, late.updated_at);
    assert!(early.version > late.version);
}

#[tokio::test]
async fn a_taken_name_is_named_and_leaves_nothing_behind() {
    let fakes = fakes_with([people::ada(), people::grace()]);
    let (users, ada) = (fakes.users(), people::ada().id);
    let caller = holder(&fakes, "ada");
    let answer = users
        .profiles
        .update_username(
            &context(),
            &caller,
            &ada,
            None,
            Username::parse("GRACE").unwrap(),
        )
        .await;
    assert_taken(&answer, ConflictField::Username);
    let grace = people::new_user("grace").email;
    let answer = users
        .profiles
        .update_email(&context(), &caller, &ada, None, grace)
        .await;
    assert_taken(&answer, ConflictField::Email);
    assert_eq!(fakes.store.users(), [people::ada(), people::grace()]);
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn a_name_may_change_its_case() {
    let fakes = fakes_with([people::ada()]);
    let (users, ada) = (fakes.users(), people::ada().id);
    let caller = holder(&fakes, "ada");
    let changed = users
        .profiles
        .update_username(
            &context(),
            &caller,
            &ada,
            None,
            Username::parse("ADA").unwrap(),
        )
        .await;
    assert_eq!(changed.unwrap().username.unwrap().as_str(), "ADA");
}

#[tokio::test]
async fn what_an_identity_provider_vouches_for_is_changed_there() {
    let vouched_for = User {
        auth_provider: Some("google".to_owned()),
        profile_picture: Some(picture("https://example.com/ada.png")),
        ..people::ada()
    };
    let fakes = fakes_with([vouched_for.clone()]);
    let owned = |answer: Result<User, Error>, which: &str| {
        assert!(
            matches!(&answer, Err(Error::OwnedByProvider { field }) if *field == which),
            "{answer:?}"
        );
    };
    let last_name = UserPatch {
        last_name: Some(name("King")),
        ..UserPatch::default()
    };
    let no_picture = UserPatch {
        profile_picture: Some(None),
        ..UserPatch::default()
    };
    for (patch, field) in [
        (first_name("Augusta"), "first_name"),
        (last_name, "last_name"),
        (no_picture, "profile_picture"),
    ] {
        owned(update(&fakes, &administrator(), patch).await, field);
    }
    let mut answers = every_change(&fakes.users(), &administrator(), "ada", None).await;
    owned(answers.remove(4), "email");
    owned(answers.remove(2), "profile_picture");
    owned(answers.remove(0), "first_name");
    for answer in answers {
        answer.unwrap();
    }
    // Who sends the whole account back as it is changes nothing of it.
    let same = UserPatch {
        first_name: Some(vouched_for.first_name.clone()),
        last_name: Some(vouched_for.last_name.clone()),
        profile_picture: Some(vouched_for.profile_picture.clone()),
        metadata: Some(metadata(r#"{"free":true}"#)),
        ..UserPatch::default()
    };
    let changed = update(&fakes, &administrator(), same).await.unwrap();
    assert_eq!(changed.metadata, metadata(r#"{"free":true}"#));
    assert_eq!(changed.profile_picture, vouched_for.profile_picture);
}

#[tokio::test]
async fn a_store_that_is_away_is_named_and_a_lost_answer_leaves_a_whole_change() {
    for (fault, changes) in [(Fault::Away, 0), (Fault::LostAnswer, 1)] {
        let fakes = fakes_with([people::ada()]);
        let store: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
        let ports = Ports {
            users: Arc::new(Faulty::new(store, FaultPlan::once(fault))),
            ..fakes.ports()
        };
        let users = Users::new(ports, Settings::default());
        let caller = holder(&fakes, "ada");
        let answer = users
            .profiles
            .update(
                &context(),
                &caller,
                &people::ada().id,
                None,
                first_name("A"),
            )
            .await;
        assert_unavailable(&answer, "user store");
        assert_eq!(stored(&fakes, "ada").version, 1 + changes);
        assert_eq!(waiting(&fakes).len(), usize::try_from(changes).unwrap());
    }
}

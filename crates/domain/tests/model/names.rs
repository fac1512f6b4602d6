//! The names and numbers that stand on the wire and in tables.

use std::collections::BTreeSet;

use users_domain::model::{
    CodePurpose, ConflictField, EffectKind, EventOperation, Order, Position, Role, Sort,
    SortDirection, Status, TokenKind, UserQuery,
};

#[test]
fn every_stored_role_but_1_is_a_user() {
    for number in [i16::MIN, -1, 0, 2, 3, 255, i16::MAX] {
        assert_eq!(Role::from_stored(number), Role::User, "{number}");
    }
    assert_eq!(Role::from_stored(1), Role::Admin);
}

#[test]
fn every_stored_status_that_nobody_knows_is_disabled() {
    for number in [i16::MIN, -1, 1, 3, 4, 255, i16::MAX] {
        assert_eq!(Status::from_stored(number), Status::Disabled, "{number}");
    }
    assert_eq!(Status::from_stored(0), Status::Enabled);
    assert_eq!(Status::from_stored(2), Status::Deleted);
}

#[test]
fn roles_and_statuses_have_the_documented_numbers_and_names() {
    let roles = [(Role::User, 0, "user"), (Role::Admin, 1, "admin")];
    for (role, number, name) in roles {
        assert_eq!((role.as_i16(), role.as_str()), (number, name));
        assert_eq!(Role::from_stored(number), role);
    }
    let statuses = [
        (Status::Enabled, 0, "enabled"),
        (Status::Disabled, 1, "disabled"),
        (Status::Deleted, 2, "deleted"),
    ];
    for (status, number, name) in statuses {
        assert_eq!((status.as_i16(), status.as_str()), (number, name));
        assert_eq!(Status::from_stored(number), status);
    }
    assert_eq!(Role::default(), Role::User);
    assert_eq!(Status::default(), Status::Enabled);
}

#[test]
fn a_token_kind_survives_its_claim() {
    let known: Vec<TokenKind> = (0..=u8::MAX).filter_map(TokenKind::from_u8).collect();
    assert_eq!(
        known,
        [
            TokenKind::Access,
            TokenKind::Refresh,
            TokenKind::Recovery,
            TokenKind::Api,
            TokenKind::PersonalAccess,
            TokenKind::Invitation,
        ]
    );
    for (number, kind) in (0..).zip(known) {
        assert_eq!(kind.as_u8(), number);
    }
}

#[test]
fn events_tell_personal_access_tokens_from_all_others() {
    assert_eq!(TokenKind::PersonalAccess.event_name(), "pat");
    for kind in [TokenKind::Access, TokenKind::Refresh, TokenKind::Api] {
        assert_eq!(kind.event_name(), "access token");
    }
}

#[test]
fn every_order_has_one_name_in_lists_and_events() {
    let names: BTreeSet<&str> = Order::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), Order::ALL.len());
    for (name, order) in Order::ALL {
        assert_eq!(order.as_str(), name);
    }
    for documented in [
        "created_at",
        "updated_at",
        "first_name",
        "last_name",
        "username",
        "email",
    ] {
        assert!(names.contains(documented), "{documented}");
    }
}

#[test]
fn a_list_shows_the_latest_changes_of_enabled_accounts_unless_told_otherwise() {
    let query = UserQuery::default();
    assert_eq!(query.filter.status, Some(Status::Enabled));
    assert_eq!((query.position, query.limit), (Position::START, 10));
    let Sort { order, direction } = query.sort;
    assert_eq!((order.as_str(), direction.as_str()), ("updated_at", "desc"));
    assert_eq!(SortDirection::Ascending.as_str(), "asc");
}

#[test]
fn an_event_is_named_after_its_operation() {
    for (operation, name) in [
        (EventOperation::Create, "user.create"),
        (EventOperation::IssueToken, "user.issue_token"),
        (EventOperation::LoginFailed, "user.login_failed"),
        (EventOperation::RefreshToken, "user.refresh_token"),
        (
            EventOperation::RevokeRefreshToken,
            "user.revoke_refresh_token",
        ),
        (EventOperation::ViewProfile, "user.view_profile"),
        (EventOperation::View, "user.view"),
        (EventOperation::List, "user.list"),
        (EventOperation::Search, "user.search"),
        (EventOperation::Update, "user.update"),
        (EventOperation::UpdateUsername, "user.update_username"),
        (
            EventOperation::UpdateProfilePicture,
            "user.update_profile_picture",
        ),
        (EventOperation::UpdateTags, "user.update_tags"),
        (EventOperation::UpdateEmail, "user.update_email"),
        (EventOperation::UpdateRole, "user.update_role"),
        (EventOperation::UpdateSecret, "user.update_secret"),
        (EventOperation::Enable, "user.enable"),
        (EventOperation::Disable, "user.disable"),
        (EventOperation::Delete, "user.delete"),
        (EventOperation::Purge, "user.purge"),
        (EventOperation::SendVerification, "user.send_verification"),
        (EventOperation::VerifyEmail, "user.verify_email"),
        (
            EventOperation::SendPasswordReset,
            "user.send_password_reset",
        ),
        (EventOperation::ResetSecret, "user.reset_secret"),
    ] {
        assert_eq!(operation.as_str(), name);
    }
}

#[test]
fn kinds_of_effects_and_unique_fields_have_names_of_their_own() {
    assert_eq!(
        EffectKind::ALL.map(EffectKind::as_str),
        ["event", "mail", "end_sessions", "relation", "purge"]
    );
    let fields = [
        ConflictField::Id,
        ConflictField::Email,
        ConflictField::Username,
    ];
    assert_eq!(
        fields.map(ConflictField::as_str),
        ["id", "email", "username"]
    );
}

#[test]
fn a_purpose_survives_its_name() {
    for (purpose, name) in [
        (CodePurpose::VerifyEmail, "verify_email"),
        (CodePurpose::ResetSecret, "reset_secret"),
    ] {
        assert_eq!(purpose.as_str(), name);
        assert_eq!(CodePurpose::from_stored(name), Some(purpose));
    }
    for unknown in ["", "verify", "VERIFY_EMAIL", "reset_secret "] {
        assert_eq!(CodePurpose::from_stored(unknown), None, "{unknown:?}");
    }
}

//! Accounts in bulk, from one folder into another.

use users_embedded::Users;
use users_embedded::domain::model::{Caller, ImportOutcome, RequestContext};
use users_embedded::domain::ports::ImportMode;
use users_embedded::domain::services::{ImportBatch, ImportOptions, RecordRules};

use crate::people::{ADA, GRACE};

#[tokio::test]
async fn accounts_move_from_one_folder_into_another_with_their_passwords() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = Users::open(from.path()).await.unwrap();
    for person in [ADA, GRACE] {
        old.register(person).await.unwrap();
    }
    let accounts = old
        .transfer
        .export(&Caller::Operator, None, 10)
        .await
        .unwrap();
    assert_eq!(accounts.len(), 2);

    let new = Users::open(to.path()).await.unwrap();
    let options = ImportOptions {
        mode: ImportMode::Write,
        rules: RecordRules::Today,
        events: false,
    };
    let (context, caller) = (RequestContext::default(), Caller::Operator);
    let begun = new.transfer.begin_import(&context, &caller, options).await;
    let mut import = begun.unwrap();
    let mut batch = ImportBatch::new();
    for account in accounts.clone() {
        import.arrivals().judge(account.into(), &mut batch).unwrap();
    }
    assert_eq!(
        import.add(&batch).await.unwrap(),
        [ImportOutcome::Imported; 2]
    );
    import.finish().await.unwrap();
    assert_eq!(
        new.transfer.export(&caller, None, 10).await.unwrap(),
        accounts
    );
    for person in [ADA, GRACE] {
        new.log_in(person.email, person.password).await.unwrap();
    }
    for users in [old, new] {
        users.close().await;
    }
}

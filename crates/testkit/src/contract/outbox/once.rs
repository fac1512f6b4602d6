//! Effects of which one at a time is enough.

use users_domain::model::{
    Effect, EffectKind, EffectRecord, Email, MailRequest, RequestContext, RequestId, UserId,
};
use users_domain::ports::Claim;

use super::{OutboxUnderTest, holder, item};
use crate::contract::calls::at_once;
use crate::contract::material::{effect_of, verification_of};

/// The kind whose effects these are.
const MAIL: EffectKind = EffectKind::Mail;

/// A reset asked for by a request.
fn reset(address: &str, request: &str) -> Effect {
    let context = RequestContext {
        request_id: RequestId::parse(request),
    };
    let address = Email::from_stored(address.to_owned());
    Effect::Mail(MailRequest::reset(address, &context))
}

impl OutboxUnderTest {
    async fn add_mails(&self, effects: impl Into<Vec<Effect>>) {
        self.outbox.add(effects.into()).await.unwrap();
    }

    async fn claim_mails(&self) -> Claim {
        let claim = self.outbox.claim(MAIL, &holder("first"), 1_000).await;
        claim.unwrap().expect("the lease is free")
    }

    async fn mails(&self) -> Vec<Effect> {
        let items = self.claim_mails().await.items.into_iter();
        items.map(|item| item.effect.unwrap()).collect()
    }
}

pub async fn what_waits_already_is_not_added_again(subject: &OutboxUnderTest) {
    let both = [verification_of("ada"), reset("ada@example.com", "1")];
    for _ in 0..3 {
        subject.add_mails(both.clone()).await;
    }
    // Not in one call either.
    for effect in &both {
        subject.add_mails([effect.clone(), effect.clone()]).await;
    }
    assert_eq!(subject.mails().await, both);
    let depth = subject.outbox.depth(MAIL).await.unwrap();
    assert_eq!((depth.pending, depth.parked), (2, 0));
}

pub async fn what_waits_stays_as_it_was_added_first(subject: &OutboxUnderTest) {
    let first = reset("Ada@example.com", "first");
    subject.add_mails([first.clone()]).await;
    let waiting = item(&subject.claim_mails().await, 0).id;
    // An address is the same in another case.
    let again = reset("ada@EXAMPLE.com", "second");
    subject.add_mails([again]).await;
    assert_eq!(subject.mails().await, [first]);
    assert_eq!(item(&subject.claim_mails().await, 0).id, waiting);
}

pub async fn only_the_repetition_is_passed_over(subject: &OutboxUnderTest) {
    let notice = |number| effect_of(MAIL, "ada", number);
    subject.add_mails([verification_of("ada")]).await;
    subject
        .add_mails([notice(1), verification_of("ada"), notice(2)])
        .await;
    subject
        .add_mails([verification_of("ada"), verification_of("grace"), notice(3)])
        .await;
    let expected = [
        verification_of("ada"),
        notice(1),
        notice(2),
        verification_of("grace"),
        notice(3),
    ];
    assert_eq!(subject.mails().await, expected);
}

pub async fn names_are_told_apart(subject: &OutboxUnderTest) {
    let effects = [
        verification_of("ada"),
        verification_of("ADA"),
        verification_of("ada "),
        Effect::Mail(MailRequest::Verification {
            user: UserId::from_stored("ada".to_owned()),
            address: Email::from_stored("lovelace@example.com".to_owned()),
        }),
        reset("ada@example.com", "1"),
        reset("ada@example.co", "1"),
        reset("äda@example.com", "1"),
        reset("Äda@example.com", "1"),
        // These may stand there any number of times.
        effect_of(MAIL, "ada", 1),
        effect_of(MAIL, "ada", 1),
    ];
    for effect in &effects {
        subject.add_mails([effect.clone()]).await;
    }
    assert_eq!(subject.mails().await, effects);
}

pub async fn a_name_is_one_of_its_kind(subject: &OutboxUnderTest) {
    let Some(put_record) = &subject.put_record else {
        return;
    };
    let record = |kind, format| EffectRecord {
        kind,
        format,
        ..verification_of("ada").to_record()
    };
    for kind in EffectKind::ALL.into_iter().filter(|kind| *kind != MAIL) {
        put_record(record(kind, 1));
    }
    subject.add_mails([verification_of("ada")]).await;
    assert_eq!(subject.mails().await, [verification_of("ada")]);
    let claim = subject.claim_mails().await;
    let id = item(&claim, 0).id;
    subject.outbox.done(MAIL, claim.fence, &[id]).await.unwrap();
    // Of its own kind it holds, even where it cannot be read.
    put_record(record(MAIL, 99));
    subject.add_mails([verification_of("ada")]).await;
    assert_eq!(subject.claim_mails().await.items.len(), 1);
}

pub async fn what_was_claimed_or_tried_waits_still(subject: &OutboxUnderTest) {
    let mail = verification_of("ada");
    subject.add_mails([mail.clone()]).await;
    for attempts in 1..4 {
        let claim = subject.claim_mails().await;
        subject.add_mails([mail.clone()]).await;
        let (id, now) = (item(&claim, 0).id, subject.now());
        let later = now + std::time::Duration::from_secs(5);
        for due_at in [later, now] {
            let retry = subject.outbox.retry(MAIL, claim.fence, id, due_at);
            retry.await.unwrap();
            subject.add_mails([mail.clone()]).await;
        }
        let claim = subject.claim_mails().await;
        assert_eq!(claim.items.len(), 1);
        assert_eq!(
            (item(&claim, 0).id, item(&claim, 0).attempts),
            (id, attempts * 2)
        );
    }
    let depth = subject.outbox.depth(MAIL).await.unwrap();
    assert_eq!((depth.pending, depth.parked), (1, 0));
}

pub async fn what_is_done_may_be_added_again(subject: &OutboxUnderTest) {
    for mail in [verification_of("ada"), reset("ada@example.com", "1")] {
        for _ in 0..3 {
            subject.add_mails([mail.clone()]).await;
            assert_eq!(subject.mails().await, std::slice::from_ref(&mail));
            let claim = subject.claim_mails().await;
            let id = item(&claim, 0).id;
            subject.outbox.done(MAIL, claim.fence, &[id]).await.unwrap();
        }
    }
}

pub async fn what_is_parked_may_be_added_again(subject: &OutboxUnderTest) {
    let mail = reset("ada@example.com", "1");
    for parked in 1..4 {
        subject.add_mails([mail.clone(), mail.clone()]).await;
        let claim = subject.claim_mails().await;
        let id = item(&claim, 0).id;
        let park = subject.outbox.park(MAIL, claim.fence, id, "rejected");
        park.await.unwrap();
        let depth = subject.outbox.depth(MAIL).await.unwrap();
        assert_eq!((depth.pending, depth.parked), (0, parked));
    }
    subject.add_mails([mail.clone()]).await;
    assert_eq!(subject.mails().await, [mail]);
}

pub async fn of_many_repetitions_at_once_one_adds(subject: &OutboxUnderTest) {
    const ADDERS: u64 = 8;
    for round in 0..20 {
        let address = format!("ada{round}@example.com");
        at_once((0..ADDERS).map(|adder| {
            let outbox = subject.outbox.clone();
            let effects = vec![
                effect_of(EffectKind::Event, "ada", round * ADDERS + adder),
                reset(&address, &adder.to_string()),
            ];
            async move { outbox.add(effects).await.unwrap() }
        }))
        .await;
        let mails = subject.claim_mails().await.items;
        assert_eq!(mails.len() as u64, round + 1);
        // The others' additions are whole but for the repetition.
        let events = subject.outbox.depth(EffectKind::Event).await.unwrap();
        assert_eq!(events.pending, (round + 1) * ADDERS);
    }
}

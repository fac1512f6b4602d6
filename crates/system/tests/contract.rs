//! What the ports ask of every adapter, asked of these.

use std::sync::Arc;

use users_domain::model::UserEvent;
use users_system::{BoundedReadEvents, LogPublisher, SystemClock, SystemEntropy};
use users_testkit::contract::{
    ClockUnderTest, EntropyUnderTest, EventPublisherUnderTest, ReadEventsUnderTest,
};
use users_testkit::fakes::RecordingPublisher;

users_testkit::clock_contract!(ClockUnderTest {
    clock: Arc::new(SystemClock),
});

users_testkit::entropy_contract!(EntropyUnderTest {
    entropy: Arc::new(SystemEntropy::new()),
});

users_testkit::event_publisher_contract!(EventPublisherUnderTest {
    publisher: Arc::new(LogPublisher),
    // `tests/log_publisher.rs` reads the log.
    received: None,
    unpublishable: None,
    outage: None,
    keep: Box::new(()),
});

users_testkit::read_events_contract!(read_events());

fn read_events() -> ReadEventsUnderTest {
    let most_waiting = 50;
    let read_events = Arc::new(BoundedReadEvents::new(most_waiting, 1024 * 1024));
    let publisher = RecordingPublisher::new();
    ReadEventsUnderTest {
        read_events: read_events.clone(),
        most_waiting: most_waiting as u64,
        publish: Box::new(move || {
            let (read_events, publisher) = (read_events.clone(), publisher.clone());
            Box::pin(async move {
                read_events.publish_due(&publisher, usize::MAX).await;
                publisher.events().iter().map(UserEvent::id).collect()
            })
        }),
        keep: Box::new(()),
    }
}

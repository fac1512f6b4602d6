//! Restart, backoff, failure and the end, on paused time.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const GRACE: Duration = Duration::from_secs(20);

fn counter() -> (Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    (Arc::clone(&runs), runs)
}

/// Lets every task run until it waits; on paused time that costs nothing.
async fn tasks_have_begun() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_started_again_with_backoff() {
    let supervisor = Supervisor::new(Shutdown::new());
    let (runs, counted) = counter();
    supervisor.spawn("shaky", move |shutdown| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            assert!(run >= 3, "not yet");
            shutdown.requested().await;
        }
    });
    let begun = Instant::now();
    while runs.load(Ordering::SeqCst) < 4 {
        sleep(Duration::from_millis(10)).await;
    }
    let waited = begun.elapsed();
    assert!(
        waited >= Duration::from_millis(700),
        "100 + 200 + 400 ms, not {waited:?}"
    );
    assert!(
        waited < Duration::from_millis(800),
        "100 + 200 + 400 ms, not {waited:?}"
    );
    supervisor.shutdown().request();
    assert_eq!(supervisor.run(GRACE).await, Ok(Ended::Cleanly));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_returns_too_early_is_started_again() {
    let supervisor = Supervisor::new(Shutdown::new());
    let (runs, counted) = counter();
    supervisor.spawn("eager", move |shutdown| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            if run > 0 {
                shutdown.requested().await;
            }
        }
    });
    sleep(Duration::from_secs(1)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn five_failures_within_a_minute_fail_the_process_and_end_the_others() {
    let supervisor = Supervisor::new(Shutdown::new());
    let (runs, counted) = counter();
    supervisor.spawn("broken", move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { panic!("it is broken") }
    });
    let (ended, counted) = counter();
    supervisor.spawn("other", move |shutdown| {
        let counted = Arc::clone(&counted);
        async move {
            shutdown.requested().await;
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let failure = supervisor.run(GRACE).await.unwrap_err();
    assert_eq!(failure.name, "broken");
    assert_eq!(
        failure.to_string(),
        "task `broken` failed 5 times within 60 s; the last time it panicked: it is broken"
    );
    assert_eq!(runs.load(Ordering::SeqCst), 5);
    assert_eq!(
        ended.load(Ordering::SeqCst),
        1,
        "the other one ended cleanly"
    );
}

#[tokio::test(start_paused = true)]
async fn a_factory_that_panics_counts_as_a_failure() {
    let supervisor = Supervisor::new(Shutdown::new());
    supervisor.spawn("impossible", |_| -> std::future::Ready<()> {
        panic!("no way")
    });
    let failure = supervisor.run(GRACE).await.unwrap_err();
    assert_eq!(failure.reason, "panicked: no way");
}

#[tokio::test(start_paused = true)]
async fn work_in_flight_is_finished_before_the_end() {
    let supervisor = Supervisor::new(Shutdown::new());
    let (done, counted) = counter();
    supervisor.spawn("worker", move |shutdown| {
        let counted = Arc::clone(&counted);
        async move {
            shutdown.requested().await;
            sleep(GRACE / 2).await;
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    tasks_have_begun().await;
    supervisor.shutdown().request();
    assert_eq!(supervisor.run(GRACE).await, Ok(Ended::Cleanly));
    assert_eq!(done.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_is_named_and_dropped() {
    let supervisor = Supervisor::new(Shutdown::new());
    supervisor.spawn(
        "quick",
        |shutdown| async move { shutdown.requested().await },
    );
    supervisor.spawn("stuck", |_| std::future::pending());
    tasks_have_begun().await;
    let begun = Instant::now();
    supervisor.shutdown().request();
    let ended = supervisor.run(GRACE).await.unwrap();
    assert_eq!(
        ended,
        Ended::Forced {
            unfinished: vec!["stuck"]
        }
    );
    assert_eq!(ended.to_string(), "stopped at once, in the middle of stuck");
    assert!(begun.elapsed() < GRACE + FORCED_GRACE * 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_does_not_wait_for_the_grace() {
    let supervisor = Supervisor::new(Shutdown::new());
    supervisor.spawn("stuck", |_| std::future::pending());
    tasks_have_begun().await;
    let begun = Instant::now();
    let shutdown = supervisor.shutdown().clone();
    shutdown.force();
    let ended = supervisor.run(GRACE).await.unwrap();
    assert_eq!(
        ended,
        Ended::Forced {
            unfinished: vec!["stuck"]
        }
    );
    assert!(begun.elapsed() < GRACE);
}

#[tokio::test(start_paused = true)]
async fn a_task_may_tidy_up_when_the_end_is_forced() {
    let supervisor = Supervisor::new(Shutdown::new());
    let (tidied, counted) = counter();
    supervisor.spawn("tidy", move |shutdown| {
        let counted = Arc::clone(&counted);
        async move {
            shutdown.forced().await;
            sleep(FORCED_GRACE / 2).await;
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    tasks_have_begun().await;
    supervisor.shutdown().request();
    supervisor.run(GRACE).await.unwrap();
    assert_eq!(tidied.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn no_task_waits_for_its_restart_when_the_end_comes() {
    let supervisor = Supervisor::new(Shutdown::new());
    let (runs, counted) = counter();
    supervisor.spawn("shaky", move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { panic!("again") }
    });
    sleep(Duration::from_millis(50)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let begun = Instant::now();
    supervisor.shutdown().request();
    assert_eq!(supervisor.run(GRACE).await, Ok(Ended::Cleanly));
    assert!(
        begun.elapsed() < Duration::from_millis(50),
        "it did not wait"
    );
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_is_not_begun_any_more_once_the_end_has_come() {
    let supervisor = Supervisor::new(Shutdown::new());
    supervisor.shutdown().request();
    supervisor.spawn("late", |_| std::future::pending());
    assert_eq!(supervisor.run(GRACE).await, Ok(Ended::Cleanly));
}

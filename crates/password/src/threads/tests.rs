//! The queue before the threads: full, given up, panicking, closed.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

fn threads(threads: usize, queue: usize) -> Threads {
    let settings = HasherSettings {
        threads,
        queue,
        cost: 4,
    };
    Threads::start(settings).unwrap()
}

/// A job that says when it has begun and ends when it is told to.
fn held() -> (impl FnOnce() + Send + 'static, Receiver<()>, Sender<()>) {
    let (begun, has_begun) = channel();
    let (end, ended) = channel::<()>();
    let work = move || {
        begun.send(()).unwrap();
        // The test ended: so does the job.
        let _ = ended.recv();
    };
    (work, has_begun, end)
}

/// Lets a call go on once; its answer if it was there at once.
async fn polled_once<T>(call: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    tokio::select! {
        biased;
        answer = call => Some(answer),
        () = std::future::ready(()) => None,
    }
}

#[tokio::test]
async fn a_job_that_panics_is_answered_and_its_thread_goes_on() {
    let threads = threads(1, 4);
    for _ in 0..3 {
        let answer = threads.run(|| panic!("a test wants it so")).await;
        assert_eq!(answer, Err::<(), _>(HasherError::Stopped));
        assert_eq!(threads.run(|| 1).await, Ok(1));
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_counts_and_the_rest_is_done() {
    let threads = threads(1, 2);
    let (work, begun, end) = held();
    let mut at_work = Box::pin(threads.run(work));
    assert_eq!(polled_once(&mut at_work).await, None);
    begun.recv().unwrap();

    let mut waiting = [(); 2].map(|()| Box::pin(threads.run(|| ())));
    for call in &mut waiting {
        assert_eq!(polled_once(call).await, None);
    }
    let refused = threads.run(|| ()).await;
    assert!(
        matches!(refused, Err(HasherError::Busy { retry_after }) if retry_after > Duration::ZERO),
        "{refused:?}"
    );
    let expected = HasherStats {
        threads: 1,
        queue_depth: 2,
        done: 0,
        refused: 1,
    };
    assert_eq!(threads.stats(), expected);

    end.send(()).unwrap();
    at_work.await.unwrap();
    for call in waiting {
        call.await.unwrap();
    }
    let stats = threads.stats();
    assert_eq!((stats.queue_depth, stats.done), (0, 3));
}

#[tokio::test]
async fn a_job_whose_caller_has_gone_is_skipped() {
    let threads = threads(1, 4);
    let (work, begun, end) = held();
    let mut at_work = Box::pin(threads.run(work));
    assert_eq!(polled_once(&mut at_work).await, None);
    begun.recv().unwrap();

    let (ran, has_run) = channel();
    let mut dropped = Box::pin(threads.run(move || ran.send(()).unwrap()));
    assert_eq!(polled_once(&mut dropped).await, None);
    drop(dropped);

    end.send(()).unwrap();
    at_work.await.unwrap();
    // Jobs are taken in turn: the dropped one's turn has come and gone.
    threads.run(|| ()).await.unwrap();
    assert!(has_run.recv().is_err(), "it was thrown away without a run");
    assert_eq!(threads.stats().done, 2);
}

thread_local! {
    static HELD_BY_THREAD: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

#[tokio::test]
async fn dropped_it_ends_its_threads() {
    let threads = threads(1, 4);
    let (sender, has_ended) = channel::<()>();
    threads
        .run(move || HELD_BY_THREAD.set(Some(sender)))
        .await
        .unwrap();
    drop(threads);
    // The sender goes with the thread that holds it.
    assert!(has_ended.recv().is_err());
}

#[test]
fn a_retry_has_a_chance_when_what_waits_now_is_done() {
    let pace = Pace::at_cost(10);
    assert_eq!(pace.time_for(64, 1), Duration::from_millis(60) * 64);
    assert_eq!(pace.time_for(128, 4), Duration::from_millis(60) * 32);
    assert_eq!(pace.time_for(0, 4), Duration::from_millis(60));
    assert_eq!(Pace::at_cost(12).time_for(1, 1), Duration::from_millis(240));
    assert!(Pace::at_cost(4).time_for(1, 1) < Duration::from_millis(1));
}

#[test]
fn the_pace_follows_what_is_seen() {
    let pace = Pace::at_cost(10);
    for _ in 0..100 {
        pace.note(Duration::from_millis(20));
    }
    let each = pace.time_for(1, 1);
    assert!(each < Duration::from_millis(21) && each >= Duration::from_millis(20));
    pace.note(Duration::MAX);
    pace.note(Duration::MAX);
    pace.time_for(usize::MAX, 1);
}

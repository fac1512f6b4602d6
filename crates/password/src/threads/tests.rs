//! The queue before the threads: full, slow, late, given up, panicking, closed.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

fn settings(threads: usize, queue: usize) -> HasherSettings {
    HasherSettings {
        threads,
        queue,
        cost: 4,
        ..HasherSettings::default()
    }
}

fn threads(count: usize, queue: usize) -> Threads {
    Threads::start(settings(count, queue)).unwrap()
}

/// Threads that may fill 100 bytes, all together.
fn narrow_threads(count: usize, queue: usize) -> Threads {
    Threads::start_with(settings(count, queue), Memory::of(100)).unwrap()
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
        matches!(refused, Err(HasherError::Busy { retry_after }) if RETRY_AFTER.contains(&retry_after)),
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
async fn what_would_wait_too_long_is_refused_at_once() {
    let threads = threads(1, 100);
    for _ in 0..100 {
        threads.pace.note(Duration::from_secs(2));
    }
    let (work, begun, end) = held();
    let mut at_work = Box::pin(threads.run(work));
    assert_eq!(polled_once(&mut at_work).await, None);
    begun.recv().unwrap();

    // The third would wait for two of two seconds each, the fourth for three.
    let mut waiting = [(); 3].map(|()| Box::pin(threads.run(|| ())));
    for call in &mut waiting {
        assert_eq!(polled_once(call).await, None);
    }
    let refused = threads.run(|| ()).await;
    assert!(
        matches!(refused, Err(HasherError::Busy { retry_after }) if retry_after.as_secs() == 5),
        "{refused:?}"
    );
    assert_eq!(threads.stats().refused, 1);

    end.send(()).unwrap();
    at_work.await.unwrap();
    for call in waiting {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn after_the_slowest_job_an_empty_queue_still_takes_one() {
    let threads = threads(1, 4);
    threads.pace.note(Duration::MAX);
    threads.run(|| ()).await.unwrap();
}

#[tokio::test]
async fn a_retry_is_due_in_a_second_at_least_and_in_thirty_at_most() {
    for (pace, retry_after) in [(1, 1), (1_000_000, 30)] {
        let threads = threads(1, 1);
        let (work, begun, end) = held();
        let mut at_work = Box::pin(threads.run(work));
        assert_eq!(polled_once(&mut at_work).await, None);
        begun.recv().unwrap();
        let mut waiting = Box::pin(threads.run(|| ()));
        assert_eq!(polled_once(&mut waiting).await, None);

        threads.pace.note(Duration::from_millis(pace));
        let retry_after = Duration::from_secs(retry_after);
        assert_eq!(
            threads.run(|| ()).await,
            Err(HasherError::Busy { retry_after })
        );
        end.send(()).unwrap();
        at_work.await.unwrap();
        waiting.await.unwrap();
    }
}

#[tokio::test]
async fn what_has_waited_too_long_is_refused_unhashed_when_its_turn_comes() {
    let threads = threads(1, 4);
    let (work, begun, end) = held();
    let mut at_work = Box::pin(threads.run(work));
    assert_eq!(polled_once(&mut at_work).await, None);
    begun.recv().unwrap();

    // The queue is empty, so it is let in; however soon its turn comes, that is too late.
    let (ran, has_run) = channel();
    let mut late = Box::pin(threads.run_within(Duration::ZERO, 0, move || ran.send(()).unwrap()));
    assert_eq!(polled_once(&mut late).await, None);
    let mut in_time = Box::pin(threads.run(|| ()));
    assert_eq!(polled_once(&mut in_time).await, None);

    end.send(()).unwrap();
    at_work.await.unwrap();
    let refused = late.await;
    assert!(
        matches!(refused, Err(HasherError::Busy { retry_after }) if RETRY_AFTER.contains(&retry_after)),
        "{refused:?}"
    );
    in_time.await.unwrap();
    assert!(has_run.recv().is_err(), "it was thrown away without a run");
    let stats = threads.stats();
    assert_eq!((stats.done, stats.refused), (2, 1));
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

#[tokio::test]
async fn what_waits_for_memory_leaves_its_thread_to_others_and_is_done_in_its_turn() {
    let threads = narrow_threads(2, 8);
    let (work, begun, end) = held();
    let mut large = Box::pin(threads.run_with(100, work));
    assert_eq!(polled_once(&mut large).await, None);
    begun.recv().unwrap();

    // The other thread takes both, puts the first aside, and does the second.
    let mut second_large = Box::pin(threads.run_with(100, || 2));
    assert_eq!(polled_once(&mut second_large).await, None);
    assert_eq!(threads.run(|| 3).await, Ok(3));
    assert_eq!(threads.memory.waiting(), 1);
    assert_eq!(threads.stats().queue_depth, 1);

    end.send(()).unwrap();
    large.await.unwrap();
    assert_eq!(second_large.await, Ok(2));
    assert_eq!(threads.stats().queue_depth, 0);
}

#[tokio::test]
async fn memory_comes_back_from_a_job_that_panics() {
    let threads = narrow_threads(1, 4);
    for _ in 0..3 {
        let answer = threads.run_with(100, || panic!("a test wants it so")).await;
        assert_eq!(answer, Err::<(), _>(HasherError::Stopped));
    }
    assert_eq!(threads.run_with(100, || 1).await, Ok(1));
}

#[tokio::test]
async fn no_more_than_a_queue_of_them_waits_for_memory() {
    let threads = narrow_threads(2, 2);
    let (work, begun, end) = held();
    let mut large = Box::pin(threads.run_with(100, work));
    assert_eq!(polled_once(&mut large).await, None);
    begun.recv().unwrap();

    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut call = Box::pin(threads.run_with(1, || ()));
        assert_eq!(polled_once(&mut call).await, None);
        waiting.push(call);
        // Queued behind it, and done by the thread that has put it aside.
        threads.run(|| ()).await.unwrap();
    }
    assert_eq!(threads.memory.waiting(), 2);
    let refused = threads.run_with(1, || ()).await;
    assert!(
        matches!(refused, Err(HasherError::Busy { .. })),
        "{refused:?}"
    );
    threads.run(|| ()).await.unwrap();

    end.send(()).unwrap();
    large.await.unwrap();
    for call in waiting {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn what_has_waited_too_long_for_memory_is_refused_unhashed() {
    let threads = narrow_threads(2, 4);
    let (work, begun, end) = held();
    let mut large = Box::pin(threads.run_with(100, work));
    assert_eq!(polled_once(&mut large).await, None);
    begun.recv().unwrap();

    let mut late = Box::pin(threads.run_within(Duration::ZERO, 100, || ()));
    assert_eq!(polled_once(&mut late).await, None);
    end.send(()).unwrap();
    large.await.unwrap();
    assert!(matches!(late.await, Err(HasherError::Busy { .. })));
    assert_eq!(threads.stats().done, 1);
}

#[tokio::test]
async fn never_more_memory_is_filled_than_there_is() {
    let threads = Arc::new(narrow_threads(4, 64));
    let filled = Arc::new(AtomicU64::new(0));
    let sizes = [100, 60, 40, 7].repeat(12);
    let calls: Vec<_> = sizes
        .into_iter()
        .map(|bytes: u32| {
            let (threads, filled) = (threads.clone(), filled.clone());
            tokio::spawn(async move {
                let work = move || {
                    let bytes = bytes.into();
                    let now = filled.fetch_add(bytes, Ordering::SeqCst) + bytes;
                    thread::yield_now();
                    filled.fetch_sub(bytes, Ordering::SeqCst);
                    now
                };
                threads.run_with(bytes as usize, work).await.unwrap()
            })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap() <= 100);
    }
    assert_eq!(threads.stats().done, 48);
}

thread_local! {
    static HELD_BY_THREAD: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

#[tokio::test]
async fn a_thread_that_finds_the_queue_empty_ends_a_spell_of_refusals() {
    let threads = threads(1, 4);
    let (sender, has_ended) = channel::<()>();
    threads
        .run(move || HELD_BY_THREAD.set(Some(sender)))
        .await
        .unwrap();
    let a_minute_ago = Instant::now().checked_sub(Duration::from_mins(1)).unwrap();
    assert!(threads.refusals.note(a_minute_ago));
    threads.run(|| ()).await.unwrap();

    // Its last look at the queue comes before its end.
    let refusals = threads.refusals.clone();
    drop(threads);
    assert!(has_ended.recv().is_err());
    assert_eq!(refusals.nothing_waits(Instant::now()), None);
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

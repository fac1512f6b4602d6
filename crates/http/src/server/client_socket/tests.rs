//! Every wait on a socket, with time that jumps to the next limit as soon as nobody does anything.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{sleep, timeout};

use super::*;

const LIMITS: Limits = Limits {
    head: Duration::from_secs(5),
    idle: Duration::from_mins(1),
    write: Duration::from_secs(30),
};

/// What fits between the two ends.
const ROOM: usize = 64;

/// Longer than any limit.
const LONG: Duration = Duration::from_hours(1);

fn connection(limits: Limits) -> (ClientSocket<DuplexStream>, DuplexStream) {
    let (ours, client) = duplex(ROOM);
    (ClientSocket::new(ours, limits), client)
}

/// A connection on which one request was answered.
async fn answered_connection(limits: Limits) -> (ClientSocket<DuplexStream>, DuplexStream) {
    let (mut socket, mut client) = connection(limits);
    drop(socket.turn().serve(usize::MAX));
    socket.write_all(b"answer").await.unwrap();
    socket.flush().await.unwrap();
    client.read_exact(&mut [0; 6]).await.unwrap();
    (socket, client)
}

/// How long it takes until the socket says that the client is gone.
async fn hung_up_after(socket: &mut ClientSocket<DuplexStream>) -> Duration {
    let begun = Instant::now();
    let read = socket.read_to_end(&mut Vec::new()).await;
    assert!(read.is_ok(), "{read:?}");
    begun.elapsed()
}

/// Timers are exact to a millisecond.
fn about(measured: Duration, expected: Duration) {
    let late = measured.checked_sub(expected);
    assert!(
        late.is_some_and(|late| late < Duration::from_millis(10)),
        "{measured:?} for {expected:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_head_is_not_our_business() {
    let (mut socket, mut client) = connection(LIMITS);
    client.write_all(b"GET").await.unwrap();
    assert!(timeout(LONG, hung_up_after(&mut socket)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_request_takes_its_time() {
    let (mut socket, _client) = answered_connection(LIMITS).await;
    let _serving = socket.turn().serve(usize::MAX);
    assert!(timeout(LONG, hung_up_after(&mut socket)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_idle_client_has_hung_up_when_his_time_is_over() {
    let (mut socket, _client) = answered_connection(LIMITS).await;
    about(hung_up_after(&mut socket).await, LIMITS.idle);
}

#[tokio::test(start_paused = true)]
async fn so_has_one_who_does_not_finish_a_head() {
    let (mut socket, mut client) = answered_connection(LIMITS).await;
    sleep(Duration::from_secs(10)).await;
    client.write_all(b"G").await.unwrap();
    let trickle = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            if client.write_all(b"x").await.is_err() {
                return std::future::pending().await;
            }
        }
    };
    tokio::select! {
        took = hung_up_after(&mut socket) => about(took, LIMITS.head),
        () = trickle => {}
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_to_heads_there_is_none() {
    let limits = Limits {
        head: Duration::ZERO,
        ..LIMITS
    };
    let (mut socket, mut client) = answered_connection(limits).await;
    client.write_all(b"G").await.unwrap();
    assert!(timeout(LONG, hung_up_after(&mut socket)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn each_request_gives_the_client_his_time_anew() {
    let (mut socket, mut client) = answered_connection(LIMITS).await;
    for _ in 0..100 {
        client.write_all(b"G").await.unwrap();
        socket.read_exact(&mut [0]).await.unwrap();
        sleep(Duration::from_secs(4)).await;
        drop(socket.turn().serve(usize::MAX));
        socket.write_all(b"answer").await.unwrap();
        socket.flush().await.unwrap();
        client.read_exact(&mut [0; 6]).await.unwrap();
        sleep(Duration::from_secs(50)).await;
    }
    about(hung_up_after(&mut socket).await, Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_taken_ends_the_connection() {
    let (mut socket, _client) = connection(LIMITS);
    let begun = Instant::now();
    let error = socket.write_all(&[0; ROOM + 1]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    about(begun.elapsed(), LIMITS.write);
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_is_not_enough() {
    let (mut socket, mut client) = connection(LIMITS);
    let begun = Instant::now();
    let take = async {
        while client.read_exact(&mut [0]).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        written = socket.write_all(&[0; 1000]) => {
            assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        }
        () = take => {}
    }
    about(begun.elapsed(), LIMITS.write);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_taken_slowly_but_steadily_arrives() {
    const PIECE: usize = 2 * SOME;
    let answer = vec![0; 10 * PIECE];
    let (mut socket, mut client) = connection(LIMITS);
    let begun = Instant::now();
    let take = async {
        for _ in 0..10 {
            sleep(Duration::from_secs(20)).await;
            client.read_exact(&mut vec![0; PIECE]).await.unwrap();
        }
    };
    let (written, ()) = tokio::join!(socket.write_all(&answer), take);
    written.unwrap();
    assert!(begun.elapsed() > 5 * LIMITS.write);
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_answer_is_not_read_from_until_he_does() {
    let (mut socket, mut client) = connection(LIMITS);
    client.write_all(b"more").await.unwrap();
    let answer = [0; 2 * ROOM];
    let mut written = 0;
    while let Ok(some) = timeout(Duration::from_secs(1), socket.write(&answer[written..])).await {
        written += some.unwrap();
    }
    assert_eq!(written, ROOM);
    let mut read = [0; 4];
    assert!(
        timeout(Duration::from_secs(1), socket.read_exact(&mut read))
            .await
            .is_err()
    );

    client.read_exact(&mut [0; ROOM]).await.unwrap();
    socket.write_all(&answer[written..]).await.unwrap();
    socket.flush().await.unwrap();
    socket.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"more");
}

/// One task does both, as actix-web's does: it reads, then writes, and waits.
#[tokio::test(start_paused = true)]
async fn what_was_held_back_is_read_as_soon_as_the_answer_is_taken() {
    let (mut socket, mut client) = connection(LIMITS);
    client.write_all(b"more").await.unwrap();
    let answer = [0; 2 * ROOM];
    let mut written = 0;
    let task = std::future::poll_fn(|task| {
        let mut read = [0; 8];
        let mut buffer = ReadBuf::new(&mut read);
        // Before anything is written, it has nothing to do with what is read.
        if written > 0 {
            let polled = Pin::new(&mut socket).poll_read(task, &mut buffer);
            if polled.is_ready() {
                return Poll::Ready(buffer.filled().to_vec());
            }
        }
        while written < answer.len() {
            match Pin::new(&mut socket).poll_write(task, &answer[written..]) {
                Poll::Ready(some) => written += some.unwrap(),
                Poll::Pending => return Poll::Pending,
            }
        }
        assert!(Pin::new(&mut socket).poll_flush(task).is_ready());
        Poll::Pending
    });
    let take = async {
        sleep(Duration::from_secs(1)).await;
        client.read_exact(&mut [0; 2 * ROOM]).await.unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        read = timeout(Duration::from_secs(10), task) => assert_eq!(read.unwrap(), b"more"),
        () = take => {}
    }
}

#[tokio::test(start_paused = true)]
async fn who_sends_a_name_that_is_too_long_has_hung_up() {
    let (mut socket, mut client) = connection(LIMITS);
    let send = async {
        let name = "x".repeat(70_000);
        let head = format!("GET / HTTP/1.1\r\n{name}: 1\r\n\r\n");
        // It ends at the colon or soon after.
        let _ = client.write_all(head.as_bytes()).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        took = hung_up_after(&mut socket) => about(took, Duration::ZERO),
        () = send => {}
    }
}

/// Counts how often a task is woken.
#[derive(Default)]
struct Wakes(std::sync::atomic::AtomicUsize);

impl std::task::Wake for Wakes {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Whoever polls while a request is being answered is not asked to poll again.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_being_answered_wakes_nobody() {
    let (mut socket, mut client) = connection(LIMITS);
    client.write_all(b"GET / HTTP/1.1").await.unwrap();
    let _serving = socket.turn().serve(0);
    let count = std::sync::Arc::new(Wakes::default());
    let waker = std::task::Waker::from(count.clone());
    let mut task = Context::from_waker(&waker);
    let mut room = [0; ROOM];
    for _ in 0..3 {
        let mut buffer = ReadBuf::new(&mut room);
        assert!(
            Pin::new(&mut socket)
                .poll_read(&mut task, &mut buffer)
                .is_pending()
        );
        assert!(Pin::new(&mut socket).poll_flush(&mut task).is_ready());
    }
    assert_eq!(count.0.load(std::sync::atomic::Ordering::Relaxed), 0);
}

//! Imports that do not come to their end, and go on when they are run again.

use rustix::process::Signal;
use users_test_postgres::{Proxy, Server};

use crate::program::{Home, Unfinished, on_each_store, until};

use super::{lines, records};

on_each_store! {
    an_import_that_is_killed_goes_on_when_it_is_run_again,
    a_signal_ends_an_import_behind_what_was_begun,
}

/// So many records are taken in at a time.
const BATCH: usize = 2000;

/// An import that has taken in a batch, and waits for more of the next.
fn in_the_middle(home: &Home) -> Unfinished {
    home.migrated();
    let mut import = home.begin_import(&[]);
    import.write(&records(0..BATCH + 500));
    until("the first batch is in", String::new, || {
        lines(&home.export()) >= BATCH
    });
    import
}

fn an_import_that_is_killed_goes_on_when_it_is_run_again(home: &Home) {
    let import = in_the_middle(home);
    import.send(Signal::KILL);
    assert_eq!(import.finish_unfed().code, -1);
    assert_eq!(lines(&home.export()), BATCH);
    let said = home.import_all(&records(0..BATCH + 600), &[]);
    assert_eq!(said, "imported 600, already there 2000, refused 0\n");
    assert_eq!(lines(&home.export()), BATCH + 600);
}

fn a_signal_ends_an_import_behind_what_was_begun(home: &Home) {
    for signal in [Signal::INT, Signal::TERM] {
        let home = home.another();
        let import = in_the_middle(&home);
        import.send(signal);
        let stopped = import.finish_unfed();
        assert_eq!(stopped.code, 2, "{}", stopped.stderr);
        assert_eq!(
            stopped.stderr,
            "stopping; the store tidies up first, and a second signal ends at once\n\
             error: stopped after line 2000: by a signal; what stands before is in; the same \
             import, run again, goes on\n\
             imported 2000, already there 0, refused 0\n"
        );
        assert_eq!(lines(&home.export()), BATCH);
    }
}

#[test]
fn a_store_that_goes_away_ends_an_import_which_then_goes_on() {
    let server = Server::shared();
    let proxy = Proxy::start((server.host(), server.port()));
    let home = Home::on(server).through(proxy.port());
    let mut import = in_the_middle(&home);
    proxy.refuse();
    proxy.cut_all();
    import.write(&records(BATCH + 500..=2 * BATCH));
    let stopped = import.finish();
    assert_eq!(stopped.code, 2, "{}", stopped.stderr);
    let told = stopped
        .stderr
        .lines()
        .find(|line| line.starts_with("error: stopped"));
    assert!(
        told.is_some_and(|line| line.contains("after line 2000: user store is unavailable")),
        "{}",
        stopped.stderr
    );
    assert!(
        stopped.stderr.lines().count() > 2,
        "the store says why: {}",
        stopped.stderr
    );
    assert!(
        stopped
            .stderr
            .ends_with("imported 2000, already there 0, refused 0\n")
    );
    proxy.accept();
    let said = home.import_all(&records(0..2 * BATCH), &[]);
    assert_eq!(said, "imported 2000, already there 2000, refused 0\n");
}

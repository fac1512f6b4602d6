//! Signals to servers, and their end even when the test process is killed.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

use crate::account::Account;

/// How often a state that cannot be waited for is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// Ends a server that outlived us: it reads from a pipe that nobody writes to, so what it reads is
/// our end. Arguments: the server's process id, its working folder, the folder to remove.
///
/// An id may have passed to another program by then, hence the look at its working folder. What is
/// stopped must go on to be ended, and a killed postmaster does not take stopped backends along.
const WATCH: &str = r#"
trap '' HUP INT TERM
read -r _
family() {
    echo "$1"
    grep -l "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status 2>/dev/null |
        sed 's,^/proc/\([0-9]*\)/.*,\1,'
}
if [ "$(readlink "/proc/$1/cwd")" = "$2" ]; then
    members=$(family "$1")
    kill -CONT $members 2>/dev/null
    kill -QUIT "$1" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.2
    done
    kill -0 "$1" 2>/dev/null && kill -KILL $members 2>/dev/null
fi
rm -rf "$3"
"#;

/// A server's process. It is killed when this value is dropped, and when we die before that.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    watchdog: Child,
}

impl Process {
    /// Starts `command` as `account`, with what it prints in `log`.
    ///
    /// Its working folder must become `home` soon; `folder` is removed should we die.
    pub(crate) fn start(
        command: &mut Command,
        account: Account,
        log: &Path,
        home: &Path,
        folder: &Path,
    ) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = account
            .run_by(command)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // What a terminal sends to us, like Ctrl-C, is not meant for it.
            .process_group(0)
            .spawn()?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCH, "watchdog", &child.id().to_string()])
            .args([home, folder])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        match watchdog {
            Ok(watchdog) => Ok(Self { child, watchdog }),
            Err(error) => {
                let mut child = child;
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        // Nobody else waits for our child.
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its end; whether it came in time.
    pub(crate) fn ends_within(&mut self, limit: Duration) -> bool {
        within(limit, || self.ended()).is_some()
    }

    /// Sends a signal to it alone.
    pub(crate) fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    /// Stops it and the processes that it started: they keep what they hold and do nothing.
    pub(crate) fn freeze(&self) {
        // First itself, so that it starts no more of them.
        self.signal(Signal::STOP);
        for child in children(self.id()) {
            send(child, Signal::STOP);
        }
    }

    /// Lets it and the processes that it started go on.
    pub(crate) fn thaw(&self) {
        for child in children(self.id()) {
            send(child, Signal::CONT);
        }
        self.signal(Signal::CONT);
    }

    /// Lets no file of it and of the processes that it started grow beyond so many bytes; `None` is
    /// no limit. By a program, as their own account: to others it takes a right that not every root
    /// has.
    pub(crate) fn limit_files(&self, account: Account, bytes: Option<u64>) {
        let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        // First itself: what it starts from now on inherits the limit.
        for process in [vec![self.id()], children(self.id())].concat() {
            let mut command = Command::new("prlimit");
            // The trailing colon leaves the upper limit alone.
            command.args(["--pid", &process.to_string(), &format!("--fsize={limit}:")]);
            let output = account.run_by(&mut command).output();
            let output = output.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
            // One that ended meanwhile writes nothing.
            let is_there = Path::new(&format!("/proc/{process}")).exists();
            assert!(
                output.status.success() || !is_there,
                "{command:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }

    /// Ends it with `signal`, by force if it has not obeyed within `limit`.
    pub(crate) fn end(&mut self, signal: Signal, limit: Duration) {
        if self.ended().is_some() {
            return;
        }
        self.thaw();
        self.signal(signal);
        if !self.ends_within(limit) {
            let orphans = children(self.id());
            // It may have ended just now; then there is nothing left to end.
            let _ = self.child.kill();
            let _ = self.child.wait();
            for orphan in orphans {
                send(orphan, Signal::KILL);
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end(Signal::QUIT, Duration::from_secs(5));
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}

/// Looks until `look` sees something, at most for `limit`.
pub(crate) fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if begun.elapsed() > limit {
            return None;
        }
        thread::sleep(LOOK);
    }
}

fn send(process: u32, signal: Signal) {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended meanwhile; then there is nobody to tell.
        let _ = kill_process(pid, signal);
    }
}

/// The processes whose parent is `parent`.
fn children(parent: u32) -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            (parent_in(&stat)? == parent).then_some(process)
        })
        .collect()
}

/// The parent in a line of `/proc/ID/stat`: the second field after the program's name, which stands
/// in parentheses and may hold anything.
fn parent_in(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_any_name_of_a_program() {
        assert_eq!(parent_in("12 (postgres) S 7 12 12 0 -1"), Some(7));
        assert_eq!(parent_in("12 (a) S 3 (b) R 9 12"), Some(9));
        assert_eq!(parent_in(""), None);
    }

    #[test]
    fn our_own_children_are_found() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let found = children(std::process::id()).contains(&child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found);
    }
}

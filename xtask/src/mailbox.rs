//! The mails that the service wrote, and the links in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The relay of a busy machine has written a mail within this.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of mails, of which some were read.
pub(crate) struct Mailbox {
    folder: PathBuf,
    read: BTreeSet<String>,
}

impl Mailbox {
    /// The folder that `dev` writes to.
    pub(crate) fn of(data: &Path) -> Self {
        Self {
            folder: data.join("mail"),
            read: BTreeSet::new(),
        }
    }

    /// Waits for the next mail of a kind and gives the link in it.
    pub(crate) fn next_link(&mut self, kind: &str) -> Result<String> {
        let begun = Instant::now();
        loop {
            if let Some(name) = self.next(kind)? {
                let path = self.folder.join(&name);
                self.read.insert(name);
                let mail = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                return link(&mail).with_context(|| format!("a mail without a link:\n{mail}"));
            }
            if begun.elapsed() > PATIENCE {
                bail!("no mail of kind {kind} came to {}", self.folder.display());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The first unread mail of a kind: their names are sorted by time.
    fn next(&self, kind: &str) -> Result<Option<String>> {
        let entries = std::fs::read_dir(&self.folder)
            .with_context(|| format!("there is no folder {}", self.folder.display()))?;
        let mut names = BTreeSet::new();
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let is_mail = Path::new(&name).extension().is_some_and(|end| end == "eml");
            if is_mail && name.contains(&format!("-{kind}-")) {
                names.insert(name);
            }
        }
        Ok(names.difference(&self.read).next().cloned())
    }
}

/// The first link of a mail whose parts are quoted-printable (RFC 2045, section 6.7).
fn link(mail: &str) -> Option<String> {
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let start = text.find("http://").or_else(|| text.find("https://"))?;
    let end = |c: char| c.is_whitespace() || "\"<>".contains(c);
    let link = text[start..].split(end).next()?;
    Some(link.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "Subject: Email Verification\r\n\r\nOpen this link:\r\n\r\n\
                        http://localhost:9002/verify-email?token=3DabcDEF-_=\r\n123\r\n\r\nIt works.\r\n";

    #[test]
    fn a_link_that_was_broken_over_lines_is_whole_again() {
        let whole = "http://localhost:9002/verify-email?token=abcDEF-_123";
        assert_eq!(link(MAIL).as_deref(), Some(whole));
        assert_eq!(link("nothing to click"), None);
    }

    #[test]
    fn each_mail_is_read_once_and_only_those_of_the_kind() {
        let data = tempfile::tempdir().expect("a folder");
        let folder = data.path().join("mail");
        std::fs::create_dir(&folder).expect("made");
        for name in [
            "20261124T211400.123Z-verification-2.eml",
            "20261124T211400.122Z-verification-1.eml",
            "20261124T211400.121Z-reset-0.eml",
        ] {
            std::fs::write(folder.join(name), MAIL.replace("123", name)).expect("written");
        }
        let mut mailbox = Mailbox::of(data.path());
        for number in ["1", "2"] {
            let link = mailbox.next_link("verification").expect("a mail");
            assert!(link.ends_with(&format!("-{number}.eml")), "{link}");
        }
        assert_eq!(mailbox.next("verification").expect("a folder"), None);
    }
}

//! Mails as the service writes them into a folder.

use std::fs;
use std::path::{Path, PathBuf};

/// The whole mails in a folder, the oldest first: their names begin with the time.
pub(super) fn written_to(folder: &Path) -> Vec<PathBuf> {
    // It is made with the first mail.
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut mails: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .collect();
    mails.sort();
    mails
}

/// The link in the latest mail of a kind to an address.
pub(super) fn latest_link(folder: &Path, kind: &str, to: &str) -> Option<String> {
    let named = format!("-{kind}-");
    let addressed = format!("\r\nTo: {to}\r\n");
    let mails = written_to(folder);
    let mut mails = mails.iter().rev().filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().contains(&named)
    });
    mails.find_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.contains(&addressed).then(|| link(&text))
    })
}

/// The first link of a mail.
fn link(mail: &str) -> String {
    // Soft line breaks of quoted-printable may stand anywhere.
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let start = text.find("http").expect("a link");
    let end = |c: char| c.is_whitespace() || "\"<>".contains(c);
    text[start..].split(end).next().unwrap().to_owned()
}

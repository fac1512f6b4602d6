//! The key file from its making to everything that can be wrong with it.

use std::sync::Barrier;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tempfile::{TempDir, tempdir};
use users_testkit::fakes::SeededEntropy;

use super::*;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("deep/in/key.pem");
    (folder, path)
}

fn opened(path: &Path, seed: u64) -> SigningKey {
    read_or_make(path, &SeededEntropy::new(seed)).unwrap()
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_is_made_once_and_read_from_then_on() {
    let (_guard, path) = folder();
    let made = opened(&path, 1);
    let before = fs::read(&path).unwrap();
    assert_eq!(opened(&path, 2).public().id(), made.public().id());
    assert_eq!(fs::read(&path).unwrap(), before);
    let left: Vec<_> = fs::read_dir(folder_of(&path)).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[cfg(unix)]
#[test]
fn file_and_folder_are_for_their_owner_only() {
    let (_guard, path) = folder();
    opened(&path, 1);
    assert_eq!((mode(&path), mode(folder_of(&path))), (0o600, 0o700));
}

#[test]
fn callers_at_once_end_up_with_one_key() {
    const CALLERS: usize = 16;
    for round in 0..8 {
        let (_guard, path) = folder();
        let start = Barrier::new(CALLERS);
        let keys: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS as u64)
                .map(|caller| {
                    let (start, path) = (&start, &path);
                    scope.spawn(move || {
                        start.wait();
                        opened(path, round * 100 + caller).public().id().to_owned()
                    })
                })
                .collect();
            callers.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let kept = opened(&path, 0);
        assert!(keys.iter().all(|key| key == kept.public().id()), "{keys:?}");
    }
}

#[test]
fn a_key_that_openssl_made_is_read() {
    let (_guard, path) = folder();
    fs::create_dir_all(folder_of(&path)).unwrap();
    // `openssl genpkey -algorithm ed25519` on the key of RFC 8410, section 10.3.
    let text = "-----BEGIN PRIVATE KEY-----\n\
                MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                -----END PRIVATE KEY-----\n";
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    set_mode(&path, 0o600);
    let key = opened(&path, 1);
    assert_eq!(
        URL_SAFE_NO_PAD.encode(key.public().bytes()),
        "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"
    );
}

#[cfg(unix)]
#[test]
fn a_key_open_to_others_is_refused_with_what_to_do() {
    let (_guard, path) = folder();
    opened(&path, 1);
    for open in [0o644, 0o604, 0o602, 0o620, 0o777] {
        set_mode(&path, open);
        let error = check_key(&path).unwrap_err();
        assert!(matches!(error, KeyError::NotPrivate { mode, .. } if mode == open));
        let text = error.to_string();
        let path = path.display();
        assert!(text.contains(&format!("chmod 600 {path}")), "{text}");
        assert!(text.contains(&format!("mode {open:o}")), "{text}");
    }
    for private in [0o600, 0o400, 0o440, 0o640] {
        set_mode(&path, private);
        assert!(check_key(&path).unwrap(), "{private:o}");
    }
}

#[test]
fn a_file_that_holds_something_else_is_refused_and_stays() {
    let (_guard, path) = folder();
    opened(&path, 1);
    let rsa = "-----BEGIN PRIVATE KEY-----\nMIIBVQ==\n-----END PRIVATE KEY-----\n";
    for text in ["", "not a key", rsa, &"x".repeat(100_000)] {
        fs::write(&path, text).unwrap();
        let error = read_or_make(&path, &SeededEntropy::new(2)).unwrap_err();
        assert!(matches!(error, KeyError::NotAKey { .. }), "{error}");
        assert!(error.to_string().contains("key.pem"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn bytes_that_are_no_text_are_no_key() {
    let (_guard, path) = folder();
    opened(&path, 1);
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(check_key(&path), Err(KeyError::NotAKey { .. })));
}

#[test]
fn a_folder_in_the_keys_place_cannot_be_read() {
    let (_guard, path) = folder();
    private_folder().create(&path).unwrap();
    assert!(matches!(check_key(&path), Err(KeyError::Read { .. })));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (guard, _) = folder();
    let file = guard.path().join("file");
    fs::write(&file, "").unwrap();
    let path = file.join("key.pem");
    let error = read_or_make(&path, &SeededEntropy::new(1)).unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
}

#[test]
fn checking_changes_nothing() {
    let (guard, path) = folder();
    assert!(!check_key(&path).unwrap());
    assert_eq!(fs::read_dir(guard.path()).unwrap().count(), 0);
    opened(&path, 1);
    assert!(check_key(&path).unwrap());
}

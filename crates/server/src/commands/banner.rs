//! What `dev` tells whoever started it: where the service is, who administers it, how to get a
//! token, where the data lies.

use std::fmt::Write as _;

use users_smtp::Announcement;

use crate::administrator::Administrator;
use crate::service::Service;

/// Stands where only the reader knows what belongs there.
const PLACEHOLDER: &str = "<password>";

/// A mail that was written into a file, with the link that its reader would click.
pub(super) fn mail(mail: &Announcement) -> String {
    let (kind, to, file) = (mail.kind.as_str(), &mail.to, mail.file.display());
    match &mail.link {
        Some(link) => format!("Mail ({kind}) to {to}: {link}\n  in {file}\n"),
        None => format!("Mail ({kind}) to {to}\n  in {file}\n"),
    }
}

/// The whole banner; its last line says how to stop.
pub(super) fn text(service: &Service) -> String {
    let url = service.url();
    let email = &service.config().admin.email;
    let mut text = String::new();
    let mut line = |content: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{content}");
    };
    line(format_args!("\nUsers is ready at {url}\n"));
    let data = service.config().store.sqlite_path.parent();
    let data = data.map_or_else(|| ".".into(), |folder| folder.display().to_string());
    let secret = match service.administrator() {
        Administrator::Made(Some(password)) => {
            line(format_args!("  administrator  {email}"));
            let password = password.expose();
            line(format_args!(
                "  password       {password}  (made up now, shown only this once)"
            ));
            Some(password)
        }
        Administrator::Made(None) => {
            line(format_args!(
                "  administrator  {email}, with the password of MG_USERS_ADMIN_PASSWORD"
            ));
            Some(PLACEHOLDER)
        }
        Administrator::There => {
            line(format_args!(
                "  administrator  {email}, made earlier; a lost password is replaced by\n                 \
                 magistrala-users users --data {data} set-password {email} --make-up"
            ));
            Some(PLACEHOLDER)
        }
        Administrator::Unknown => {
            line(format_args!(
                "  administrator  not {email}: see the log above, and who there is with\n                 \
                 magistrala-users users --data {data} list"
            ));
            None
        }
    };
    line(format_args!("  data           {data}\n"));
    if let Some(secret) = secret {
        line(format_args!("Get a token:\n"));
        line(format_args!(
            "  curl -X POST \"{url}/users/tokens/issue\" \\\n  \
             -H \"Content-Type: application/json\" \\\n  \
             -d '{}'\n",
            serde_json::json!({ "identity": email, "secret": secret })
                .to_string()
                .replace('\'', "'\\''")
        ));
    }
    line(format_args!("Ctrl-C stops the service; the data stays."));
    text
}

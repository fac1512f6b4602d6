//! What `dev` tells whoever started it: where the service is, who administers it, how to get a
//! token, where the data lies.

use std::fmt::Write as _;

use crate::service::Service;

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
    line(format_args!("  administrator  {email}"));
    let secret = match service.made_up_password() {
        Some(password) => {
            let password = password.expose();
            line(format_args!(
                "  password       {password}  (made up now, shown only this once)"
            ));
            password
        }
        None => "HIS PASSWORD",
    };
    let data = service.config().store.sqlite_path.parent();
    let data = data.map_or_else(|| ".".into(), |folder| folder.display().to_string());
    line(format_args!("  data           {data}\n"));
    line(format_args!("Get a token:\n"));
    line(format_args!(
        "  curl -X POST \"{url}/users/tokens/issue\" \\\n  \
         -H \"Content-Type: application/json\" \\\n  \
         -d '{}'\n",
        serde_json::json!({ "identity": email, "secret": secret })
            .to_string()
            .replace('\'', "'\\''")
    ));
    line(format_args!("Ctrl-C stops the service; the data stays."));
    text
}

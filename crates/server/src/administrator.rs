//! Somebody to administer a fresh service, as `MG_USERS_ADMIN_*` say.

use tracing::{error, info, warn};
use users_domain::model::{Password, PasswordPolicy, RequestContext, UserId};
use users_domain::ports::Entropy;
use users_domain::services::{AdministratorOutcome, FirstAdministrator};
use users_domain::{Error, Users};

use crate::config::AdminSettings;

/// Random bytes of a made-up password: 144 bits, 24 characters.
const RANDOM_BYTES: usize = 18;

/// Makes sure that there is an administrator, and gives the password that was made up for one who
/// was made now.
///
/// It never stops a start: what goes wrong is logged, with what to do.
pub async fn ensure(
    users: &Users,
    entropy: &dyn Entropy,
    settings: &AdminSettings,
) -> Option<Password> {
    let made_up = match &settings.password {
        Some(_) => None,
        None => Some(made_up_password(entropy)?),
    };
    let password = settings.password.as_ref().or(made_up.as_ref())?;
    let wanted = FirstAdministrator {
        email: settings.email.clone(),
        username: settings.username.clone(),
        first_name: settings.first_name.clone(),
        last_name: settings.last_name.clone(),
        password: password.clone(),
    };
    let outcome = users
        .registration
        .ensure_administrator(&RequestContext::default(), &wanted)
        .await;
    report(&outcome);
    match outcome {
        Ok(AdministratorOutcome::Created(_)) => made_up,
        _ => None,
    }
}

/// A password that nobody guesses, of letters and digits that a shell and JSON leave alone.
fn made_up_password(entropy: &dyn Entropy) -> Option<Password> {
    use base64::Engine as _;

    let mut bytes = [0; RANDOM_BYTES];
    entropy.fill(&mut bytes);
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    PasswordPolicy::anything().accept(&text).ok()
}

fn report(outcome: &Result<AdministratorOutcome, Error>) {
    match outcome {
        Ok(AdministratorOutcome::Created(id)) => {
            info!(user.id = %id, "the first administrator was made");
        }
        Ok(AdministratorOutcome::Exists {
            administrator: true,
            ..
        }) => {}
        Ok(AdministratorOutcome::Exists { id, .. }) => warn!(
            user.id = %id,
            "the account with the e-mail address MG_USERS_ADMIN_EMAIL is no administrator; it was \
             left as it is"
        ),
        Ok(AdministratorOutcome::OtherAdministrators(ids)) => {
            let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
            warn!(
                administrators = ids.join(","),
                "nobody has the e-mail address MG_USERS_ADMIN_EMAIL, and none was made for it: \
                 there are administrators already"
            );
        }
        Ok(AdministratorOutcome::EmailTaken) => warn!(
            "there is no enabled administrator, and MG_USERS_ADMIN_EMAIL is the e-mail address of \
             an account that is not enabled: set another"
        ),
        Err(error) => error!(
            %error,
            "whether there is an administrator could not be found out; the next start tries again"
        ),
    }
}

//! Signing in and staying signed in.

use std::fmt;
use std::sync::Arc;

use tracing::{Instrument as _, info, info_span, warn};

use crate::authorization::{Operation, permit};
use crate::error::{Error, Invalid, InvalidReason, Unauthenticated};
use crate::model::{
    BearerToken, Caller, Change, Effect, EventOperation, Needs, Notice, Password, PasswordAttempt,
    PasswordPolicy, RequestContext, Session, SessionDescription, Status, TokenId, TokenPair, User,
    UserId, Username,
};
use crate::ports::{IssueToken, Ports, RefreshToken, TokenError, Verdict};
use crate::users::Settings;

/// Signs people in.
#[derive(Clone)]
pub struct Credentials {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

/// What somebody signs in with.
#[derive(Clone)]
pub struct Login {
    identity: String,
    password: PasswordAttempt,
    description: Option<SessionDescription>,
}

impl Login {
    /// Most bytes of an identity; adopted addresses and names may be longer than new ones.
    pub const MAX_IDENTITY_BYTES: usize = 1024;

    /// Reads what somebody typed: an e-mail address or username, nothing trimmed; a password; and
    /// what he calls the session (none if empty).
    pub fn parse(identity: &str, password: String, description: &str) -> Result<Self, Invalid> {
        const FIELD: &str = "identity";
        if identity.is_empty() {
            return Err(Invalid::new(FIELD, InvalidReason::Missing));
        }
        if identity.len() > Self::MAX_IDENTITY_BYTES {
            let limit = Self::MAX_IDENTITY_BYTES;
            return Err(Invalid::new(
                FIELD,
                InvalidReason::TooLong {
                    limit,
                    unit: "bytes",
                },
            ));
        }
        if identity.contains('\0') {
            return Err(Invalid::new(FIELD, InvalidReason::Character("U+0000")));
        }
        if password.is_empty() {
            return Err(Invalid::new("secret", InvalidReason::Missing));
        }
        let description = match description {
            "" => None,
            text => Some(SessionDescription::parse(text)?),
        };
        Ok(Self {
            identity: identity.to_owned(),
            password: PasswordAttempt::new(password),
            description,
        })
    }
}

/// Personal data and a secret: never printed by `{:?}`.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(***)")
    }
}

impl Credentials {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// Exchanges identity and password for a pair of tokens.
    ///
    /// One answer, in one time, for a wrong password, an unknown identity, an ambiguous one and an
    /// account that is not enabled: [`Unauthenticated::InvalidCredentials`].
    #[tracing::instrument(skip_all, name = "issue_token")]
    pub async fn issue_token(
        &self,
        context: &RequestContext,
        login: Login,
    ) -> Result<TokenPair, Error> {
        permit(
            Operation::IssueToken,
            &Caller::Anonymous,
            self.settings.access,
        )?;
        let candidates = self.ports.users.find_by_login(&login.identity).await?;
        let account = meant(&candidates, &login.identity);
        let verdict = self.verify(account.as_ref(), &login.password).await?;
        let (true, Some(account)) = (verdict.matches, account.as_ref()) else {
            self.note_failed_login(context, account.as_ref());
            return Err(Error::Unauthenticated(Unauthenticated::InvalidCredentials));
        };
        if verdict.outdated {
            self.replace_hash(account, &login.password).await;
        }
        let pair = self
            .ports
            .issuer
            .issue(IssueToken {
                user: account.id.clone(),
                role: account.role,
                verified: account.is_verified(),
                description: login.description,
                not_before: super::not_before(account),
            })
            .await
            .map_err(issuer_error)?;
        self.refuse_if_ended_meanwhile(account, &pair, Unauthenticated::InvalidCredentials)
            .await?;
        let event = super::event(
            &self.ports,
            context,
            EventOperation::IssueToken,
            account.id.as_str(),
        )
        .text("username", &login.identity)
        .user_id(&account.id)
        .build();
        self.ports.outbox.add(vec![Effect::Event(event)]).await?;
        Ok(pair)
    }

    /// Exchanges a refresh token, by which the caller was identified, for the next pair.
    #[tracing::instrument(skip_all, name = "refresh_token")]
    pub async fn refresh_token(
        &self,
        context: &RequestContext,
        caller: &Caller,
        token: BearerToken,
    ) -> Result<TokenPair, Error> {
        permit(Operation::RefreshToken, caller, self.settings.access)?;
        let Some(principal) = caller.principal() else {
            return Err(Error::Unauthenticated(Unauthenticated::MissingToken));
        };
        let account = &principal.account;
        let pair = self
            .ports
            .issuer
            .refresh(RefreshToken {
                token,
                user: account.id.clone(),
                role: account.role,
                verified: account.is_verified(),
                not_before: super::not_before(account),
            })
            .await
            .map_err(issuer_error)?;
        self.refuse_if_ended_meanwhile(account, &pair, Unauthenticated::InvalidToken)
            .await?;
        let event = super::event(
            &self.ports,
            context,
            EventOperation::RefreshToken,
            account.id.as_str(),
        )
        .user_id(&account.id)
        .build();
        self.ports.outbox.add(vec![Effect::Event(event)]).await?;
        Ok(pair)
    }

    /// Ends one of the caller's sessions; one that is not his, or not there, is left alone.
    #[tracing::instrument(skip_all, name = "revoke_refresh_token")]
    pub async fn revoke_refresh_token(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &TokenId,
    ) -> Result<(), Error> {
        permit(Operation::RevokeRefreshToken, caller, self.settings.access)?;
        let Some(user) = caller.id() else {
            return Err(Error::Unauthenticated(Unauthenticated::MissingToken));
        };
        self.ports
            .issuer
            .revoke(user, id)
            .await
            .map_err(issuer_error)?;
        let event = super::event(
            &self.ports,
            context,
            EventOperation::RevokeRefreshToken,
            user.as_str(),
        )
        .text("token_id", id.as_str())
        .user_id(user)
        .build();
        Ok(self.ports.outbox.add(vec![Effect::Event(event)]).await?)
    }

    /// The caller's sessions, oldest first.
    #[tracing::instrument(skip_all, name = "list_refresh_tokens")]
    pub async fn list_refresh_tokens(&self, caller: &Caller) -> Result<Vec<Session>, Error> {
        permit(Operation::ListRefreshTokens, caller, self.settings.access)?;
        let Some(principal) = caller.principal() else {
            return Err(Error::Unauthenticated(Unauthenticated::MissingToken));
        };
        let sessions = self.ports.issuer.sessions(&principal.account.id).await;
        let ended_before = super::not_before(&principal.account);
        let mut sessions = sessions.map_err(issuer_error)?;
        // Those that are over are tidied away a little later.
        sessions.retain(|session| super::goes_on(session, ended_before));
        Ok(sessions)
    }

    /// Changes the caller's own password, which he must know. His sessions end; the token he showed
    /// lives on. `version` is what he saw of his account ([`User::version`]), if he cares: another
    /// one now is [`Error::Stale`].
    #[tracing::instrument(skip_all, name = "update_secret")]
    pub async fn update_secret(
        &self,
        context: &RequestContext,
        caller: &Caller,
        version: Option<i64>,
        old: &PasswordAttempt,
        new: &Password,
    ) -> Result<User, Error> {
        permit(Operation::UpdateSecret, caller, self.settings.access)?;
        let Some(principal) = caller.principal() else {
            return Err(Error::Unauthenticated(Unauthenticated::MissingToken));
        };
        let wrong = || {
            let reason = InvalidReason::Malformed("is not the present password");
            Error::from(Invalid::new("old_secret", reason))
        };
        // Before anything costly; decided again while the row is locked.
        super::ensure_version(&principal.account, version)?;
        if !self.verify(Some(&principal.account), old).await?.matches {
            return Err(wrong());
        }
        if old.expose() == new.expose() {
            let reason = InvalidReason::Malformed("is the present password");
            return Err(Invalid::new("new_secret", reason).into());
        }
        let known = principal.account.secret.clone();
        let hash = self.ports.hasher.hash(new).await?;
        let (ports, context, by) = (self.ports.clone(), context.clone(), caller.clone());
        let decide = move |user: &User, _: &_| -> Result<Change, Error> {
            super::ensure_version(user, version)?;
            super::ensure_enabled(user)?;
            if user.secret != known {
                // Changed while this one was being compared and hashed.
                return Err(wrong());
            }
            let mut user = user.clone();
            let now = ports.clock.now();
            user.secret = Some(hash.clone());
            super::touch(&mut user, &by, now);
            super::end_sessions(&mut user, now);
            let event = super::event(
                &ports,
                &context,
                EventOperation::UpdateSecret,
                user.id.as_str(),
            )
            .account(&user)
            .text_if("last_name", Some(user.last_name.as_str()))
            .metadata_if("private_metadata", &user.private_metadata)
            .session(&by, false)
            .build();
            let mut effects = vec![
                Effect::Event(event),
                Effect::EndSessions {
                    user: user.id.clone(),
                },
            ];
            // An address that nobody proved may be a stranger's.
            if user.is_verified() {
                effects.push(Effect::Mail(super::notice(&user, Notice::PasswordChanged)));
            }
            Ok(Change { user, effects })
        };
        let id = &principal.account.id;
        let decide = Arc::new(decide);
        Ok(self.ports.users.update(id, Needs::ROW, decide).await?)
    }

    /// Gives an enabled account a password without asking for the old one: for the operator's command
    /// line. Every token of the account dies.
    #[tracing::instrument(skip_all, name = "set_secret")]
    pub async fn set_secret(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        new: &Password,
    ) -> Result<User, Error> {
        permit(Operation::SetSecret, caller, self.settings.access)?;
        let hash = self.ports.hasher.hash(new).await?;
        let (ports, context, by) = (self.ports.clone(), context.clone(), caller.clone());
        let decide = move |user: &User, _: &_| -> Result<Change, Error> {
            super::ensure_enabled(user)?;
            let mut user = user.clone();
            let now = ports.clock.now();
            user.secret = Some(hash.clone());
            super::touch(&mut user, &by, now);
            super::end_tokens(&mut user, now);
            let effects = super::new_secret_effects(&ports, &context, &user);
            Ok(Change { user, effects })
        };
        let decide = Arc::new(decide);
        Ok(self.ports.users.update(id, Needs::ROW, decide).await?)
    }

    /// Keeps a pair back whose account was suspended, or ended its sessions, between being read and
    /// the moment at which the pair says it was issued: the pair would outlive that end. One that
    /// is ended after this look is ended by its time. Sessions that others began since go on.
    async fn refuse_if_ended_meanwhile(
        &self,
        account: &User,
        pair: &TokenPair,
        refusal: Unauthenticated,
    ) -> Result<(), Error> {
        let present = self.ports.users.find(&account.id).await?;
        let goes_on = present.is_some_and(|present| {
            present.status == Status::Enabled
                && present.sessions_valid_from == account.sessions_valid_from
                && present.tokens_valid_from == account.tokens_valid_from
        });
        if goes_on {
            return Ok(());
        }
        info!(user.id = %account.id, "the account's sessions were ended while somebody signed in");
        let claims = self.ports.verifier.verify(&pair.refresh).await;
        if let Some(session) = claims.map_err(issuer_error)?.id {
            self.ports
                .issuer
                .revoke(&account.id, &session)
                .await
                .map_err(issuer_error)?;
        }
        Err(Error::Unauthenticated(refusal))
    }

    /// Compares, and spends the same time where there is nothing to compare with.
    async fn verify(
        &self,
        account: Option<&User>,
        attempt: &PasswordAttempt,
    ) -> Result<Verdict, Error> {
        if let Some(account) = account
            && let Some(hash) = &account.secret
        {
            // What the hasher logs of an odd hash names the account.
            let span = info_span!("verify_secret", user.id = %account.id);
            let verdict = self
                .ports
                .hasher
                .verify(attempt, hash)
                .instrument(span)
                .await?;
            return Ok(verdict);
        }
        self.ports.hasher.verify_absent(attempt).await?;
        Ok(Verdict {
            matches: false,
            outdated: false,
        })
    }

    /// Replaces a hash of an older format or cost. A login never fails for it.
    async fn replace_hash(&self, account: &User, attempt: &PasswordAttempt) {
        let Ok(password) = PasswordPolicy::anything().accept(attempt.expose()) else {
            info!(user.id = %account.id, "outdated password hash stays: today's rules refuse the password");
            return;
        };
        let Ok(hash) = self.ports.hasher.hash(&password).await else {
            return;
        };
        let outdated = account.secret.clone();
        let decide = move |user: &User, _: &_| -> Result<Change, Error> {
            let mut user = user.clone();
            // Changed meanwhile: the newer password stays.
            if user.secret == outdated {
                user.secret = Some(hash.clone());
            }
            Ok(Change {
                user,
                effects: Vec::new(),
            })
        };
        if let Err(error) = self
            .ports
            .users
            .update(&account.id, Needs::ROW, Arc::new(decide))
            .await
        {
            warn!(user.id = %account.id, %error, "outdated password hash was not replaced");
        }
    }

    /// A note that may be lost rather than an effect: strangers must not fill the outbox.
    fn note_failed_login(&self, context: &RequestContext, account: Option<&User>) {
        let key = account.map_or("", |account| account.id.as_str());
        let event = super::event(&self.ports, context, EventOperation::LoginFailed, key)
            .text_if("user_id", account.map(|account| account.id.as_str()))
            .build();
        self.ports.read_events.note(event);
    }
}

/// Which of the enabled accounts whose address or name is the identity without case is meant: an
/// exact address before an exact name before the only address without case before the only name
/// without case. The first step that finds one decides; several in one step are nobody.
fn meant(candidates: &[User], identity: &str) -> Option<User> {
    let steps: [fn(&User, &str) -> bool; 4] = [
        |user, identity| user.email.as_str() == identity,
        |user, identity| name(user) == Some(identity),
        |user, identity| user.email.as_str().eq_ignore_ascii_case(identity),
        |user, identity| name(user).is_some_and(|name| name.eq_ignore_ascii_case(identity)),
    ];
    for fits in steps {
        let mut found = candidates.iter().filter(|user| fits(user, identity));
        match (found.next(), found.next()) {
            (None, _) => {}
            (Some(user), None) => return Some(user.clone()),
            (Some(_), Some(_)) => return None,
        }
    }
    None
}

fn name(user: &User) -> Option<&str> {
    user.username.as_ref().map(Username::as_str)
}

fn issuer_error(error: TokenError) -> Error {
    match error {
        TokenError::Refused => Error::Unauthenticated(Unauthenticated::InvalidToken),
        TokenError::Unavailable => Error::Unavailable {
            port: "token issuer",
        },
    }
}

//! From a mail of the domain to the message that travels.

use std::fmt;
use std::time::SystemTime;

use lettre::address::Envelope;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0,
};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};
use time::macros::datetime;
use tracing::error;
use users_domain::model::{Mail, MailContent, Timestamp, Username};
use users_domain::ports::MailError;
use uuid::Uuid;

use crate::kind::MailKind;
use crate::links::Links;
use crate::recipient;
use crate::sender::Sender;
use crate::template::{Data, Format};
use crate::templates::{Part, Templates};

/// Right for any text: long lines, odd line ends and controls too.
const ENCODING: ContentTransferEncoding = ContentTransferEncoding::QuotedPrintable;

/// Writes mails: who from, where their links lead, what they say.
#[derive(Debug)]
pub struct Renderer {
    sender: Sender,
    links: Links,
    templates: Templates,
}

/// A message (RFC 5322) and what it was made from. Holds a code and an address: a secret.
pub struct RenderedMail {
    kind: MailKind,
    to: Address,
    link: Option<String>,
    message: Message,
}

impl Renderer {
    /// A renderer of these parts.
    pub fn new(sender: Sender, links: Links, templates: Templates) -> Self {
        Self {
            sender,
            links,
            templates,
        }
    }

    /// Writes a mail. [`MailError::Rejected`] if the account's address is none that mail can be
    /// sent to, or if the template fails on this mail.
    pub fn render(&self, mail: &Mail) -> Result<RenderedMail, MailError> {
        let kind = MailKind::of(&mail.content);
        let to = recipient::mailbox(&mail.to)
            .ok_or_else(|| rejected("the account's address is none that mail can be sent to"))?;
        let link = self.links.link(&mail.content);
        let data = Data {
            to: to.as_ref(),
            from: &self.sender.in_words(),
            subject: kind.subject(),
            user: mail.username.as_ref().map_or("", Username::as_str),
            link: link.as_deref().unwrap_or_default(),
            life: expiry(&mail.content).map(|end| (mail.written_at, end)),
        };
        // The engine's own words may repeat what the mail holds.
        let parts = self.templates.render(kind, &data).map_err(|fault| {
            rejected(&match fault.line {
                Some(number) => format!("the {} template fails in line {number}", kind.as_str()),
                None => format!("the {} template fails", kind.as_str()),
            })
        })?;
        let message = self.message(mail, kind, &to, parts)?;
        Ok(RenderedMail {
            kind,
            to,
            link,
            message,
        })
    }

    fn message(
        &self,
        mail: &Mail,
        kind: MailKind,
        to: &Address,
        parts: Vec<Part>,
    ) -> Result<Message, MailError> {
        let from = self.sender.address();
        let headers = Message::builder()
            .envelope(envelope(from, to)?)
            .from(self.sender.mailbox().clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(kind.subject())
            .date(date(mail.written_at))
            .message_id(Some(format!(
                "<{}@{}>",
                mail.id.hyphenated(),
                from.domain()
            )))
            // No out-of-office replies, please (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        let message = match <[Part; 1]>::try_from(parts) {
            Ok([part]) => single(headers, part),
            Err(parts) => headers.multipart(alternative(mail.id, parts)),
        };
        message.map_err(|error| {
            error!(%error, mail = %mail.id, "a mail's headers cannot be written");
            rejected("its headers cannot be written")
        })
    }
}

impl RenderedMail {
    /// Which mail it is.
    pub fn kind(&self) -> MailKind {
        self.kind
    }

    /// The bare address of whom it is for.
    pub fn to(&self) -> &str {
        self.to.as_ref()
    }

    /// The link to click; `None` where it has none.
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// The message as it travels, lines ending in CRLF.
    pub fn to_eml(&self) -> Vec<u8> {
        self.message.formatted()
    }
}

impl fmt::Debug for RenderedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedMail")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

fn rejected(reason: &str) -> MailError {
    MailError::Rejected {
        reason: reason.to_owned(),
    }
}

fn expiry(content: &MailContent) -> Option<Timestamp> {
    match content {
        MailContent::Verification { expires_at, .. } | MailContent::Reset { expires_at, .. } => {
            Some(*expires_at)
        }
        MailContent::Notice(_) => None,
    }
}

/// Given, not left to be read from the headers, where an odd address might not be found again.
fn envelope(from: &Address, to: &Address) -> Result<Envelope, MailError> {
    Envelope::new(Some(from.clone()), vec![to.clone()]).map_err(|_| rejected("it has no envelope"))
}

/// The header knows the years 1970 to 9999.
fn date(moment: Timestamp) -> SystemTime {
    moment
        .clamp(
            datetime!(1970-01-01 0:00 UTC),
            datetime!(9999-12-31 0:00 UTC),
        )
        .into()
}

/// The richest last: that is the one which programs prefer (RFC 2046, section 5.1.4). The boundary
/// is the mail's id, which nobody who chose a name could know.
fn alternative(id: Uuid, parts: Vec<Part>) -> MultiPart {
    let multipart = MultiPart::alternative()
        .boundary(id.simple().to_string())
        .build();
    parts.into_iter().fold(multipart, |multipart, part| {
        multipart.singlepart(
            SinglePart::builder()
                .header(content_type(part.format))
                .header(ENCODING)
                .body(part.text),
        )
    })
}

fn single(headers: MessageBuilder, part: Part) -> Result<Message, lettre::error::Error> {
    headers
        .header(MIME_VERSION_1_0)
        .header(content_type(part.format))
        .header(ENCODING)
        .body(part.text)
}

fn content_type(format: Format) -> ContentType {
    match format {
        Format::Text => ContentType::TEXT_PLAIN,
        Format::Html => ContentType::TEXT_HTML,
    }
}

//! Settings of the mails to users: where they go, what they look like, what their links open.

use std::path::PathBuf;
use std::time::Duration;

use users_smtp::{InvalidSender, LinkPrefix, Sender};

use super::kind;
use super::problem::Problem;
use super::reader::Reader;
use super::variable::{Kind, Preset, Section, Variable};

/// The name of the folder of mails in a data folder.
pub(super) const MAIL_FOLDER: &str = "mail";

/// Where mails go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// To a mail server.
    Smtp,
    /// Into a folder, one file each.
    File,
    /// Nowhere; the log says that there was one.
    Log,
}

const MAIL_KIND: Kind<MailKind> = Kind {
    name: "choice",
    expected: "smtp, file or log",
    parse: |text| match text {
        "smtp" => Ok(MailKind::Smtp),
        "file" => Ok(MailKind::File),
        "log" => Ok(MailKind::Log),
        _ => Err(None),
    },
};

const LINK_PREFIX: Kind<LinkPrefix> = Kind {
    name: "URL",
    expected: "an http or https URL such as https://users.example.com/verify-email",
    parse: |text| LinkPrefix::parse(text).map_err(|error| Some(error.to_string())),
};

const OWN_ADDRESS: &str = "a page of this service, at its own address";
const BUILT_IN: &str = "`MG_EMAIL_TEMPLATE`, else the built-in one";

static MAIL: Variable<MailKind> = Variable::new(
    "MG_USERS_MAIL",
    MAIL_KIND,
    Preset::Value("smtp"),
    "Where mails go: `smtp`, to a mail server; `file`, into a folder; `log`, nowhere, the log says \
     that there was one. This version has no `smtp` yet, so `serve` needs one of the others here.",
)
.in_dev(Preset::Value("file"));

pub(super) static MAIL_DIR: Variable<PathBuf> = Variable::new(
    "MG_USERS_MAIL_DIR",
    kind::PATH,
    Preset::Value("./data/mail"),
    "The folder for `MG_USERS_MAIL=file`, made if it is not there. `dev --data DIR` puts it into \
     that folder.",
);

static FROM_ADDRESS: Variable<String> = Variable::new(
    "MG_EMAIL_FROM_ADDRESS",
    kind::TEXT,
    Preset::Value("users@example.com"),
    "The address that mails come from.",
);

static FROM_NAME: Variable<String> = Variable::new(
    "MG_EMAIL_FROM_NAME",
    kind::TEXT,
    Preset::Unset("none"),
    "The name that mails come from.",
);

static VERIFICATION_URL_PREFIX: Variable<LinkPrefix> = Variable::new(
    "MG_VERIFICATION_URL_PREFIX",
    LINK_PREFIX,
    Preset::Unset(OWN_ADDRESS),
    "What the link in a verification mail begins with; `?token=` and the code follow. Set it where \
     users reach the service under another address.",
);

static RESET_URL_PREFIX: Variable<LinkPrefix> = Variable::new(
    "MG_PASSWORD_RESET_URL_PREFIX",
    LINK_PREFIX,
    Preset::Unset(OWN_ADDRESS),
    "What the link in a reset mail begins with; `?token=` and the code follow. Set it where users \
     reach the service under another address.",
);

static VERIFICATION_TEMPLATE: Variable<PathBuf> = Variable::new(
    "MG_VERIFICATION_EMAIL_TEMPLATE",
    kind::PATH,
    Preset::Unset(BUILT_IN),
    "A file in Go's text/template syntax for the verification mail.",
);

static RESET_TEMPLATE: Variable<PathBuf> = Variable::new(
    "MG_PASSWORD_RESET_EMAIL_TEMPLATE",
    kind::PATH,
    Preset::Unset(BUILT_IN),
    "A file in Go's text/template syntax for the reset mail.",
);

static TEMPLATE: Variable<PathBuf> = Variable::new(
    "MG_EMAIL_TEMPLATE",
    kind::PATH,
    Preset::Unset("none"),
    "A template for both mails, where theirs is not set.",
);

static VERIFICATION_CODE_TTL: Variable<Duration> = Variable::new(
    "MG_USERS_VERIFICATION_CODE_TTL",
    kind::LIFETIME,
    Preset::Value("24h"),
    "How long the link in a verification mail works.",
);

static RESET_CODE_TTL: Variable<Duration> = Variable::new(
    "MG_USERS_RESET_CODE_TTL",
    kind::LIFETIME,
    Preset::Value("15m"),
    "How long the link in a reset mail works.",
);

pub(super) static SECTION: Section = Section {
    title: "Mail",
    entries: &[
        &MAIL.entry,
        &MAIL_DIR.entry,
        &FROM_ADDRESS.entry,
        &FROM_NAME.entry,
        &VERIFICATION_URL_PREFIX.entry,
        &RESET_URL_PREFIX.entry,
        &VERIFICATION_TEMPLATE.entry,
        &RESET_TEMPLATE.entry,
        &TEMPLATE.entry,
        &VERIFICATION_CODE_TTL.entry,
        &RESET_CODE_TTL.entry,
    ],
};

/// Where mails go, what they look like, what their links open.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Where they go.
    pub kind: MailKind,
    /// The folder for files.
    pub folder: PathBuf,
    /// Whom they come from.
    pub sender: Sender,
    /// What the link in a verification mail begins with; `None`: a page of our own.
    pub verification_url_prefix: Option<LinkPrefix>,
    /// What the link in a reset mail begins with; `None`: a page of our own.
    pub reset_url_prefix: Option<LinkPrefix>,
    /// The template of the verification mail; `None`: the built-in one.
    pub verification_template: Option<PathBuf>,
    /// The template of the reset mail; `None`: the built-in one.
    pub reset_template: Option<PathBuf>,
    /// How long the link in a verification mail works.
    pub verification_code_ttl: Duration,
    /// How long the link in a reset mail works.
    pub reset_code_ttl: Duration,
}

impl MailSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let kind = reader.required(&MAIL);
        let folder = reader.required(&MAIL_DIR);
        let address = reader.required(&FROM_ADDRESS);
        let name = reader.optional(&FROM_NAME).unwrap_or_default();
        let sender = address.and_then(|address| match Sender::parse(&name, &address) {
            Ok(sender) => Some(sender),
            Err(InvalidSender::Address) => {
                reader.refuse(&FROM_ADDRESS.entry, "an address such as users@example.com");
                None
            }
            Err(InvalidSender::Name) => {
                reader.refuse(&FROM_NAME.entry, "a name that can stand in a mail's header");
                None
            }
        });
        let verification_url_prefix = reader.optional(&VERIFICATION_URL_PREFIX);
        let reset_url_prefix = reader.optional(&RESET_URL_PREFIX);
        let template = reader.optional(&TEMPLATE);
        let verification_template = reader.optional(&VERIFICATION_TEMPLATE);
        let reset_template = reader.optional(&RESET_TEMPLATE);
        let verification_code_ttl = reader.required(&VERIFICATION_CODE_TTL);
        let reset_code_ttl = reader.required(&RESET_CODE_TTL);
        Some(Self {
            kind: kind?,
            folder: folder?,
            sender: sender?,
            verification_url_prefix,
            reset_url_prefix,
            verification_template: verification_template.or_else(|| template.clone()),
            reset_template: reset_template.or(template),
            verification_code_ttl: verification_code_ttl?,
            reset_code_ttl: reset_code_ttl?,
        })
    }

    /// Whether this version can do that, and if not, which setting to use.
    pub fn check_supported(&self) -> Result<(), Problem> {
        match self.kind {
            MailKind::File | MailKind::Log => Ok(()),
            MailKind::Smtp => Err(Problem::new(
                "MG_USERS_MAIL=smtp: this version sends no mail over SMTP; set MG_USERS_MAIL=file \
                 and MG_USERS_MAIL_DIR, or MG_USERS_MAIL=log, or start with `dev`",
            )),
        }
    }
}

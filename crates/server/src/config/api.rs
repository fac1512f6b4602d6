//! Settings of how answers are written.

use users_http::EnumFormat;

use super::reader::Reader;
use super::variable::{Kind, Preset, Section, Variable};

const ENUM_FORMAT: Kind<EnumFormat> = Kind {
    name: "choice",
    expected: "numbers or names",
    parse: |text| match text {
        "numbers" => Ok(EnumFormat::Numbers),
        "names" => Ok(EnumFormat::Names),
        _ => Err(None),
    },
};

static API_ENUMS: Variable<EnumFormat> = Variable::new(
    "MG_USERS_API_ENUMS",
    ENUM_FORMAT,
    Preset::Value("numbers"),
    "How `role` and `status` are written in answers: `numbers`, or `names` as the platform's SDKs \
     and UI need them. Both are always read.",
);

pub(super) static SECTION: Section = Section {
    title: "API",
    entries: &[&API_ENUMS.entry],
};

/// How answers are written.
#[derive(Clone, Copy, Debug)]
pub struct ApiSettings {
    /// How `role` and `status` are written.
    pub enums: EnumFormat,
}

impl ApiSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let enums = reader.required(&API_ENUMS);
        Some(Self { enums: enums? })
    }
}

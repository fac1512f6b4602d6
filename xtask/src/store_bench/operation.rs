//! What is measured of a store, and what is wanted of it.

/// One thing that a store does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    FindById,
    FindByEmail,
    FindByUsername,
    Insert,
    FirstPage,
    NextPage,
    DeepPage,
    Total,
    PartOfUsername,
    PartOfEmail,
    Tag,
    Metadata,
}

impl Operation {
    /// What changes the store comes last, so that it changes nothing for the others.
    pub(super) const ALL: [Self; 12] = [
        Self::FindById,
        Self::FindByEmail,
        Self::FindByUsername,
        Self::FirstPage,
        Self::NextPage,
        Self::DeepPage,
        Self::Total,
        Self::PartOfUsername,
        Self::PartOfEmail,
        Self::Tag,
        Self::Metadata,
        Self::Insert,
    ];

    /// For people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FindById => "find by id",
            Self::FindByEmail => "find by e-mail",
            Self::FindByUsername => "find by username",
            Self::Insert => "insert",
            Self::FirstPage => "first page",
            Self::NextPage => "next page by cursor",
            Self::DeepPage => "page in the depth by cursor",
            Self::Total => "total",
            Self::PartOfUsername => "search by part of the username",
            Self::PartOfEmail => "search by part of the e-mail",
            Self::Tag => "filter by tag",
            Self::Metadata => "filter by metadata",
        }
    }

    /// How many times as long it may take at the largest size as at the smallest.
    pub(super) const fn wanted_ratio(self) -> f64 {
        match self {
            Self::FindById
            | Self::FindByEmail
            | Self::FindByUsername
            | Self::Insert
            | Self::FirstPage
            | Self::NextPage
            | Self::DeepPage
            | Self::Total => 1.5,
            Self::PartOfUsername | Self::PartOfEmail | Self::Tag | Self::Metadata => 3.0,
        }
    }

    /// Whether it begins at one end of an order and stops after a page: it may go through an index of
    /// the whole table, since it does not go far.
    pub(super) const fn stops_early(self) -> bool {
        matches!(self, Self::FirstPage)
    }
}

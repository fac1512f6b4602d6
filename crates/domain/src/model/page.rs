//! A part of a longer list.

/// Some of the things that were asked for, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The things of this page, in order.
    pub items: Vec<T>,
    /// How many there are in all pages together.
    pub total: u64,
    /// Whether more of them follow this page.
    pub more: bool,
}

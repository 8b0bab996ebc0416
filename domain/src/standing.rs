//! Whether an account is in use.

/// Whether an account is in use, as everybody may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Standing {
    /// In use.
    #[default]
    Active,
    /// Put aside by its owner, who can take it up again.
    Deactivated,
    /// Gone for good; what its owner said in rooms may be there still.
    Deleted,
}

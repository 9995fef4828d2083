//! The invitation link: `https://host/#v1.<link id>.<link secret>.<inviter key>`, each part base64url without padding.

/// A parsed invitation link.
#[derive(Clone)]
pub struct Invitation {}

/// Why a text is no invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvitationError {
    /// It is none, or parts of it are missing.
    #[error("this is not a whole invitation link")]
    Malformed,
    /// A newer version of the link than this app knows.
    #[error("this invitation needs a newer version of the app")]
    NewerVersion,
}

impl Invitation {
    /// Reads a whole link, or only its fragment with or without `#`, with blanks around it.
    pub fn parse(_text: &str) -> Result<Self, InvitationError> {
        Err(InvitationError::Malformed)
    }

    /// Returns the fragment without `#`.
    pub fn fragment(&self) -> String {
        String::new()
    }
}

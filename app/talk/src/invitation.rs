//! The invitation link: `https://host/#v1.<link id>.<link secret>.<inviter key>.<check>`, each part base64url without padding.
//!
//! The check is the first four bytes of SHA-256(`"nonpaper/link/v1"` ‖ the other parts): without it a link in which one letter was
//! damaged would lead to a door where nobody ever answers. It proves nothing: that the digits do.
//! The fragment never reaches a server. The link holds no role and no party: the invitation op decides them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::{Decode, Encode};
use record::{AuthorKey, LinkId};
use room::{Channel, ChannelSecret};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A parsed invitation link. Holds a secret; has no Debug.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Invitation {
    #[n(0)]
    pub(crate) link: LinkId,
    #[cbor(n(1), with = "secret")]
    secret: Zeroizing<[u8; 32]>,
    #[n(2)]
    pub(crate) inviter: AuthorKey,
}

/// How the secret of a link is stored.
mod secret {
    use minicbor::bytes::ByteArray;
    use minicbor::decode::{Decode, Decoder, Error as DecodeError};
    use minicbor::encode::{Encode, Encoder, Error as EncodeError, Write};
    use zeroize::Zeroizing;

    pub(super) fn encode<C, W: Write>(
        secret: &Zeroizing<[u8; 32]>,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        ByteArray::from(**secret).encode(e, ctx)
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Zeroizing<[u8; 32]>, DecodeError> {
        ByteArray::<32>::decode(d, ctx).map(|secret| Zeroizing::new(*secret))
    }
}

/// Why a text is no invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvitationError {
    /// It is none, or parts of it are missing or damaged.
    #[error("this is not a whole invitation link")]
    Malformed,
    /// A newer version of the link than this app knows.
    #[error("this invitation needs a newer version of the app")]
    NewerVersion,
}

impl Invitation {
    pub(crate) fn new(link: LinkId, secret: [u8; 32], inviter: AuthorKey) -> Self {
        Self { link, secret: Zeroizing::new(secret), inviter }
    }

    /// Reads a link, or only its fragment, also when mail or chat programs broke it into lines, put brackets or a
    /// full stop round it, or words.
    pub fn parse(text: &str) -> Result<Self, InvitationError> {
        let unbroken: String = text.split_whitespace().collect();
        Self::parse_unbroken(&unbroken).or_else(|whole| {
            let mut words = text.split_whitespace().map(Self::parse_unbroken);
            words.find(|word| *word != Err(InvitationError::Malformed)).unwrap_or(Err(whole))
        })
    }

    fn parse_unbroken(text: &str) -> Result<Self, InvitationError> {
        let fragment = text.rsplit_once('#').map_or(text, |(_, fragment)| fragment);
        let of_link = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let fragment = fragment.trim_matches(|c| !of_link(c)).trim_end_matches('.');
        let mut parts = fragment.split('.');
        let version = parts.next().ok_or(InvitationError::Malformed)?;
        let number = version.strip_prefix('v').and_then(|number| number.parse::<u32>().ok());
        match number {
            Some(1) => {}
            Some(newer) if newer > 1 => return Err(InvitationError::NewerVersion),
            Some(_) | None => return Err(InvitationError::Malformed),
        }
        let link = LinkId(part(parts.next())?);
        let secret = part(parts.next())?;
        let inviter = AuthorKey(part(parts.next())?);
        let invitation = Self::new(link, secret, inviter);
        if part(parts.next())? != invitation.check() || parts.next().is_some() {
            return Err(InvitationError::Malformed);
        }
        Ok(invitation)
    }

    /// Returns which link.
    pub fn id(&self) -> LinkId {
        self.link
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// Returns the fragment without `#`. Secret.
    pub fn fragment(&self) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let parts = [&self.link.0[..], &*self.secret, &self.inviter.0, &self.check()].map(encode);
        format!("v1.{}", parts.join("."))
    }

    fn check(&self) -> [u8; 4] {
        let hash = Sha256::new().chain_update(b"nonpaper/link/v1").chain_update(self.link.0);
        let hash = hash.chain_update(*self.secret).chain_update(self.inviter.0).finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The channel on which both sides meet: HKDF-SHA256 of the link secret, info `"nonpaper/lobby/v1" ‖ link id`.
    pub(crate) fn lobby_secret(&self) -> ChannelSecret {
        Channel::derive(&*self.secret, &[b"nonpaper/lobby/v1", &self.link.0[..]].concat())
    }
}

fn part<const N: usize>(text: Option<&str>) -> Result<[u8; N], InvitationError> {
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or(InvitationError::Malformed)?;
    bytes.try_into().map_err(|_| InvitationError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Invitation {
        Invitation::new(LinkId([1; 16]), [2; 32], AuthorKey([3; 32]))
    }

    #[test]
    fn a_link_survives_its_text() {
        for text in [sample().fragment(), format!(" https://talks.example/#{}\n", sample().fragment())] {
            let parsed = Invitation::parse(&text).expect("a whole link");
            assert_eq!(parsed.fragment(), sample().fragment());
        }
    }

    #[test]
    fn what_mail_and_chat_programs_do_to_a_link_is_undone() {
        let link = format!("https://talks.example/#{}", sample().fragment());
        let (one, two) = link.split_at(60);
        let texts =
            [format!("<{link}>"), format!("{link}."), format!("Please join: {link} thanks"), format!("{one}\n  {two}")];
        for text in texts {
            let parsed = Invitation::parse(&text);
            assert!(parsed.is_ok_and(|parsed| parsed == sample()), "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_link_is_refused() {
        let whole = sample().fragment();
        for cut in 0..whole.len() {
            assert_eq!(Invitation::parse(&whole[..cut]).err(), Some(InvitationError::Malformed));
        }
        assert_eq!(Invitation::parse(&format!("{whole}.x")).err(), Some(InvitationError::Malformed));
        let letters = whole.char_indices().filter(|(at, letter)| *at > 2 && *letter != '.');
        for (at, letter) in letters {
            let damaged = [&whole[..at], if letter == 'Q' { "R" } else { "Q" }, &whole[at + 1..]].concat();
            assert_eq!(Invitation::parse(&damaged).err(), Some(InvitationError::Malformed), "{at}");
        }
        assert_eq!(Invitation::parse(&whole.replace("v1", "v2")).err(), Some(InvitationError::NewerVersion));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,200}") {
            if let Ok(invitation) = Invitation::parse(&text) {
                let unbroken: String = text.split_whitespace().collect();
                prop_assert!(unbroken.contains(&invitation.fragment()));
            }
        }
    }
}

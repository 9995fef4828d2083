//! Changing how what this browser keeps is unlocked, while it is open.
//!
//! The data key is not at hand: whoever wants a change shows once more what unlocks, so that nobody takes over what somebody
//! left open. Only the header is written, and the key of the browser with it; no row is sealed anew.

use std::sync::Arc;

use vault::{DataKey, Header, NotUnlocked, RecoveryCode};
use web_sys::CryptoKey;
use zeroize::Zeroizing;

use super::keeper::Keeper;
use super::keeping::{self, Closed, Gate, Kept, by_browser, put_passphrase};
use crate::shell::database::{Database, DatabaseError};
use crate::shell::passkey::{self, NoSecret};
use crate::shell::stretching::stretched;
use crate::shell::{browser_key, entropy};

/// What is to change.
pub enum Change {
    /// This passphrase from now on; the browser's own key goes.
    Passphrase(Zeroizing<String>),
    /// A passkey, in the place of an earlier one; the browser's own key goes.
    Passkey,
    /// No passphrase any more, where there is a passkey.
    NoPassphrase,
    /// No passkey any more, where there is a passphrase.
    NoPasskey,
    /// Another recovery code.
    NewCode,
    /// The browser's own key from now on; everything else goes.
    BrowserOnly,
}

/// A change that is made as soon as its recovery code is written down. Until then all is as it was.
#[derive(Clone)]
pub struct Prepared {
    /// The code to write down.
    pub code: Arc<Zeroizing<String>>,
    before: Vec<u8>,
    header: Header,
}

/// Why nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotChanged {
    /// What was shown does not unlock.
    Wrong,
    /// A passkey gave no secret.
    Passkey(NoSecret),
    /// The browser could not do it.
    Failed,
}

/// Changes how what is kept is unlocked. `shown` is the present passphrase or the recovery code, as typed; where it is empty the
/// passkey is asked, and where the browser's own key unlocks it is not looked at. Returns what is left to do when a recovery code has to be written down first.
///
/// # Errors
/// Says why all is as it was.
pub async fn change(change: Change, shown: Zeroizing<String>) -> Result<Option<Prepared>, NotChanged> {
    let keeper = keeping::keeper().ok_or(NotChanged::Failed)?;
    let before = keeper.database.header().await?.ok_or(NotChanged::Failed)?;
    let mut header = Header::decode(&before).map_err(|_| NotChanged::Failed)?;
    let key = unlocked(&keeper.database, &header, &shown).await?;
    let (mut by, mut needs_code) = (None, false);
    match change {
        Change::Passphrase(passphrase) => {
            put_passphrase(&mut header, &key, &passphrase).await.ok_or(NotChanged::Failed)?;
            needs_code = !header.kinds().recovery;
        }
        Change::Passkey => {
            put_passkey(&mut header, &key).await?;
            needs_code = !header.kinds().recovery;
        }
        Change::NoPassphrase if header.drop_passphrase() => {}
        Change::NoPasskey if header.drop_passkey() => {}
        // The page offers neither where it would be the last.
        Change::NoPassphrase | Change::NoPasskey => return Err(NotChanged::Failed),
        Change::NewCode => needs_code = true,
        Change::BrowserOnly => {
            let made = browser_key::make().await?;
            header.set_browser(browser_key::wrap(&made, &header.browser_aad(), key.expose()).await?);
            by = Some(made);
        }
    }
    if needs_code {
        let code = RecoveryCode::from_random(entropy::bytes());
        header.set_recovery(&key, &code, entropy::bytes());
        return Ok(Some(Prepared { code: Arc::new(code.text()), before, header }));
    }
    write(&keeper, &header, &before, by.as_ref()).await?;
    Ok(None)
}

/// Makes the change whose recovery code has been written down.
///
/// # Errors
/// Says why all is as it was.
pub async fn carry_out(prepared: Prepared) -> Result<(), NotChanged> {
    let keeper = keeping::keeper().ok_or(NotChanged::Failed)?;
    write(&keeper, &prepared.header, &prepared.before, None).await
}

async fn write(keeper: &Keeper, header: &Header, before: &[u8], by: Option<&CryptoKey>) -> Result<(), NotChanged> {
    keeper.database.replace_header(&header.encode(), before, by).await?;
    // Another tab may have taken it meanwhile.
    if keeping::keeper().is_some_and(|keeper| keeper.keeps()) {
        Gate::Open(Kept::by(header.kinds())).set();
    }
    Ok(())
}

async fn unlocked(database: &Database, header: &Header, shown: &str) -> Result<DataKey, NotChanged> {
    if header.kinds().browser {
        return Ok(by_browser(database, header).await?);
    }
    if shown.is_empty()
        && let Some((credential, salt)) = header.passkey()
    {
        let given = passkey::secret(credential, salt).await?;
        return Ok(header.by_passkey(credential, &given)?);
    }
    if let Ok(code) = RecoveryCode::read(shown)
        && let Ok(key) = header.by_recovery(&code)
    {
        return Ok(key);
    }
    let (salt, cost) = header.stretching().ok_or(NotChanged::Wrong)?;
    let stretched = stretched(shown, salt, cost).await.ok_or(NotChanged::Failed)?;
    Ok(header.by_stretched(&stretched)?)
}

/// Makes a new passkey and makes it a way: it is one only if it gives a secret.
pub(super) async fn put_passkey(header: &mut Header, key: &DataKey) -> Result<(), NoSecret> {
    let (credential, salt) = (passkey::make().await?, entropy::bytes());
    let given = passkey::secret(&credential, &salt).await?;
    header.set_passkey(key, &credential, salt, &given, entropy::bytes());
    Ok(())
}

impl From<NoSecret> for NotChanged {
    fn from(why: NoSecret) -> Self {
        Self::Passkey(why)
    }
}

impl From<NotUnlocked> for NotChanged {
    fn from(why: NotUnlocked) -> Self {
        match why {
            NotUnlocked::Wrong | NotUnlocked::NoSuchWay => Self::Wrong,
            NotUnlocked::Header => Self::Failed,
        }
    }
}

impl From<DatabaseError> for NotChanged {
    fn from(_: DatabaseError) -> Self {
        Self::Failed
    }
}

impl From<browser_key::Refused> for NotChanged {
    fn from(_: browser_key::Refused) -> Self {
        Self::Failed
    }
}

impl From<Closed> for NotChanged {
    fn from(_: Closed) -> Self {
        Self::Failed
    }
}

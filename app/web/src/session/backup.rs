//! Backup files: making one of the talks this browser keeps, and opening one here.

use talk::view::Standing;
use talk::{Backup, Error, Talk};
use vault::{BackupError, BackupHeader, open_backup, seal_backup};
use zeroize::Zeroizing;

use super::keeper::{Rows, talks_in};
use super::keeping::{keeper, settled, stretched_anew};
use super::{Running, all, forget};
use crate::shell::stretching::stretched;
use crate::shell::{clock, entropy};

/// Makes a backup file of all talks that are kept here and have a seat; returns it, and how many they are. None when nothing is
/// kept, or it cannot be read.
pub async fn back_up(passphrase: Zeroizing<String>) -> Option<(Vec<u8>, usize)> {
    let keeper = keeper()?;
    settled().await;
    let talks: Vec<Rows> = talks_in(keeper.rows().await?).into_iter().map(|(_, rows)| rows).collect();
    let backup = Backup::of(&talks, clock::now()).ok()?;
    let content = Zeroizing::new(backup.encode());
    let (key, cost, salt) = stretched_anew(&passphrase).await?;
    let header = BackupHeader::new(cost, salt, entropy::bytes());
    Some((seal_backup(&header, &key, &content), backup.talks.len()))
}

/// Why a backup file was not opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotOpened {
    /// Something is wrong with the file, or with the passphrase.
    File(BackupError),
    /// The browser could not do it.
    Failed,
}

/// Opens a backup file. Nothing has changed here when this returns.
///
/// # Errors
/// Says why not.
pub async fn open_file(file: &[u8], passphrase: Zeroizing<String>) -> Result<Backup, NotOpened> {
    let header = BackupHeader::read(file).map_err(NotOpened::File)?;
    let key = stretched(&passphrase, header.salt, header.cost).await.ok_or(NotOpened::Failed)?;
    let content = open_backup(file, &key).map_err(NotOpened::File)?;
    Backup::read(&content).map_err(|_| NotOpened::File(BackupError::Damaged))
}

/// Takes the talks of a backup in. Returns how many; those whose seat is here already are left as they are.
///
/// # Errors
/// As [`Talk::reopen`].
pub fn restore(backup: Backup) -> Result<usize, Error> {
    let mut came = 0;
    for rows in backup.talks {
        let talk = Talk::reopen(&rows, entropy::seed())?;
        let here = all().into_iter().find(|running| running.talk.borrow().me() == talk.me());
        if let Some(here) = here {
            if here.view().standing != Some(Standing::OpenedElsewhere) {
                continue;
            }
            forget(here.shown.id);
        }
        Running::restore(talk, rows);
        came += 1;
    }
    Ok(came)
}

//! Backup files: making one of the talks this browser keeps, and opening one here.

use std::rc::Rc;

use talk::view::Standing;
use talk::{Backup, Error, Talk};
use vault::{BackupError, BackupHeader, open_backup, seal_backup};
use zeroize::Zeroizing;

use super::keeper::{DRAFT, ENDED_AT, OPENED_AT, Rows, talks_in};
use super::keeping::{keeper, settled, stretched_anew};
use super::{Running, all};
use crate::shell::stretching::stretched;
use crate::shell::{clock, entropy};

/// How many talks are in a backup file, and how many are not because they cannot be opened.
#[derive(Clone, Copy, Debug)]
pub struct Backed {
    /// In it.
    pub talks: usize,
    /// Not in it.
    pub left_out: usize,
}

/// Makes a backup file of all talks that are kept here and have a seat; returns it, and what is in it. None when nothing is
/// kept, or it cannot be read.
pub async fn back_up(passphrase: Zeroizing<String>) -> Option<(Vec<u8>, Backed)> {
    let keeper = keeper()?;
    settled().await;
    let talks: Vec<Rows> = talks_in(keeper.rows().await?).into_iter().map(|(_, rows)| rows).collect();
    let backup = Backup::of(&talks, clock::now());
    let content = Zeroizing::new(backup.encode());
    let (key, cost, salt) = stretched_anew(&passphrase).await?;
    let header = BackupHeader::new(cost, salt, entropy::bytes());
    let backed = Backed { talks: backup.talks.len(), left_out: backup.left_out };
    Some((seal_backup(&header, &key, &content), backed))
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

/// Takes the talks of a backup in. Returns how many; those whose seat goes on here already are left as they are.
///
/// # Errors
/// As [`Talk::reopen`].
pub fn restore(backup: Backup) -> Result<usize, Error> {
    let mut came = 0;
    for rows in backup.talks {
        let talk = Talk::reopen(&rows, entropy::seed())?;
        // One that has stopped stays beside: it may hold what nobody else does.
        let goes_on = |running: &Rc<Running>| running.view().standing != Some(Standing::OpenedElsewhere);
        if all().iter().any(|running| running.talk.borrow().me() == talk.me() && goes_on(running)) {
            continue;
        }
        Running::restore(talk, rows.into_iter().filter(|(row, _)| comes_along(row)).collect());
        came += 1;
    }
    Ok(came)
}

/// Whether a row of the page's own comes along: warnings are told anew, and what a later build keeps is not known here.
fn comes_along(row: &[u8]) -> bool {
    row.first().is_none_or(|first| *first < OPENED_AT[0]) || [OPENED_AT, DRAFT, ENDED_AT].contains(&row)
}

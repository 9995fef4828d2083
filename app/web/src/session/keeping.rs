//! Whether this browser keeps the talks, how, and who opens them.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::{ArcRwSignal, Set, WithUntracked};
use vault::{Cost, Damaged, DataKey, Header, Kinds, Name, NotUnlocked, ROOT, RecoveryCode, Store, StoreId};
use wasm_bindgen_futures::spawn_local;
use zeroize::Zeroizing;

use super::keeper::{Keeper, talks_in};
use super::ways::put_passkey;
use super::{PAGE, Running, files, idle};
use crate::shell::database::{Database, DatabaseError, start_new_log};
use crate::shell::lock::{Asked, Held};
use crate::shell::mark::mark;
use crate::shell::passkey::{self, NoSecret};
use crate::shell::stretching::stretched;
use crate::shell::timer::pause;
use crate::shell::{browser_key, entropy, file_store, lock, remembered, storage, tab};

/// How many milliseconds what waits has to be written, before this tab locks or lets go of it.
const SETTLED_WITHIN: u32 = 2_000;
/// What rows hold, counted up when an older build could not read it.
const SCHEMA: u32 = 1;

/// What stands between the person and the talks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Gate {
    /// The page has only begun.
    Opening,
    /// Nothing is kept here. The first talk decides whether anything will be.
    Fresh {
        /// A store was here, and the browser has deleted it.
        was_deleted: bool,
    },
    /// What is kept here has to be unlocked, in one of these ways.
    Locked(Kinds),
    /// A store was made; its recovery code is shown this once.
    Recovery {
        /// The code.
        code: Arc<Zeroizing<String>>,
        /// How the store is unlocked from now on.
        kinds: Kinds,
    },
    /// The talks are open.
    Open(Kept),
    /// The talks are open in another tab.
    Elsewhere,
    /// What is kept here is not what was written.
    Damaged(Damaged),
    /// What is kept here cannot be read just now.
    CannotRead,
}

/// How this browser keeps the talks that are open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// Under a key of the browser's own.
    Browser,
    /// Under what has to be shown each time, in one of these ways.
    Locking(Kinds),
    /// Not at all.
    Nothing(WhyNothing),
}

/// Why nothing is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyNothing {
    /// The person chose so.
    Chosen,
    /// The browser offers no storage, as in private windows.
    NoStorage,
    /// The browser has taken the storage away while the talks were open.
    Gone,
}

/// What the person chooses with the first talk.
#[derive(Clone)]
pub enum Choice {
    /// Keep the talks under a key of the browser's own.
    Browser,
    /// Keep the talks under a passphrase.
    Passphrase(Zeroizing<String>),
    /// Keep the talks under a passkey, which is made now.
    Passkey,
    /// Keep nothing.
    Nothing,
}

/// Why what was chosen with the first talk could not be. It can be chosen again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotChosen {
    /// The passkey gave no secret.
    Passkey(NoSecret),
    /// The browser does not give the memory a passphrase needs.
    Failed,
}

/// What is kept here, still locked.
pub(super) struct Locked {
    database: Database,
    lock: Held,
    header: Header,
    rows: Vec<(Name, Vec<u8>)>,
}

/// Returns what stands between the person and the talks; tells when it changes.
pub fn gate() -> ArcRwSignal<Gate> {
    PAGE.with(|page| page.gate.clone())
}

/// Returns whether talks are kept when the page is closed.
pub fn keeps() -> bool {
    keeper().is_some_and(|keeper| keeper.keeps())
}

/// Returns whether what is to be kept cannot be written for now, if anything is kept; tells when it changes.
pub fn stuck() -> Option<ArcRwSignal<bool>> {
    keeper().map(|keeper| keeper.stuck.clone())
}

/// Returns how many of the talks that are kept cannot be read.
pub fn unreadable() -> usize {
    PAGE.with(|page| page.unreadable.get())
}

/// Tries at once to write what could not be written.
pub fn try_again() {
    if let Some(keeper) = keeper() {
        keeper.try_again();
    }
}

/// Returns whether passkeys can be a way here; tells when that is known.
pub fn offers_passkeys() -> ArcRwSignal<bool> {
    PAGE.with(|page| page.offers_passkeys.clone())
}

/// Opens what this browser keeps, if it keeps anything.
pub async fn begin() {
    // Some browsers take their time to tell: nobody waits for it.
    spawn_local(async { offers_passkeys().set(passkey::offered().await) });
    open(false).await.unwrap_or_else(Gate::from).set();
}

/// Opens here what is open in another tab, which lets go of it.
pub async fn take_over() {
    open(true).await.unwrap_or_else(Gate::from).set();
}

/// Makes the choice of the first talk come true, if it was not made before. Returns whether a talk can begin here now.
///
/// # Errors
/// Says why it has to be made again.
pub async fn choose(choice: Choice) -> Result<bool, NotChosen> {
    if PAGE.with(|page| page.choosing.replace(true)) {
        // The form was sent twice.
        return Ok(false);
    }
    let chosen = choose_once(choice).await;
    PAGE.with(|page| page.choosing.set(false));
    chosen
}

async fn choose_once(choice: Choice) -> Result<bool, NotChosen> {
    if PAGE.with(|page| page.gate.with_untracked(|gate| matches!(gate, Gate::Fresh { .. }))) {
        let made = match choice {
            Choice::Nothing => Ok(Gate::Open(Kept::Nothing(WhyNothing::Chosen))),
            Choice::Browser | Choice::Passphrase(_) | Choice::Passkey => make(Fresh::by(choice).await?).await,
        };
        made.unwrap_or_else(Gate::from).set();
    }
    Ok(PAGE.with(|page| page.gate.with_untracked(|gate| matches!(gate, Gate::Open(_) | Gate::Recovery { .. }))))
}

/// The person has written the recovery code down.
pub fn code_is_written_down() {
    let kinds = PAGE.with(|page| {
        page.gate.with_untracked(|gate| if let Gate::Recovery { kinds, .. } = gate { Some(*kinds) } else { None })
    });
    if let Some(kinds) = kinds {
        Gate::Open(Kept::by(kinds)).set();
    }
}

/// Unlocks by the passphrase. Takes about a second, on purpose.
///
/// # Errors
/// Says why not; then it can be tried again.
pub async fn unlock(passphrase: Zeroizing<String>) -> Result<(), NotUnlocked> {
    let stretching = PAGE.with(|page| page.locked.borrow().as_ref().and_then(|locked| locked.header.stretching()));
    let (salt, cost) = stretching.ok_or(NotUnlocked::NoSuchWay)?;
    let stretched = stretched(&passphrase, salt, cost).await.ok_or(NotUnlocked::Header)?;
    mark("stretched");
    unlock_by(|header| header.by_stretched(&stretched))
}

/// Unlocks by the recovery code, as typed.
///
/// # Errors
/// Says why not; then it can be tried again.
pub fn unlock_by_code(typed: &str) -> Result<(), NotUnlocked> {
    let code = RecoveryCode::read(typed).map_err(|_| NotUnlocked::Wrong)?;
    unlock_by(|header| header.by_recovery(&code))
}

/// Unlocks by the passkey.
///
/// # Errors
/// Says why not; then it can be tried again.
pub async fn unlock_by_passkey() -> Result<(), NoSecret> {
    let asked = PAGE.with(|page| {
        let locked = page.locked.borrow();
        let (credential, salt) = locked.as_ref()?.header.passkey()?;
        Some((credential.to_vec(), *salt))
    });
    let (credential, salt) = asked.ok_or(NoSecret::Unable)?;
    let given = passkey::secret(&credential, &salt).await?;
    unlock_by(|header| header.by_passkey(&credential, &given)).map_err(|_| NoSecret::Unable)
}

fn unlock_by(key: impl FnOnce(&Header) -> Result<DataKey, NotUnlocked>) -> Result<(), NotUnlocked> {
    let Some(locked) = PAGE.with(|page| page.locked.take()) else { return Err(NotUnlocked::NoSuchWay) };
    match key(&locked.header) {
        Ok(key) => {
            enter(locked, &key).unwrap_or_else(Gate::from).set();
            Ok(())
        }
        Err(why) => {
            PAGE.with(|page| page.locked.replace(Some(locked)));
            Err(why)
        }
    }
}

/// Locks what is kept: every secret leaves the memory with the page.
pub async fn lock_up() {
    settled().await;
    tab::reload();
}

/// Has everything written that waits for it, drafts too; gives up after a while.
pub(super) async fn settled() {
    super::all().iter().for_each(|talk| talk.keep_draft());
    let Some(keeper) = keeper() else { return };
    for _ in 0..SETTLED_WITHIN / 20 {
        if !keeper.is_behind() {
            return;
        }
        pause(20).await;
    }
}

/// Deletes everything that is kept here: the keys first, then the rest. Returns whether nothing is left.
pub async fn leave_this_computer() -> bool {
    let keeper = PAGE.with(|page| page.keeper.take());
    super::drop_all();
    if let Some(keeper) = &keeper {
        keeper.stop();
    }
    drop(keeper);
    drop(PAGE.with(|page| page.locked.take()));
    remembered::clear();
    let no_files = file_store::erase().await;
    let erased = match Database::find().await {
        Ok(Some(database)) => database.erase().await.is_ok(),
        Ok(None) => true,
        Err(_) => return false,
    };
    let left = match Database::find().await {
        Ok(Some(database)) => !matches!(database.header().await, Ok(None)),
        Ok(None) => false,
        Err(_) => true,
    };
    Gate::Fresh { was_deleted: false }.set();
    erased && !left && no_files
}

/// Another tab wants what is kept, or has taken it.
fn asked_for(how: Asked) {
    match how {
        Asked::Politely => spawn_local(async {
            settled().await;
            lost_to_another_tab();
        }),
        Asked::Taken => lost_to_another_tab(),
    }
}

/// Another tab has what is kept: nothing here is true any more.
pub(super) fn lost_to_another_tab() {
    if let Some(keeper) = PAGE.with(|page| page.keeper.take()) {
        keeper.stop();
    }
    drop(PAGE.with(|page| page.locked.take()));
    super::drop_all();
    Gate::Elsewhere.set();
}

/// From now on nothing is kept.
pub(super) fn keeps_nothing_now(why: WhyNothing) {
    remembered::clear();
    Gate::Open(Kept::Nothing(why)).set();
}

pub(super) fn keeper() -> Option<Rc<Keeper>> {
    PAGE.with(|page| page.keeper.borrow().clone())
}

impl Kept {
    /// How a store is kept that has these ways.
    pub(super) fn by(kinds: Kinds) -> Self {
        if kinds.browser { Self::Browser } else { Self::Locking(kinds) }
    }
}

impl Gate {
    /// How the talks are kept, if they are open.
    pub fn kept(&self) -> Option<Kept> {
        match self {
            Self::Open(kept) => Some(*kept),
            Self::Opening
            | Self::Fresh { .. }
            | Self::Locked(_)
            | Self::Recovery { .. }
            | Self::Elsewhere
            | Self::Damaged(_)
            | Self::CannotRead => None,
        }
    }

    pub(super) fn set(self) {
        PAGE.with(|page| page.gate.set(self));
    }
}

/// Why the store is not open.
pub(super) enum Closed {
    Elsewhere,
    NoStorage,
    /// There is one, and it cannot be read.
    CannotRead,
    Damaged(Damaged),
}

impl From<Closed> for Gate {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Elsewhere => Self::Elsewhere,
            Closed::NoStorage => Self::Open(Kept::Nothing(WhyNothing::NoStorage)),
            Closed::Damaged(why) => Self::Damaged(why),
            Closed::CannotRead => Self::CannotRead,
        }
    }
}

impl From<DatabaseError> for Closed {
    fn from(_: DatabaseError) -> Self {
        Self::NoStorage
    }
}

impl From<browser_key::Refused> for Closed {
    fn from(_: browser_key::Refused) -> Self {
        Self::NoStorage
    }
}

async fn open(by_force: bool) -> Result<Gate, Closed> {
    let fresh = Gate::Fresh { was_deleted: remembered::is_set() };
    let Some(database) = Database::find().await? else { return Ok(fresh) };
    if database.header().await?.is_none() {
        return Ok(fresh);
    }
    let held = if by_force { lock::take_over(asked_for).await } else { lock::take(asked_for).await };
    let lock = held.ok_or(Closed::Elsewhere)?;
    spawn_local(start_new_log());
    // Read under the lock: the tab that had it may have changed it.
    let header = database.header().await.ok().flatten().ok_or(Closed::CannotRead)?;
    let header = Header::decode(&header).map_err(|_| Closed::Damaged(Damaged::Root))?;
    // Nobody waits for it yet; who has typed a passphrase does.
    let rows = database.rows().await.map_err(|_| Closed::CannotRead)?;
    mark("rows read");
    let locked = Locked { database, lock, header, rows };
    if locked.header.wrapped_by_browser().is_some() {
        let key = by_browser(&locked.database, &locked.header).await?;
        return enter(locked, &key);
    }
    let kinds = locked.header.kinds();
    PAGE.with(|page| page.locked.replace(Some(locked)));
    Ok(Gate::Locked(kinds))
}

pub(super) async fn by_browser(database: &Database, header: &Header) -> Result<DataKey, Closed> {
    let damaged = Closed::Damaged(Damaged::Root);
    let by = database.browser_key().await.map_err(|_| Closed::CannotRead)?;
    let (Some(wrapped), Some(key)) = (header.wrapped_by_browser(), by) else {
        return Err(damaged);
    };
    let bytes = browser_key::unwrap(&key, &header.browser_aad(), wrapped).await;
    let bytes = bytes.ok().and_then(|bytes| bytes.as_slice().try_into().ok()).ok_or(damaged)?;
    Ok(DataKey::from_random(bytes))
}

fn enter(locked: Locked, key: &DataKey) -> Result<Gate, Closed> {
    let Locked { database, lock, header, rows } = locked;
    let root = rows.iter().find(|(name, _)| *name == ROOT).map(|(_, value)| value.clone());
    let (store, rows) = Store::open(header.store, key, SCHEMA, rows).map_err(Closed::Damaged)?;
    mark("rows opened");
    files::stop();
    idle::restore(&rows);
    PAGE.with(|page| page.keeper.replace(Some(Keeper::new(database, store, root, lock))));
    let reopened = talks_in(rows).into_iter().map(|(id, rows)| Running::reopen(id, rows));
    // The root vouches that these are the rows that were written: one that cannot be read must not shut the others out.
    let unreadable = reopened.filter(Result::is_err).count();
    mark("talks opened");
    PAGE.with(|page| page.unreadable.set(unreadable));
    if unreadable == 0 {
        files::tidy();
    }
    Ok(Gate::Open(Kept::by(header.kinds())))
}

/// A store that is about to be made.
struct Fresh {
    header: Header,
    key: DataKey,
    /// Where something has to be shown each time.
    code: Option<RecoveryCode>,
}

impl Fresh {
    async fn by(choice: Choice) -> Result<Self, NotChosen> {
        let mut header = Header::new(StoreId(entropy::bytes()));
        let key = DataKey::from_random(entropy::bytes());
        match choice {
            Choice::Passphrase(passphrase) => {
                put_passphrase(&mut header, &key, &passphrase).await.ok_or(NotChosen::Failed)?;
            }
            Choice::Passkey => put_passkey(&mut header, &key).await.map_err(NotChosen::Passkey)?,
            Choice::Browser | Choice::Nothing => return Ok(Self { header, key, code: None }),
        }
        let code = RecoveryCode::from_random(entropy::bytes());
        header.set_recovery(&key, &code, entropy::bytes());
        Ok(Self { header, key, code: Some(code) })
    }
}

/// Makes an empty store; where nothing has to be shown for it, under a key of the browser's own.
async fn make(fresh: Fresh) -> Result<Gate, Closed> {
    let Fresh { mut header, key, code } = fresh;
    let database = Database::open().await?;
    let lock = lock::take(asked_for).await.ok_or(Closed::Elsewhere)?;
    if database.header().await?.is_some() {
        // Another tab was quicker.
        return Err(Closed::Elsewhere);
    }
    // A death before the header was written left something.
    database.clear().await?;
    let gate = if let Some(code) = code {
        Gate::Recovery { code: Arc::new(code.text()), kinds: header.kinds() }
    } else {
        let by = browser_key::make().await?;
        database.put_browser_key(&by).await?;
        header.set_browser(browser_key::wrap(&by, &header.browser_aad(), key.expose()).await?);
        Gate::Open(Kept::Browser)
    };
    let mut store = Store::new(header.store, &key, SCHEMA);
    let first = store.seal(&vault::Batch::default(), |nonce| entropy::fill(nonce));
    database.write(&first, None).await?;
    // Only what has a header is a store.
    database.put_header(&header.encode()).await?;
    storage::persist();
    remembered::set();
    let root = Some(first.root().to_vec());
    PAGE.with(|page| page.keeper.replace(Some(Keeper::new(database, store, root, lock))));
    Ok(gate)
}

/// Makes a passphrase a way.
pub(super) async fn put_passphrase(header: &mut Header, key: &DataKey, passphrase: &str) -> Option<()> {
    let (stretched, cost, salt) = stretched_anew(passphrase).await?;
    header.set_stretched(key, &stretched, cost, salt, entropy::bytes());
    Some(())
}

/// Stretches a new passphrase; with less memory where the browser does not give so much.
pub(super) async fn stretched_anew(passphrase: &str) -> Option<(Zeroizing<[u8; 32]>, Cost, [u8; 16])> {
    for cost in [Cost::FULL, Cost::SMALL] {
        let salt = entropy::bytes();
        if let Some(stretched) = stretched(passphrase, salt, cost).await {
            return Some((stretched, cost, salt));
        }
    }
    None
}

//! Own commits: from an admission to a seat in the tree.

use minicbor::bytes::ByteVec;
use record::{Add, Body, OpId};

use crate::frame::{Addition, Commit, Signed};
use crate::input::{Effect, Error, Millis};
use crate::mls::KeyPackage;
use crate::room::Room;

/// Most people admitted and not yet in the tree.
const ADMISSIONS: usize = 64;

/// Somebody admitted and not yet in the tree.
pub(crate) struct Admission {
    add: Add,
    key_package: KeyPackage,
    intent: OpId,
}

/// The one own commit on a state. There is never a second: it would re-use what the first one did.
pub(crate) struct OwnCommit {
    pub(crate) commit: Signed<Commit>,
    welcome: Vec<u8>,
}

impl Room {
    pub(crate) fn admit(&mut self, add: Add, key_package: KeyPackage, now: Millis) -> Result<(), Error> {
        let link = self.table.links.get(&add.link).ok_or(Error::NotNow)?;
        let usable = link.author == self.me() && !link.revoked && link.spent.is_none();
        let fits = add.seat == key_package.seat() && add.key_package == key_package.hash();
        let seated = self.table.seat(&add.seat).is_some();
        if !usable || !fits || seated || self.admissions.len() >= ADMISSIONS {
            return Err(Error::NotNow);
        }
        let intent = self.say(Body::Add(add.clone()), now)?.id();
        self.admissions.push(Admission { add, key_package, intent });
        self.commit_admissions(now)
    }

    /// Stages one commit for everybody admitted, unless one is on its way from this state or nobody would hear it.
    pub(crate) fn commit_admissions(&mut self, now: Millis) -> Result<(), Error> {
        let seated = self.graph.roster(&self.tip).ok_or(Error::Bug("no roster of the tip"))?.clone();
        self.admissions.retain(|admission| !seated.contains_key(&admission.add.seat));
        if self.admissions.is_empty() || !self.connected || self.own_commits.contains_key(&self.tip) {
            return Ok(());
        }
        // One key package that MLS will not add must not keep the others out: then each is tried by itself.
        let mut together = self.admissions.len();
        while !self.admissions.is_empty() {
            let key_packages: Vec<KeyPackage> =
                self.admissions[..together].iter().map(|a| a.key_package.clone()).collect();
            if self.stage_commit(&key_packages, self.citations(together), now).is_ok() {
                return Ok(());
            }
            if together == 1 {
                self.admissions.remove(0);
            }
            together = 1;
        }
        Ok(())
    }

    /// Stages the one own commit on the tip and sends it; it is merged when it comes back.
    pub(crate) fn stage_commit(
        &mut self,
        key_packages: &[KeyPackage],
        cited: Vec<ByteVec>,
        now: Millis,
    ) -> Result<(), Error> {
        let staged = self.group.stage(key_packages, &self.key)?;
        self.images.keep(&self.group, self.tip)?;
        let addition = |k: &KeyPackage| Addition { seat: k.seat(), key_package: k.hash() };
        let mut adds: Vec<Addition> = key_packages.iter().map(addition).collect();
        adds.sort();
        self.counter += 1;
        let commit = Commit {
            room: self.id,
            parent: self.tip,
            new_state: staged.new_state,
            author: self.me(),
            counter: self.counter,
            adds,
            removes: Vec::new(),
            cited,
            mls: staged.commit.into(),
        };
        let commit = Signed::sign(commit, &self.key);
        self.own_commits.insert(self.tip, OwnCommit { commit, welcome: staged.welcome });
        self.resend_commit(now);
        Ok(())
    }

    /// The intents and the invitations they rest on.
    fn citations(&self, together: usize) -> Vec<ByteVec> {
        let cited = self.record.control().filter(|op| {
            self.admissions[..together].iter().any(|admission| match op.body() {
                Some(Body::Invite(invite)) => invite.link == admission.add.link && op.author() == self.me(),
                Some(_) | None => op.id() == admission.intent,
            })
        });
        cited.map(|op| op.encode().into()).collect()
    }

    /// Sends the own commit on the tip, first or again: always the same bytes.
    pub(crate) fn resend_commit(&mut self, now: Millis) {
        let Some(own) = self.own_commits.get(&self.tip) else { return };
        let message = own.commit.encode();
        self.send(message);
        self.pacing.resend_after(now);
    }

    /// Hands the newcomers of the own commit just arrived at to the door.
    pub(crate) fn welcome_admitted(&mut self) {
        let Some(commit) = self.graph.commit_to(&self.tip).cloned() else { return };
        let Some(own) = self.own_commits.get(&commit.body.parent) else { return };
        if own.commit.id() != commit.id() {
            return;
        }
        let welcome = own.welcome.clone();
        for addition in &commit.body.adds {
            if let Some(entry) = self.entry_for(&addition.seat, &welcome) {
                self.effects.push(Effect::Welcome { seat: addition.seat, entry });
            }
        }
    }
}

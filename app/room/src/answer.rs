//! Answering others: the ops and commits they lack, never more than they may read.

use std::collections::BTreeSet;

use record::{AuthorKey, Op, OpId};
use wire::Topic;

use crate::bounds;
use crate::channel::MESSAGE_BYTES;
use crate::frame::{Answer, Given, Hello, Signed, Want};
use crate::input::{Error, Millis};
use crate::mls::seal_to;
use crate::pacing::{ANSWER_MS, DueAnswer, Question, between};
use crate::room::Room;

/// How many bytes of ops one answer holds; one op is always sent, however long.
const PAGE_BYTES: usize = 48 * 1024;
/// How many bytes of commits one answer holds.
const WAY_BYTES: usize = MESSAGE_BYTES / 4;

impl Room {
    pub(crate) fn receive_want(&mut self, want: Signed<Want>, on: Topic, now: Millis) -> Result<(), Error> {
        if want.body.author == self.me() {
            return Ok(());
        }
        if !self.is_peer(&want.body.author) {
            return Err(Error::PeerMisbehaved("a want by no seat of the room"));
        }
        let (page, removals) = (self.page_for(&want.body).0.len(), self.untold_removals(&want.body).count());
        if page > 0 {
            let mut at = now + between(ANSWER_MS, &mut self.rng);
            if page <= removals {
                // Who asks may know of them: whoever has more to give goes first, and is not silenced.
                at += ANSWER_MS.1;
            }
            let (hash, asker) = (want.hash(), want.body.author);
            self.pacing.answer(asker, DueAnswer { at, hash, on, question: Question::Want(want.body) });
        }
        Ok(())
    }

    /// The next ops for an asker, never more than it may read, and whether there are more.
    fn page_for(&self, want: &Want) -> (Vec<Given>, bool) {
        let (mut page, mut bytes) = (Vec::new(), 0);
        let mut stuck: BTreeSet<OpId> = BTreeSet::new();
        let asked = |author: &AuthorKey| !want.only_these || want.vector.head(author).is_some();
        // Who asked in vain before is given also what follows on ops that nobody may have any more.
        let joins = |author: &AuthorKey| want.apart || self.record.joins_on(&want.vector, author);
        let gaps = want
            .gaps
            .iter()
            .take(bounds::GAPS)
            .flat_map(|gap| self.record.within(gap, want.apart))
            .map(|op| (op, true));
        let beyond = self.record.beyond(&want.vector).filter(|op| joins(&op.author())).map(|op| (op, false));
        // Or the table changed by ops from before the base, and their author does not remember.
        let cited = self.record.cited_beside(&want.vector).filter(|_| want.apart).map(|op| (op, true));
        let removals = self.untold_removals(want).map(|op| (op, true));
        for (op, in_gap) in removals.chain(gaps).chain(cited).chain(beyond) {
            if !asked(&op.author()) {
                continue;
            }
            let follows_on_stuck = stuck.contains(&op.previous());
            let Some(encoded) = self.as_readable(op, &want.author).filter(|_| !follows_on_stuck) else {
                // Without this op the asker cannot take those that follow on it, unless it takes them apart.
                if !in_gap && !want.apart {
                    stuck.insert(op.id());
                }
                continue;
            };
            if !page.is_empty() && bytes + encoded.len() > PAGE_BYTES {
                return (page, true);
            }
            bytes += encoded.len();
            page.push(Given::Op(encoded.into()));
        }
        (page, false)
    }

    /// The ops that took this seat away and of which the asker does not tell.
    fn untold_removals(&self, want: &Want) -> impl Iterator<Item = &Op> {
        self.own_removals().filter(|op| !want.vector.tells_of(&op.author(), &op.id()))
    }

    /// An op as far as the asker may read it: whole for its readers, the header for others. None when this
    /// seat holds less than the asker may read.
    fn as_readable(&self, op: &Op, asker: &AuthorKey) -> Option<Vec<u8>> {
        // Of a state from before this seat joined it cannot tell the readers: it tells only those who joined later.
        let place = |key: &AuthorKey| self.table.seats.iter().position(|seat| seat.key == *key);
        let readers = self.graph.readers(&op.origin());
        if !op.kind().is_control() && readers.is_none() && place(asker) < place(&self.me()) {
            return None;
        }
        let reader = readers.is_some_and(|roster| roster.contains_key(asker));
        if op.kind().is_control() || reader {
            return op.body().map(|_| op.encode());
        }
        Some(op.encode_withheld())
    }

    /// What somebody on the channel of an old era is told: the way to here; or, if it was taken away, only that.
    fn way_for(&mut self, hello: &Hello) -> Vec<Given> {
        if self.table.removed.contains_key(&hello.author) {
            return self.removals_of(&hello.author);
        }
        let (mut given, mut bytes) = (Vec::new(), 0);
        for id in self.graph.commits_for(hello.root, hello.tip, &hello.newest.0).into_iter().take(bounds::REPLAYED) {
            let Some(commit) = self.graph.commit(&id) else { continue };
            let frame = commit.encode();
            bytes += frame.len();
            if bytes > WAY_BYTES {
                break;
            }
            given.push(Given::Frame(frame.into()));
        }
        given.extend(self.stands.all().take(bounds::STANDS_TOLD).map(|stand| Given::Frame(stand.encode().into())));
        let seated = self.graph.roster(&self.tip).is_some_and(|roster| roster.contains_key(&hello.author));
        if self.group.is_some() && (!seated || !self.graph.knows_state(&hello.tip)) {
            // It cannot walk here, and may not even know of its seat: what is held here it hears nowhere else.
            given.push(Given::Frame(self.beacon().into()));
        }
        given
    }

    /// The ops that took a seat away, those by who may first.
    fn removals_of(&self, seat: &AuthorKey) -> Vec<Given> {
        let by = self.table.removed.get(seat).map(|removal| removal.by);
        let mut removals: Vec<&Op> = self.record.control().filter(|op| op.removes(seat)).collect();
        removals.sort_by_key(|op| (Some(op.author()) != by, op.number()));
        let mut bytes = 0;
        let encoded = removals.into_iter().map(Op::encode).take_while(|op| {
            bytes += op.len();
            bytes <= PAGE_BYTES
        });
        encoded.map(|op| Given::Op(op.into())).collect()
    }

    pub(crate) fn send_answer(&mut self, due: &DueAnswer) {
        let (page, more, one_time) = match &due.question {
            Question::Want(want) => {
                let (page, more) = self.page_for(want);
                (page, more, want.one_time.clone())
            }
            Question::Hello(hello) => (self.way_for(hello), false, hello.one_time.clone()),
        };
        let Ok(plain) = minicbor::to_vec(&page) else { return };
        // A want whose one-time key is none gets no answer.
        let sealed = seal_to(self.rules.suite, &one_time, &due.hash, &plain);
        if let Ok(sealed) = sealed
            && !page.is_empty()
        {
            self.send_on(due.on, Answer { want: due.hash, more, sealed }.encode());
        }
    }
}

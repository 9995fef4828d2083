//! From the state of a talk to what a page shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::{
    AuthorKey, Authority, Body, Kind, LinkId, Manifest, Note, Op, OpId, Party, PartyRef, Role, Seat, Table, WhoAdmits,
};
use room::Room;

use crate::alarms;
use crate::briefing::Briefings;
use crate::door::{Knocking, Newcomer};
use crate::input::{Millis, PartyChoice};
use crate::invitation::Invitation;
use crate::side_room::Side;
use crate::talk::{Place, Talk};
use crate::view::{
    CharterView, Confirmed, FileView, Invites, KnockView, LinkView, NoteView, NumberView, PartyView, Phase,
    ProposalView, Readers, Rights, SeatView, Stage, Standing, TalkView, WishView,
};

/// Notes as last shown, in order, so that what did not change is not made again.
#[derive(Default)]
pub(crate) struct NoteCache {
    notes: Arc<Vec<Arc<NoteView>>>,
    briefings: Briefings,
}

impl Talk {
    /// Returns what to show.
    pub fn view(&mut self, now: Millis) -> TalkView {
        self.hear_calls();
        let mut notes = std::mem::take(&mut self.notes);
        let view = match &self.place {
            Place::AtTheDoor(newcomer) => self.outside(at_the_door(newcomer)),
            Place::TurnedAway(why) => self.outside(Phase::TurnedAway(*why)),
            Place::Seated(room) => self.seated(room, &mut notes, now),
        };
        self.notes = notes;
        view
    }

    fn seated(&self, room: &Room, notes: &mut NoteCache, now: Millis) -> TalkView {
        let table = room.table();
        let role = room.roster().get(&room.me()).copied().filter(|_| self.may_act() && !self.has_ended());
        let (notes, without_text) = notes.refresh(room, self.side.as_ref());
        let parties: Vec<PartyView> = table
            .parties
            .iter()
            .enumerate()
            .map(|(place, party)| PartyView {
                id: party.id,
                name: party.name.text(),
                hue: hue(self.side.as_ref(), party, place),
            })
            .collect();
        TalkView {
            phase: Phase::Seated,
            room: Some(room.id()),
            side_of: self.side.as_ref().map(|side| side.plenary),
            came_by: self.came_by.as_ref().map(Invitation::id),
            calls: self.calls.heard.clone(),
            title: table.title.as_ref().map(|title| title.text()).unwrap_or_default(),
            who_admits: table.who_admits,
            charter: self.charter_view(room),
            standing: Some(standing(room)),
            alarms: alarms::of(room),
            number: number(room),
            seats: self.seats(room),
            gone: table.removed.keys().copied().collect(),
            readers: readers(room),
            notes,
            withheld: room.earlier_notes() as usize + without_text,
            door: self.door(table, now),
            proposals: self.proposals(table),
            links: self.links(table, now),
            rights: Rights {
                write: role.is_some_and(Role::writes),
                give_files: role.is_some_and(Role::gives_files),
                invite: self.invites(role, table),
                side_rooms: self.side.is_none() && role.is_some_and(Role::admits),
            },
            unsent: room.unsent().filter(|id| room.op(id).is_some_and(|op| is_shown(op.kind()))).count(),
            parties,
        }
    }

    fn seats(&self, room: &Room) -> Vec<SeatView> {
        let (table, me) = (room.table(), room.me());
        let roster = room.roster();
        let seated = table.seated().filter(|seat| roster.contains_key(&seat.key));
        let (here, may_act) = (self.is_at_the_table(), self.may_act());
        let mut seats: Vec<SeatView> = seated
            .map(|seat| SeatView {
                key: seat.key,
                name: seat.name.text(),
                party: table.party(&seat.party).map_or(0, |(index, _)| index),
                role: seat.role,
                you: seat.key == me,
                confirmed: self.confirmed(room, seat),
                heard: room.heard(&seat.key),
                pairwise: (here && seat.key != me).then(|| room.pairwise(&seat.key).to_string().into()),
                compared: self.compared.contains(&seat.key),
                comparable: self.side.is_none(),
                may_remove: if may_act && !is_for_good(table, &me, seat) {
                    table.may_remove(&me, &seat.key)
                } else {
                    Authority::None
                },
                callable: seat.key != me && seat.call_key.is_some() && seat.role.writes(),
                wished_away_by: wishes(table, &me, &seat.key),
            })
            .collect();
        seats.sort_by_key(|seat| seat.party);
        seats
    }

    fn confirmed(&self, room: &Room, seat: &Seat) -> Confirmed {
        let from_link = self.came_by.as_ref().is_some_and(|invitation| invitation.inviter == seat.key);
        match seat.admitted {
            _ if seat.key == room.me() => Confirmed::You,
            // In a side room the plenary is asked: nobody compares digits at its door.
            _ if self.side.is_some() => Confirmed::NotConfirmed,
            _ if self.compared.contains(&seat.key) => Confirmed::ByYou,
            _ if from_link => Confirmed::FromYourLink,
            Some((by, true)) if by == room.me() => Confirmed::ByYou,
            Some((by, true)) => {
                room.table().seat(&by).map_or(Confirmed::NotConfirmed, |seat| Confirmed::By(seat.name.text()))
            }
            Some((_, false)) | None => Confirmed::NotConfirmed,
        }
    }

    fn door(&self, table: &Table, now: Millis) -> Vec<KnockView> {
        let mut door = Vec::new();
        if !self.may_act() {
            return door;
        }
        for (link, doorway) in self.doors.iter().filter(|(_, doorway)| doorway.expects.is_none()) {
            let Some(invite) = table.links.get(&(self.me(), *link)).map(|link| &link.invite) else { continue };
            let party = invite.party.and_then(|id| table.party(&id)).map(|(_, party)| party.name.text());
            door.extend(doorway.waiting().map(|(id, knocking)| KnockView {
                id: *id,
                name: knocking.name.text(),
                name_is_taken: table.has_name(&knocking.name),
                claimed_party: knocking.party.text(),
                party: party.clone().unwrap_or_else(|| knocking.party.text()),
                founds: invite.party.is_none(),
                shares_link: doorway.waiting().count() > 1,
                role: invite.role,
                digits: knocking.digits.map(|digits| digits.to_string().into()),
                stage: self.stage(table, link, knocking),
                here: knocking.is_here(now),
            }));
        }
        door
    }

    fn stage(&self, table: &Table, link: &LinkId, knocking: &Knocking) -> Stage {
        if knocking.waits() {
            Stage::Waits
        } else if self.awaits_second_key(link) {
            let seconds = table.seated().filter(|seat| table.are_two_keys(&self.me(), &seat.key));
            Stage::NeedsSecondKey(seconds.map(|seat| seat.name.text()).collect())
        } else {
            Stage::Admitting
        }
    }

    fn proposals(&self, table: &Table) -> Vec<ProposalView> {
        let (me, may_act) = (self.me(), self.may_act() && !self.has_ended());
        let for_me = table.proposals.iter().filter(|p| may_act && !p.withdrawn && table.are_two_keys(&me, &p.by));
        let views = for_me.filter_map(|proposal| {
            let party = match &proposal.add.party {
                PartyRef::Existing(id) => table.party(id)?.1.name.text(),
                PartyRef::New(name) => name.text(),
            };
            Some(ProposalView {
                id: proposal.id,
                name: proposal.add.name.text(),
                name_is_taken: table.has_name(&proposal.add.name),
                party,
                founds: matches!(proposal.add.party, PartyRef::New(_)),
                role: proposal.add.role,
                by: table.seat(&proposal.by)?.name.text(),
                digits_compared: proposal.add.digits_compared,
            })
        });
        views.collect()
    }

    fn outside(&self, phase: Phase) -> TalkView {
        TalkView {
            phase,
            room: None,
            side_of: self.side.as_ref().map(|side| side.plenary),
            came_by: self.came_by.as_ref().map(Invitation::id),
            calls: Vec::new(),
            title: "".into(),
            who_admits: WhoAdmits::default(),
            charter: CharterView::default(),
            parties: Vec::new(),
            standing: None,
            alarms: Vec::new(),
            number: None,
            seats: Vec::new(),
            gone: Vec::new(),
            readers: Readers::default(),
            notes: Arc::default(),
            withheld: 0,
            door: Vec::new(),
            proposals: Vec::new(),
            links: Vec::new(),
            rights: Rights::default(),
            unsent: 0,
        }
    }

    /// Into side rooms people are called.
    fn invites(&self, role: Option<Role>, table: &Table) -> Invites {
        let own = table.seat(&self.me()).and_then(|seat| table.party(&seat.party));
        match role.filter(|_| self.side.is_none()) {
            Some(Role::Convener) => Invites::All,
            Some(Role::Head) => own.map_or(Invites::None, |(index, _)| match table.convener_is_gone() {
                true => Invites::OwnPartyAndNew(index),
                false => Invites::OwnParty(index),
            }),
            Some(Role::Adviser | Role::Interpreter | Role::Observer) | None => Invites::None,
        }
    }

    fn links(&self, table: &Table, now: Millis) -> Vec<LinkView> {
        let mut doors: Vec<_> = self.doors.iter().filter(|(_, doorway)| doorway.expects.is_none()).collect();
        doors.sort_by_key(|(_, doorway)| std::cmp::Reverse(doorway.made_after));
        let views = doors.into_iter().filter_map(|(id, doorway)| {
            let invite = &table.links.get(&(self.me(), *id))?.invite;
            Some(LinkView {
                id: *id,
                fragment: doorway.invitation.fragment().into(),
                party: invite.party.map_or(PartyChoice::New, PartyChoice::Existing),
                role: invite.role,
                state: self.link_state(id, now)?,
                expires_at: invite.expires_at,
            })
        });
        views.collect()
    }
}

impl NoteCache {
    /// Returns the notes, the same list when nothing changed, and how many ops there are beside whose text this seat may not read.
    fn refresh(&mut self, room: &Room, side: Option<&Side>) -> (Arc<Vec<Arc<NoteView>>>, usize) {
        let (table, mut holdings) = (room.table(), room.holdings());
        let before = Arc::clone(&self.notes);
        let mut elsewhere = None;
        let (mut notes, mut without_text, mut changed) = (Vec::with_capacity(before.len() + 1), 0, false);
        for op in room.ops() {
            let Some(body) = op.body() else {
                without_text += usize::from(is_shown(op.kind()));
                continue;
            };
            let Some(seat) = table.seat(&op.author()) else { continue };
            let (note, briefing, file) = if let Body::Note(note) = body {
                (note.clone(), None, None)
            } else if let Body::Brief(briefing) = body {
                let shown = self.briefings.view(room, side, op.id(), briefing);
                (Note::new(briefing.written_at, ""), Some(Arc::new(shown)), None)
            } else if let Body::File(manifest) = body {
                (Note { release: manifest.release, ..Note::new(manifest.written_at, "") }, None, Some(manifest))
            } else {
                continue;
            };
            let (held, readers) = holdings.of(op);
            let known = match before.get(notes.len()) {
                Some(view) if view.id == op.id() => Some(view),
                // All others stand where they stood.
                None if elsewhere.is_none() => None,
                Some(_) | None => elsewhere.get_or_insert_with(|| by_id(&before)).get(&op.id()).copied(),
            };
            let same = known.filter(|view| view.held == held && view.readers == readers && view.briefing == briefing);
            let view = same.cloned().unwrap_or_else(|| {
                changed = true;
                let (hue, party) = table
                    .party(&seat.party)
                    .map(|(place, party)| (hue(side, party, place), party.name.text()))
                    .unwrap_or_default();
                Arc::new(NoteView {
                    id: op.id(),
                    by: op.author(),
                    author: seat.name.text(),
                    party,
                    hue,
                    role: seat.role,
                    own: op.author() == room.me(),
                    written_at: note.written_at,
                    text: note.text,
                    release: note.release,
                    conveyed: note.conveyed,
                    briefing,
                    file: file.map(|manifest| Arc::new(file_view(manifest))),
                    held,
                    readers,
                    depth: op.depth(),
                })
            });
            notes.push(view);
        }
        if changed || elsewhere.is_some() || notes.len() != before.len() {
            self.notes = Arc::new(notes);
        }
        (Arc::clone(&self.notes), without_text)
    }
}

pub(crate) fn hue(side: Option<&Side>, party: &Party, place: usize) -> usize {
    side.map_or(place, |side| side.hue(&party.name, place))
}

/// Whether ops of this kind stand among the notes.
fn is_shown(kind: Kind) -> bool {
    matches!(kind, Kind::Note | Kind::Brief | Kind::File)
}

fn file_view(manifest: &Manifest) -> FileView {
    let Manifest { path, size, root, key, media, modified_at, .. } = manifest.clone();
    FileView { path, size, root, key, media, modified_at }
}

fn by_id(notes: &[Arc<NoteView>]) -> BTreeMap<OpId, &Arc<NoteView>> {
    notes.iter().map(|note| (note.id, note)).collect()
}

fn standing(room: &Room) -> Standing {
    match room.standing() {
        room::Standing::Seated => Standing::Seated,
        room::Standing::Stranded => Standing::Stranded,
        room::Standing::Restored => Standing::Restored,
        room::Standing::OpenedElsewhere => Standing::OpenedElsewhere,
        room::Standing::Removed => {
            let (table, me) = (room.table(), room.me());
            let removal = table.removed.get(&me);
            let by = removal.map(|removal| removal.by).filter(|by| *by != me);
            let last = removal.into_iter().flat_map(|removal| &removal.last).map(|(number, _)| *number).max();
            let void = |op: &&Op| op.author() == me && Some(op.number()) > last && is_shown(op.kind());
            Standing::Removed {
                by: by.and_then(|by| table.seat(&by)).map(|seat| seat.name.text()),
                void: room.ops().filter(void).count(),
            }
        }
    }
}

/// Elsewhere than where the room stands the number would differ from everybody's, and seem to prove an attack.
fn number(room: &Room) -> Option<NumberView> {
    let number = room.number().filter(|_| room.standing() == room::Standing::Seated)?;
    Some(NumberView { state: number.state, digits: number.digits.to_string().into() })
}

/// Whether nobody takes this seat away: that of a head goes by the convener's word only.
fn is_for_good(table: &Table, me: &AuthorKey, seat: &Seat) -> bool {
    seat.key != *me && seat.role == Role::Head && table.convener_is_gone()
}

fn wishes(table: &Table, me: &AuthorKey, seat: &AuthorKey) -> Vec<WishView> {
    let seats = table.wished_away.get(seat).into_iter().flatten().filter_map(|by| table.seat(by));
    let wish = |by: &Seat| WishView {
        name: by.name.text(),
        you: by.key == *me,
        yours_would_do: me != seat && table.take_away(&by.key, me, seat),
        voids: by.role == Role::Convener,
    };
    seats.map(wish).collect()
}

fn readers(room: &Room) -> Readers {
    let (table, roster) = (room.table(), room.roster());
    let party = |seat: &Seat| table.party(&seat.party).map(|(index, _)| index);
    let parties: BTreeSet<usize> = roster.keys().filter_map(|key| table.seat(key)).filter_map(party).collect();
    let gone = roster.keys().filter(|key| table.removed.contains_key(key)).filter_map(|key| table.seat(key));
    let shut_out_next = gone.map(|seat| seat.name.text()).collect();
    Readers { parties: parties.into_iter().collect(), seats: roster.len(), shut_out_next }
}

fn at_the_door(newcomer: &Newcomer) -> Phase {
    Phase::AtTheDoor {
        name: newcomer.name.text(),
        party: newcomer.party.text(),
        digits: newcomer.digits().map(|digits| digits.to_string().into()),
        inviter_here: newcomer.inviter_here,
        told: newcomer.told,
    }
}

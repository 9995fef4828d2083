//! From what the room noticed to what a person is told.

use std::collections::BTreeMap;

use record::{AuthorKey, Authority, Role};
use room::Room;

use crate::view::{Alarm, AlarmView, Remedy};

/// Returns what to tell, each thing once for each seat.
pub(crate) fn of(room: &Room) -> Vec<AlarmView> {
    let table = room.table();
    let me = room.me();
    let told: BTreeMap<(Alarm, AuthorKey), u32> =
        room.alarms().map(|alarm| (about(alarm, me), room.times(alarm))).collect();
    let view = |((what, seat), times): ((Alarm, AuthorKey), u32)| AlarmView {
        what,
        seat,
        you: seat == me,
        name: table.seat(&seat).map(|seat| seat.name.text()),
        remedy: remedy(room, &seat),
        times,
    };
    told.into_iter().map(view).collect()
}

fn about(alarm: &room::Alarm, me: AuthorKey) -> (Alarm, AuthorKey) {
    match alarm {
        room::Alarm::TwoVersions(seat) => (Alarm::TwoVersions, *seat),
        // One copied browser does both, and the person is to do the same about either.
        room::Alarm::TwoBeacons(seat) | room::Alarm::TwoCommits(seat) => (Alarm::RunsTwice, *seat),
        room::Alarm::OpenedElsewhere => (Alarm::OpenedElsewhere, me),
        room::Alarm::Restored => (Alarm::Restored, me),
        room::Alarm::Rejoined(seat) => (Alarm::Rejoined, *seat),
        room::Alarm::Overstepped(seat) => (Alarm::Overstepped, *seat),
    }
}

fn remedy(room: &Room, seat: &AuthorKey) -> Remedy {
    let (table, me) = (room.table(), room.me());
    let convener = table.seats.iter().find(|seat| seat.role == Role::Convener).map(|seat| seat.key);
    let admits = convener.filter(|convener| table.is_seated(convener));
    if table.removed.contains_key(seat) {
        Remedy::Done
    } else if admits.is_none() || admits == Some(*seat) {
        Remedy::NewTalk
    } else if table.is_seated(&me) && table.may_remove(&me, seat) != Authority::None {
        Remedy::Remove
    } else {
        Remedy::AskConvener
    }
}

//! A store that an older build wrote opens in this one. The file was made by the first build of its schema, and stays:
//! `MAKE_KEPT=1 cargo test -p simulator --test kept` makes that of a new schema, under a name of its own.

use record::Role;
use simulator::{World, kept};
use talk::view::Phase;
use talk::{Command, Effect, Input, Suite, Talk};
use vault::Cost;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kept/schema_1.store");
/// Cheap: this is no secret.
const COST: Cost = Cost { memory: 64, passes: 1, lanes: 1 };
const NOTES: [(&str, &str); 4] = [
    ("Amina", "Thank you both for coming to the table."),
    ("Leyla", "با ترتیب پیشنهادی موافقیم.\n\nنخست ساعت کار گذرگاه."),
    ("Imran", "ہمیں ترتیب منظور ہے۔"),
    ("Amina", "Then we begin with the hours 👍🏽"),
];

fn make() {
    let mut world = World::with_suite(1, Suite::Hybrid);
    let amina = world.opens("Transit at the Veshan crossing", "Amina", "Mediation office");
    let leyla = world.joins(amina, "Leyla", "Delegation of Arvandan", Role::Head);
    let imran = world.joins(amina, "Imran", "Delegation of Sindhara", Role::Head);
    for (name, text) in NOTES {
        let author =
            [("Amina", amina), ("Leyla", leyla), ("Imran", imran)].into_iter().find(|(known, _)| *known == name);
        world.writes(author.expect("one of them").1, text);
        world.settles();
    }
    std::fs::write(FILE, kept::seal(&world.kept(leyla), COST)).expect("can be written");
}

#[test]
fn store_of_schema_1_opens_shows_what_it_showed_and_goes_on() {
    if std::env::var_os("MAKE_KEPT").is_some() {
        make();
    }
    let rows = kept::open(&std::fs::read(FILE).expect("there")).expect("under the passphrase");
    let mut talk = Talk::reopen(&rows, [1; 32]).expect("a talk");
    let now = 1_790_000_000_000;
    let view = talk.view(now);
    assert_eq!((view.phase, &*view.title), (Phase::Seated, "Transit at the Veshan crossing"));
    let notes: Vec<(&str, &str)> = view.notes.iter().map(|note| (&*note.author, &*note.text)).collect();
    assert_eq!(notes, NOTES);
    let mut names: Vec<&str> = view.seats.iter().map(|seat| &*seat.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["Amina", "Imran", "Leyla"]);
    let effects = talk.handle(Input::Command(Command::Write("And on it goes.".into())), now).expect("may write");
    assert!(matches!(effects.first(), Some(Effect::Persist(_))));
    assert_eq!(talk.view(now).notes.last().map(|note| note.text.to_string()).as_deref(), Some("And on it goes."));
}

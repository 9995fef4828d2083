//! Makes what two browsers keep of a long talk: `store NOTES FOLDER`. Started by `cargo xtask bench store`.
//!
//! Eight seats of four parties write over many days, in three scripts; on each day three of them are there, so that making it
//! does not take an hour. The files are those of the convener and of a delegate.

use anyhow::{Context, bail};
use record::Role;
use simulator::{Person, World, kept};
use talk::Suite;
use vault::Cost;

const DELEGATES: [(&str, &str, Role); 7] = [
    ("Leyla Daneshvar", "Delegation of Arvandan", Role::Head),
    ("Kaveh Roshan", "Delegation of Arvandan", Role::Adviser),
    ("Imran Qureshi", "Delegation of Sindhara", Role::Head),
    ("Zarina Afridi", "Delegation of Sindhara", Role::Adviser),
    ("Ines Okoye", "Lake Commission", Role::Head),
    ("Tomas Lindqvist", "Lake Commission", Role::Adviser),
    ("Samira Haddad", "Mediation office", Role::Interpreter),
];

/// As many as people write in a long day; then everybody goes home.
const NOTES_A_DAY: usize = 150;
const NIGHT_MS: u64 = 14 * 60 * 60 * 1000;

const SENTENCES: [[&str; 6]; 3] = [
    [
        "We can live with the hours, provided that the second sentence stays as it is. ",
        "The association of drivers asked for ten minutes on Thursday; we think that is cheap. ",
        "Both sides agree that fruit rots and that drivers sleep in their cabs. ",
        "Please strike the brackets you cannot defend at home, and tell us which. ",
        "Our technician says the part for the scanner (XR-7) comes by the morning train. ",
        "Nothing is agreed until all three points are agreed. ",
    ],
    [
        "ما با ترتیب پیشنهادی موافقیم: نخست ساعت کار گذرگاه، سپس بازرسی. ",
        "لازم است یک نکته از همین آغاز روشن باشد، زیرا این واژه در کشور ما بار حقوقی دارد. ",
        "رقم چهارصد کامیون برآورد ما نیست، بلکه شمارش روزانهٔ گمرک در ۱۴ روز گذشته است. ",
        "سکوت را رد می‌دانیم، نه تأیید. ",
        "دستگاه پرتونگار از دیروز کار نمی‌کند و قطعهٔ آن باید از بندر برسد. ",
        "خواهش می‌کنیم در متن نهایی به جای «موقت» تاریخ نوشته شود. ",
    ],
    [
        "ہمیں ترتیب منظور ہے، لیکن دوسرے کانٹے کے اخراجات پر بات آخر تک نہ ٹالی جائے۔ ",
        "گاڑیوں کی تعداد کے بارے میں ہمارا عدد دو سو ساٹھ ہے۔ ",
        "خاموشی کا مطلب انکار ہے، منظوری نہیں۔ ",
        "ایکس رے مشین کا فالتو پرزہ ہمارے گودام میں موجود ہے، اسے خیر سگالی سمجھیے۔ ",
        "ہم کسی عدد پر اصرار نہیں کریں گے، بشرطیکہ متن میں کوئی عدد نہ ہو۔ ",
        "ڈرائیوروں کی تنظیم کو سننے پر کوئی اعتراض نہیں۔ ",
    ],
];

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [notes, folder] = words.as_slice() else { bail!("store NOTES FOLDER") };
    let notes = notes.parse().context("NOTES is a number")?;
    let mut world = World::with_suite(1, Suite::Hybrid);
    let convener = world.opens("Transit at the Veshan crossing", "Noor Haddad", "Mediation office");
    let mut people = vec![convener];
    for (name, party, role) in DELEGATES {
        people.push(world.joins(convener, name, party, role));
    }
    for number in 0..notes {
        let third = people[2 + number / NOTES_A_DAY % (people.len() - 2)];
        let there = [convener, people[1], third];
        if number % NOTES_A_DAY == 0 {
            night(&mut world, &people, &there);
        }
        let author = there[world.picks(3) as usize];
        let text = text(&mut world, number + 1);
        world.writes(author, &text);
        world.passes(1_000);
    }
    world.settles();
    let reads = world.reads(convener).len();
    if reads != notes {
        bail!("{notes} notes were written, {reads} are there");
    }
    for (name, who) in [("convener", convener), ("delegate", people[1])] {
        let file = format!("{folder}/{name}.store");
        std::fs::write(&file, kept::seal(&world.kept(who), Cost::FULL))
            .with_context(|| format!("cannot write {file}"))?;
    }
    Ok(())
}

fn night(world: &mut World, all: &[Person], there_tomorrow: &[Person]) {
    world.settles();
    all.iter().for_each(|who| world.disconnects(*who));
    world.passes(NIGHT_MS);
    there_tomorrow.iter().for_each(|who| world.connects(*who));
    world.settles();
}

/// A note of 100 to 1,500 bytes; one in forty has several paragraphs.
fn text(world: &mut World, number: usize) -> String {
    let language = &SENTENCES[world.picks(3) as usize];
    let paragraphs = if world.picks(40) == 0 { 2 + world.picks(4) } else { 1 };
    let mut text = format!("§ {number}. ");
    for paragraph in 0..paragraphs {
        if paragraph > 0 {
            text.push_str("\n\n");
        }
        let bytes = text.len() + 100 + world.picks(if paragraphs > 1 { 500 } else { 1_300 }) as usize;
        while text.len() < bytes {
            text.push_str(language[world.picks(6) as usize]);
        }
        text.truncate(text.trim_end().len());
    }
    text
}

//! Numbers, plurals, dates and times as the reader's browser writes them.

use std::cell::OnceCell;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use talk::Millis;
use wasm_bindgen::JsValue;

use super::language;

/// The last time a browser's `Date` can hold. Times come from others, and a later one would throw.
const LAST_DATE: Millis = 8_640_000_000_000_000;

/// The plural forms of CLDR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plural {
    /// For none, in some languages.
    Zero,
    /// For one, in most.
    One,
    /// For two, in some.
    Two,
    /// For a few, in some.
    Few,
    /// For many, in some.
    Many,
    /// For all else.
    Other,
}

/// Returns the number with the digits and groups of the reader.
pub fn number(number: usize) -> String {
    FORMATS.with(|formats| call(&formats.get_or_init(Formats::new).number, &JsValue::from_f64(number as f64)))
}

/// Returns the plural form that goes with the number.
pub fn plural(number: usize) -> Plural {
    let form = FORMATS.with(|formats| formats.get_or_init(Formats::new).plural.select(number as f64));
    match String::from(form).as_str() {
        "zero" => Plural::Zero,
        "one" => Plural::One,
        "two" => Plural::Two,
        "few" => Plural::Few,
        "many" => Plural::Many,
        _ => Plural::Other,
    }
}

/// Returns hours and minutes.
pub fn time_of_day(at: Millis) -> String {
    FORMATS.with(|formats| call(&formats.get_or_init(Formats::new).time, &date(at)))
}

/// Returns the day as names of files have it, such as 2026-11-26.
pub fn day_in_numbers(at: Millis) -> String {
    let iso = String::from(date(at).to_iso_string());
    iso.split('T').next().unwrap_or_default().to_owned()
}

/// Returns the day with its weekday, in the Gregorian and the Solar Hijri calendar.
pub fn day(at: Millis) -> String {
    FORMATS.with(|formats| {
        let formats = formats.get_or_init(Formats::new);
        let date = date(at);
        format!("{} · {}", call(&formats.day, &date), without_era(&formats.solar_day, &date))
    })
}

/// Returns day and hour, short.
pub fn day_and_time(at: Millis) -> String {
    FORMATS.with(|formats| call(&formats.get_or_init(Formats::new).day_and_time, &date(at)))
}

/// Returns a number that is the same for all times of one day, where the reader is.
pub fn day_number(at: Millis) -> i64 {
    let date = date(at);
    i64::from(date.get_full_year()) * 400 + i64::from(date.get_month()) * 32 + i64::from(date.get_date())
}

/// Returns the time as machines read it.
pub fn machine_time(at: Millis) -> String {
    date(at).to_iso_string().into()
}

/// Returns how long ago something was, such as "5 min. ago"; whole minutes, hours or days.
pub fn ago(for_millis: Millis) -> String {
    let minutes = for_millis / 60_000;
    let (count, unit) = match minutes {
        0..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    FORMATS.with(|formats| formats.get_or_init(Formats::new).relative.format(-(count as f64), unit).into())
}

/// Returns a length in bytes, kilobytes and so on, of a thousand each, such as "2.1 MB".
pub fn bytes(bytes: u64) -> String {
    let units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
    let (mut amount, mut unit) = (bytes as f64, 0);
    while amount >= 999.5 && unit + 1 < units.len() {
        amount /= 1000.0;
        unit += 1;
    }
    let digits = if amount >= 99.95 || unit == 0 { 0.0 } else { 1.0 };
    in_units(amount, units[unit], digits)
}

/// Returns how long something takes, given in seconds, such as "3 min".
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..100 => in_units(seconds as f64, "second", 0.0),
        100..6_000 => in_units((seconds as f64 / 60.0).round(), "minute", 0.0),
        _ => in_units((seconds as f64 / 3600.0).round(), "hour", 0.0),
    }
}

fn in_units(amount: f64, unit: &str, digits: f64) -> String {
    // There is no short form of bytes in all languages that has a plural.
    let display = if unit == "byte" { "long" } else { "short" };
    let options = object(&[("style", "unit"), ("unit", unit), ("unitDisplay", display)]);
    // Fails only for objects that are sealed.
    let _ = Reflect::set(&options, &"maximumFractionDigits".into(), &digits.into());
    call(&Intl::NumberFormat::new(&locale(), &options).format(), &JsValue::from_f64(amount))
}

thread_local! {
    // Formats are slow to make, and every note needs two.
    static FORMATS: OnceCell<Formats> = const { OnceCell::new() };
}

struct Formats {
    number: Function,
    plural: Intl::PluralRules,
    time: Function,
    day: Function,
    day_and_time: Function,
    solar_day: Intl::DateTimeFormat,
    relative: Intl::RelativeTimeFormat,
}

impl Formats {
    fn new() -> Self {
        let locale = locale();
        let of = |options: &[(&str, &str)]| Intl::DateTimeFormat::new(&locale, &object(options));
        Self {
            number: Intl::NumberFormat::new(&locale, &Object::new()).format(),
            plural: Intl::PluralRules::new(&locale, &Object::new()),
            time: of(&[("hour", "2-digit"), ("minute", "2-digit")]).format(),
            day: of(&[("weekday", "long"), ("day", "numeric"), ("month", "long"), ("year", "numeric")]).format(),
            day_and_time: of(&[("dateStyle", "medium"), ("timeStyle", "short")]).format(),
            solar_day: of(&[("calendar", "persian"), ("day", "numeric"), ("month", "long"), ("year", "numeric")]),
            relative: Intl::RelativeTimeFormat::new(&locale, &object(&[("style", "short")])),
        }
    }
}

/// The reader's own locale where it is of the page's language, such as `en-GB`; else the page's language.
fn locale() -> Array {
    let tag = language().tag();
    let wished = web_sys::window().map(|window| window.navigator().languages()).unwrap_or_default();
    let found = wished.iter().filter_map(|wish| wish.as_string()).find(|wish| wish.split('-').next() == Some(tag));
    Array::of1(&JsValue::from_str(found.as_deref().unwrap_or(tag)))
}

fn object(entries: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in entries {
        // Setting a property of a plain object made here cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    object
}

fn date(at: Millis) -> Date {
    Date::new(&JsValue::from_f64(at.min(LAST_DATE) as f64))
}

fn call(format: &Function, value: &JsValue) -> String {
    format.call1(&JsValue::UNDEFINED, value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// The era ("AP") is noise beside the other calendar's day.
fn without_era(format: &Intl::DateTimeFormat, date: &Date) -> String {
    let mut text = String::new();
    for part in format.format_to_parts(date).iter() {
        let field = |name: &str| Reflect::get(&part, &JsValue::from_str(name)).ok().and_then(|value| value.as_string());
        if field("type").as_deref() != Some("era") {
            text.push_str(&field("value").unwrap_or_default());
        }
    }
    text.trim().to_owned()
}

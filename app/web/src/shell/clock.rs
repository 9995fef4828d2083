//! The time, as this browser's clock tells it.

use talk::Millis;

/// Returns milliseconds since 1970-01-01 UTC.
pub fn now() -> Millis {
    js_sys::Date::now() as Millis
}

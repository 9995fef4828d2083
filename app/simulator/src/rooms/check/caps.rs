//! I10: every queue and map stays within its cap.

use crate::rooms::SeatNo;
use crate::rooms::verdict::{Breach, Class};

/// Each entry: a name, a length, and the cap that is documented for it.
pub(crate) fn within(seat: SeatNo, sizes: &[(&'static str, usize, usize)]) -> Option<Breach> {
    let (name, length, cap) = sizes.iter().find(|(_, length, cap)| length > cap)?;
    let what = format!("{seat} has {length} in `{name}`, whose cap is {cap}");
    Some(Breach::new(Class::Wedged, "I10", what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_that_does_not_hold_trips() {
        assert_eq!(within(SeatNo(0), &[("early", 3, 3), ("knocks", 0, 8)]), None);
        assert!(within(SeatNo(0), &[("early", 3, 3), ("knocks", 9, 8)]).is_some());
    }
}

//! The sentences of the page about the app.

/// The sentences of the page about the app, in one language.
pub struct AboutWords {
    pub about: &'static str,
    pub lead: &'static str,
    pub which_version: &'static str,
    pub version: &'static str,
    pub commit: &'static str,
    pub compiler: &'static str,
    pub fingerprint: &'static str,
    pub looking: &'static str,
    pub no_answer: &'static str,
    pub not_said: &'static str,
    pub another_version: &'static str,
    /// Beside a commit that is not all of it.
    pub in_no_commit: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub copy_by_hand: &'static str,
    pub files: fn(usize) -> String,
    /// What comparing fingerprints is good for, then what it is not.
    pub what_it_proves: [&'static str; 2],
    pub what_it_does_not: [&'static str; 2],
    pub checked_from_outside: &'static str,
    pub install: &'static str,
    pub what_installing_does: &'static str,
    pub installed: &'static str,
    /// Each browser and what is to be done there.
    pub ways_to_install: &'static [(&'static str, &'static str)],
    pub iphones_keep_apart: &'static str,
    pub licence: &'static str,
}

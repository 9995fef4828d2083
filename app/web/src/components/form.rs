//! What the two forms that begin a talk have in common: reading fields, and saying what is wrong.

use leptos::prelude::*;
use talk::Error;

use crate::words::words;

/// What is wrong with a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// What to tell.
    pub sentence: String,
    /// The label of the field to correct, if it is one.
    pub field: Option<&'static str>,
}

/// What is wrong with a form, if anything is.
#[component]
pub fn Wrong(wrong: RwSignal<Option<Complaint>>) -> impl IntoView {
    move || wrong.get().map(|complaint| view! { <p class="wrong" role="alert">{complaint.sentence}</p> })
}

/// Reads a field without the blanks around what was typed.
pub fn trimmed((label, value): (&'static str, RwSignal<String>)) -> (&'static str, String) {
    (label, value.with_untracked(|value| value.trim().to_owned()))
}

/// Returns what to tell about fields that are empty or too long.
pub fn what_is_wrong(filled_in: &[(&'static str, String)]) -> Option<Complaint> {
    if let Some((label, _)) = filled_in.iter().find(|(_, value)| value.is_empty()) {
        return Some(Complaint { sentence: words().fill_in_all.to_owned(), field: Some(*label) });
    }
    let (label, value) = filled_in.iter().find(|(_, value)| value.len() > record::NAME_BYTES)?;
    let sentence = (words().too_long)(label, letters_beyond(value, record::NAME_BYTES));
    Some(Complaint { sentence, field: Some(*label) })
}

/// Counts the letters at the end that do not fit into so many bytes.
fn letters_beyond(text: &str, bytes: usize) -> usize {
    text.char_indices().filter(|(start, letter)| start + letter.len_utf8() > bytes).count()
}

/// Returns what to tell when a talk could not be begun although the form looked right.
pub fn complaint_about(error: &Error) -> Complaint {
    let sentence = match error {
        // What is empty or too long was told before.
        Error::Name => words().names_are_one_line,
        Error::NoteLength | Error::BriefingSize | Error::NotNow | Error::Damaged | Error::Bug => words().not_opened,
    };
    Complaint { sentence: sentence.to_owned(), field: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_beyond_the_limit_are_counted_as_letters() {
        assert_eq!(letters_beyond("abcdef", 4), 2);
        assert_eq!(letters_beyond("ناصر", 5), 2);
        assert_eq!(letters_beyond("abcd", 4), 0);
    }
}

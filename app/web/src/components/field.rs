//! A line to fill in.

use leptos::html;
use leptos::prelude::*;

use super::form::Complaint;

/// A textbox with its label above and, if there is one, a hint below.
#[component]
pub fn Field(
    id: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    /// What is wrong with the form; the field takes the focus when it is the one to correct.
    wrong: RwSignal<Option<Complaint>>,
    #[prop(optional_no_strip, into)] hint: Option<&'static str>,
    #[prop(optional)] placeholder: Option<&'static str>,
    /// Browsers write what they are to remember to the disk, in the clear.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Takes the focus as soon as it is there: the first line of a form the person asked for.
    #[prop(optional)]
    first: bool,
    /// Is not shown as it is typed.
    #[prop(optional)]
    secret: bool,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    let described_by = hint.map(|_| hint_id.clone());
    let textbox = NodeRef::<html::Input>::new();
    if first {
        textbox.on_load(|textbox| {
            // Fails only for an element that cannot have the focus.
            let _ = textbox.focus();
        });
    }
    let is_wrong = move || wrong.with(|wrong| wrong.as_ref().is_some_and(|complaint| complaint.field == Some(label)));
    Effect::new(move || {
        if is_wrong()
            && let Some(textbox) = textbox.get_untracked()
        {
            // Fails only for an element that cannot have the focus.
            let _ = textbox.focus();
        }
    });
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                type=if secret { "password" } else { "text" }
                dir="auto"
                autocomplete=autocomplete
                spellcheck="false"
                placeholder=placeholder
                aria-describedby=described_by
                aria-invalid=move || is_wrong().then_some("true")
                node_ref=textbox
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
            {hint.map(|hint| view! { <small id=hint_id>{hint}</small> })}
        </div>
    }
}

//! The dialog that makes invitation links.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use record::{LinkId, PartyId, Rank, Role};
use talk::view::{LinkState, LinkView, PartyView};
use talk::{Command, PartyChoice};

use super::door::{go_to_the_door, who_is_there};
use super::{Inviting, Whom};
use crate::components::qr::Qr;
use crate::components::said::Said;
use crate::session::{self, OpenTalk};
use crate::shell::{address, clipboard};
use crate::talk_id::TalkId;
use crate::words::{intl, words};

/// The roles a link can give, the usual one first.
const ROLES: [Role; 4] = [Role::Head, Role::Adviser, Role::Interpreter, Role::Observer];

/// The link in the dialog.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Offered {
    id: LinkId,
    /// Whether somebody may have it: then another choice leaves it open.
    given_away: bool,
}

/// What the person hears about the link after acting on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Copied,
    CopyByHand,
}

/// The dialog. Made when it opens, with a fresh link in it, and dropped when it closes.
#[component]
pub fn InviteDialog(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let id = talk.id;
    let inviting = expect_context::<Inviting>();
    let dialog = NodeRef::<html::Dialog>::new();
    let textbox = NodeRef::<html::Input>::new();
    // The dialog outlives no change of this: it closes when the seat goes.
    let whom = inviting.0.get_untracked().unwrap_or(Whom::Another);
    let (invites, own_party, elsewhere) = talk.view.with_untracked(|view| {
        let own = view.seats.iter().find(|seat| seat.you);
        let party = own.and_then(|seat| view.parties.get(seat.party)).map(|party| party.id);
        let elsewhere = own.map(|seat| (words.how_to_sit_elsewhere)(seat.role, view.who_admits_now()));
        (view.rights.invite, party, elsewhere)
    });
    let as_a_head = invites.only().map(|_| {
        let how = if invites.heads() { words.how_heads_invite } else { words.how_a_head_invites };
        view! { <p class="small">{how}</p> }
    });
    // The only party that sits already to which this seat makes links.
    let only = own_party.filter(|_| invites.only().is_some() || whom == Whom::Oneself);
    let new_parties = invites.heads() && whom == Whom::Another;
    let first_role = if invites.heads() { Role::Head } else { Role::Adviser };
    let first_party = own_party.filter(|_| !new_parties);
    let first_party = first_party.map_or(PartyChoice::New, PartyChoice::Existing);
    let party = RwSignal::new(first_party);
    let role = RwSignal::new(first_role);
    let told = RwSignal::new(Told::Nothing);
    let qr_shown = RwSignal::new(false);
    let qr = NodeRef::<html::Details>::new();
    let at_the_door = who_is_there(&talk);
    let offered = RwSignal::new(make(id, first_party, first_role));

    let view = talk.view.clone();
    let links = Memo::new(move |_| view.with(|view| view.links.clone()));
    let view = talk.view.clone();
    let parties = Memo::new(move |_| {
        let offered = |party: &&PartyView| only.is_none_or(|only| only == party.id);
        view.with(|view| view.parties.iter().filter(offered).cloned().collect::<Vec<_>>())
    });
    let link = Memo::new(move |_| {
        let offered = offered.get()?;
        links.with(|links| links.iter().find(|link| link.id == offered.id).cloned())
    });
    // None while it is on its way to the disk.
    let works = Memo::new(move |_| match offered.get() {
        Some(_) => link.with(|link| link.as_ref().map(|link| link.state == LinkState::Open)),
        None => Some(false),
    });
    let address = move || link.get().map(|link| address::of_invitation(&link.fragment));

    let remake = move || {
        if let Some(unused) = offered.get_untracked().filter(|offered| !offered.given_away) {
            revoke(id, unused.id);
        }
        told.set(Told::Nothing);
        let fresh = make(id, party.get_untracked(), role.get_untracked());
        // A code on the screen may be read at once.
        let given_away = qr_shown.get_untracked();
        offered.set(fresh.map(|fresh| Offered { given_away, ..fresh }));
    };
    let make_another = move |_| {
        // Not drawn while the link in the dialog is of no use.
        qr_shown.set(false);
        remake();
    };
    let choose_party = move |event| {
        let value = event_target_value(&event);
        party.set(parties.with_untracked(|parties| choice(parties, &value)));
        remake();
    };
    let choose_role = move |event| {
        let value = event_target_value(&event);
        role.set(ROLES.into_iter().find(|role| role_value(*role) == value).unwrap_or(first_role));
        remake();
    };
    let given_away = move || {
        offered.update(|offered| {
            if let Some(offered) = offered {
                offered.given_away = true;
            }
        });
    };
    let copy = move |_| {
        let Some(address) = link.get_untracked().map(|link| address::of_invitation(&link.fragment)) else { return };
        given_away();
        spawn_local(async move {
            let copied = clipboard::copy(&address).await.is_ok();
            if !copied && let Some(textbox) = textbox.try_get_untracked().flatten() {
                textbox.select();
            }
            told.try_set(if copied { Told::Copied } else { Told::CopyByHand });
        });
    };

    dialog.on_load(|dialog| {
        // Fails only for a dialog that is open already.
        let _ = dialog.show_modal();
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let to_the_door = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        request_animation_frame(go_to_the_door);
    };
    let toggled = move |_| {
        let shown = qr.get_untracked().is_some_and(|qr| qr.open());
        qr_shown.set(shown);
        if shown {
            given_away();
        }
    };
    let the_link = move || {
        view! {
            <div class="field">
                <label for="invite-link">{words.invitation_link}</label>
                <div class="link-row">
                    <input
                        id="invite-link"
                        type="text"
                        dir="ltr"
                        readonly
                        autocomplete="off"
                        spellcheck="false"
                        node_ref=textbox
                        prop:value=move || address().unwrap_or_default()
                        on:copy=move |_| given_away()
                        on:focus=move |_| {
                            if let Some(textbox) = textbox.get_untracked() {
                                textbox.select();
                            }
                        }
                    />
                    <button class="button main" type="button" on:click=copy>{words.copy_link}</button>
                </div>
                <p class="small" aria-live="polite">
                    {move || match told.get() {
                        Told::Nothing => "",
                        Told::Copied => words.link_copied,
                        Told::CopyByHand => words.copy_by_hand,
                    }}
                </p>
            </div>
            <details node_ref=qr on:toggle=toggled>
                <summary>{words.show_as_qr}</summary>
                {move || address().map(|text| view! { <Qr text /> })}
            </details>
        }
    };
    let no_link = move || {
        let sentence = if offered.get().is_some() { words.link_is_used } else { words.no_link };
        view! {
            <p class="wrong" role="alert">{sentence}</p>
            <button class="button main another" type="button" on:click=make_another>
                {words.make_another_link}
            </button>
        }
    };
    view! {
        <dialog class="dialog" aria-labelledby="invitation-title" node_ref=dialog on:close=move |_| inviting.0.set(None)>
            <div class="dialog-head">
                <h2 id="invitation-title">{words.invitation}</h2>
                <button class="button" type="button" on:click=close>{words.close}</button>
            </div>
            <div aria-live="polite">
                {move || {
                    let row = |name| {
                        view! {
                            <p class="at-the-door">
                                <span><Said phrase=(words.is_at_the_door)(&name) /></span>
                                <button class="button" type="button" on:click=to_the_door>{words.go_to_the_door}</button>
                            </p>
                        }
                    };
                    at_the_door.get().into_iter().map(row).collect_view()
                }}
            </div>
            {match whom {
                Whom::Oneself => view! { <p>{elsewhere}</p> }.into_any(),
                Whom::Another => view! { <p class="small">{words.how_to_invite}</p> {as_a_head} }.into_any(),
            }}
            <div class="pair">
                <div class="field">
                    <label for="invite-party">{words.party}</label>
                    <select id="invite-party" on:change=choose_party>
                        {new_parties.then(|| view! { <option value="">{words.a_new_party}</option> })}
                        {move || {
                            parties
                                .get()
                                .into_iter()
                                .map(|choice| {
                                    let here = first_party == PartyChoice::Existing(choice.id);
                                    view! { <option value=party_value(choice.id) selected=here>{choice.name}</option> }
                                })
                                .collect_view()
                        }}
                    </select>
                </div>
                <div class="field">
                    <label for="invite-role">{words.role_label}</label>
                    <select id="invite-role" on:change=choose_role>
                        {ROLES
                            .into_iter()
                            .filter(|role| invites.heads() || role.rank() == Rank::Other)
                            .map(|role| view! { <option value=role_value(role)>{(words.role)(role)}</option> })
                            .collect_view()}
                    </select>
                </div>
            </div>
            <p class="small">{move || (words.what_a_role_may)(role.get())}</p>
            {move || match works.get() {
                Some(true) => the_link().into_any(),
                Some(false) => no_link().into_any(),
                None => ().into_any(),
            }}
            <OpenLinks talk=id links parties offered />
        </dialog>
    }
}

#[component]
fn OpenLinks(
    talk: TalkId,
    links: Memo<Vec<LinkView>>,
    parties: Memo<Vec<PartyView>>,
    offered: RwSignal<Option<Offered>>,
) -> impl IntoView {
    let words = words();
    // The one in the textbox is not listed before it was given away: it goes when the choice changes.
    let open = Memo::new(move |_| {
        let fresh = offered.get().filter(|offered| !offered.given_away).map(|offered| offered.id);
        let shown = |link: &&LinkView| link.state == LinkState::Open && Some(link.id) != fresh;
        links.with(|links| links.iter().filter(shown).cloned().collect::<Vec<_>>())
    });
    let row = move |link: LinkView| {
        let party = match link.party {
            PartyChoice::New => None,
            PartyChoice::Existing(id) => parties
                .with_untracked(|parties| parties.iter().find(|party| party.id == id).map(|party| party.name.clone())),
        };
        let id = link.id;
        let revoke_it = (words.revoke_link_to)(party.as_ref(), link.role);
        view! {
            <li>
                <span>
                    <Said phrase=(words.link_leads_to)(party.as_ref(), link.role) />
                    " "
                    <small>{(words.link_expires)(intl::day_and_time(link.expires_at))}</small>
                </span>
                <button class="button" type="button" aria-label=revoke_it on:click=move |_| revoke(talk, id)>
                    {words.revoke}
                </button>
            </li>
        }
    };
    move || {
        let open = open.get();
        (!open.is_empty()).then(|| {
            view! {
                <section class="open-links" aria-labelledby="open-links-title">
                    <h3 id="open-links-title">{words.open_links}</h3>
                    <ul role="list">{open.into_iter().map(row).collect_view()}</ul>
                </section>
            }
        })
    }
}

/// Makes a link; `None` when the talk cannot just now.
fn make(talk: TalkId, party: PartyChoice, role: Role) -> Option<Offered> {
    session::invite(talk, party, role).map(|id| Offered { id, given_away: false })
}

fn revoke(talk: TalkId, link: LinkId) {
    // Refused for a link that was used meanwhile: it is of no use any more either way.
    let _ = session::command(talk, Command::Revoke(link));
}

fn choice(parties: &[PartyView], value: &str) -> PartyChoice {
    let chosen = parties.iter().find(|party| party_value(party.id) == value);
    chosen.map_or(PartyChoice::New, |party| PartyChoice::Existing(party.id))
}

fn party_value(id: PartyId) -> String {
    id.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn role_value(role: Role) -> &'static str {
    match role {
        Role::Convener => "convener",
        Role::Head => "head",
        Role::Adviser => "adviser",
        Role::Interpreter => "interpreter",
        Role::Observer => "observer",
    }
}

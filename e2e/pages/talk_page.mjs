// The talk: notes, seats, the door, invitations.

import { expect } from '@playwright/test';

export class TalkPage {
  constructor(page) {
    this.page = page;
    this.inviteButton = page.getByRole('button', { name: 'Invite', exact: true });
    this.log = page.getByRole('log', { name: 'Notes' });
    this.notes = this.log.getByRole('article');
    this.composer = page.getByRole('textbox', { name: 'Write a note' });
    this.sendButton = page.getByRole('button', { name: 'Send', exact: true });
    this.release = page.getByRole('combobox', { name: 'This note is' });
    this.seats = page.getByRole('region', { name: 'Seats' }).getByRole('listitem');
    this.rooms = page.getByRole('navigation', { name: 'Rooms' });
    this.connection = page.getByRole('status').filter({ hasText: /Live|Reconnecting|Offline/ });
    this.invitation = page.getByRole('dialog', { name: 'Invitation' });
    this.knocks = page.getByRole('region', { name: 'At the door' }).getByRole('listitem');
    this.alert = page.getByRole('alert');
    this.warnings = page.getByRole('region', { name: 'Warnings' });
    this.files = page.getByRole('region', { name: 'Files' });
    this.jumpToNew = page.getByRole('button', { name: /^\d+ new notes?$/ });
    this.gone = page.getByText('You are no longer at this table');
  }

  /** Makes a link and returns it. `role` and `party` stay as preselected unless given. */
  async invite({ role, party } = {}) {
    await this.openInvitation();
    if (party) await this.invitation.getByRole('combobox', { name: 'Party' }).selectOption({ label: party });
    if (role) await this.invitation.getByRole('combobox', { name: 'Role' }).selectOption({ label: role });
    const link = await this.invitationLink();
    await this.closeInvitation();
    return link;
  }

  async openInvitation() {
    await this.inviteButton.click();
    await this.invitation.waitFor();
  }

  async invitationLink() {
    const link = this.invitation.getByRole('textbox', { name: 'Invitation link' });
    await expect(link).toHaveValue(/#v1\./);
    return link.inputValue();
  }

  async closeInvitation() {
    await this.page.keyboard.press('Escape');
    await expect(this.invitation).toBeHidden();
  }

  /** Takes back every link that the dialog lists as open. The newest is listed once somebody may have it. */
  async revokeOpenLinks() {
    await this.openInvitation();
    const revoke = this.invitation.getByRole('button', { name: 'Revoke' });
    await revoke.first().waitFor();
    for (let left = await revoke.count(); left > 0; left -= 1) {
      await revoke.first().click();
      await expect(revoke).toHaveCount(left - 1);
    }
    await this.closeInvitation();
  }

  /** Has all notes drawn that are here, as for a search: at first it is the newest hundred. */
  async showAll() {
    const button = this.log.getByRole('button', { name: 'Show all now' });
    if (await button.isVisible()) await button.click();
  }

  /** The list item of somebody at the door. */
  knock(name) {
    return this.knocks.filter({ hasText: name });
  }

  digitsOf(name) {
    return this.knock(name).getByLabel('Door digits', { exact: true });
  }

  async admit(name) {
    await this.page.getByRole('button', { name: `Admit ${name}`, exact: true }).click();
  }

  async decline(name) {
    await this.page.getByRole('button', { name: `Decline ${name}`, exact: true }).click();
  }

  /** Gives the second key to somebody whom another party would let in. */
  async agreeTo(name) {
    await this.page.getByRole('button', { name: `Agree to ${name}`, exact: true }).click();
  }

  /** Opens a side room with others at the table, and is in it. */
  async openSideRoom(title, names, { away = false } = {}) {
    await this.page.getByRole('button', { name: 'New side room', exact: true }).click();
    const dialog = this.page.getByRole('dialog', { name: 'New side room' });
    await dialog.getByRole('textbox', { name: 'Name of the room' }).fill(title);
    for (const name of names) await dialog.getByRole('checkbox', { name }).check();
    await dialog.getByRole('button', { name: 'Open the room', exact: true }).click();
    await expect(this.page.getByRole('heading', { level: 1, name: title })).toBeVisible();
    // What is written before somebody is in is not for them.
    if (!away) await expect(this.page.getByText(`can read this: ${names.length + 1} seats`)).toBeVisible();
  }

  /** Goes to a room of the talk. */
  async goTo(room) {
    await this.rooms.getByRole('link', { name: room }).click();
    await expect(this.rooms.getByRole('link', { name: room })).toHaveAttribute('aria-current', 'page');
  }

  /** The list item of a seat; other seats may name it further on, as who confirmed them. */
  seat(name) {
    const literally = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return this.seats.filter({ hasText: new RegExp(`^\\s*${literally}`) });
  }

  /** Takes a seat away, as the dialog asks. */
  async remove(name) {
    await this.page.getByRole('button', { name: `Remove ${name}`, exact: true }).click();
    const dialog = this.page.getByRole('dialog', { name: `Remove ${name}?` });
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(dialog).toBeHidden();
  }

  /** Gives up the own seat. */
  async leave() {
    await this.page.getByRole('button', { name: 'Leave this talk', exact: true }).click();
    const dialog = this.page.getByRole('dialog', { name: 'Leave this talk?' });
    await dialog.getByRole('button', { name: 'Leave', exact: true }).click();
    await expect(dialog).toBeHidden();
  }

  /** Returns the number of the room with the key change it belongs to, as shown; empty while there is none. */
  async roomNumber() {
    const unfolded = this.page.locator('details.room-number');
    return unfolded.evaluate((details) => {
      details.open = true;
      return [...details.querySelectorAll('p:not(.small)')].map((line) => line.textContent).join(' ');
    });
  }

  /** Returns the number this page and that of the other seat have in common. */
  async numberWith(name) {
    const seat = this.seat(name);
    await seat.getByText('Compare by voice').click();
    const number = seat.getByLabel(`Your number with ${name}`, { exact: true });
    await expect(number).toHaveText(/^(\d{5} ){5}\d{5}$/);
    const digits = await number.textContent();
    await seat.getByText('Compare by voice').click();
    return digits;
  }

  /** The article of a note, by a text that no other note has. */
  note(text) {
    return this.notes.filter({ hasText: text });
  }

  /** Writes a note; `release` is what others may do with it, as the page words it. */
  async write(text, { release } = {}) {
    if (release) await this.release.selectOption({ label: release });
    await this.composer.fill(text);
    await this.sendButton.click();
    // The box is emptied at once when the note is taken.
    await expect(this.composer).toHaveValue('');
  }

  /** Opens the dialog that carries a note to another room, and returns it. */
  async startsToConvey(text) {
    await this.note(text).getByRole('button', { name: 'Convey' }).click();
    const dialog = this.page.getByRole('dialog', { name: 'Convey to another room' });
    await dialog.waitFor();
    return dialog;
  }

  /** Returns the text of every note shown, in order. */
  async noteTexts() {
    return this.notes.evaluateAll((articles) => articles.map((article) => article.textContent));
  }

  /** Returns, for every note shown, in order, the index of the written text it contains; -1 for none. */
  async order(written) {
    return orderOf(await this.noteTexts(), written);
  }

  /** Attaches files of this machine, by the field behind the button. */
  async attach(...paths) {
    await this.page.locator('input[type=file]').first().setInputFiles(paths);
  }

  /** A file in the list. */
  file(name) {
    return this.files.getByRole('listitem').filter({ hasText: name });
  }

  /** What can be done with a file: Fetch, Pause, Continue, Cancel, Save, Show, Delete here. */
  fileButton(what, name) {
    return this.files.getByRole('button', { name: `${what} ${name}`, exact: true });
  }

  /** Saves a file and returns where the browser put it. */
  async save(name) {
    const download = this.page.waitForEvent('download');
    await this.fileButton('Save', name).click();
    return (await download).path();
  }
}

/**
 * Returns, for every text shown, the index of the written one it contains; -1 for none.
 * Where one text quotes another, the longer one counts. Blanks do not: how a paragraph is set is the page's affair.
 */
export function orderOf(shown, written) {
  const bare = (text) => text.replace(/\s+/gu, '');
  const wanted = written.map((text, index) => ({ index, text: bare(text) }));
  wanted.sort((one, other) => other.text.length - one.text.length);
  return shown.map(bare).map((note) => wanted.find(({ text }) => note.includes(text))?.index ?? -1);
}

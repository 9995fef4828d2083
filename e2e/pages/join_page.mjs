// What the receiver of an invitation sees, until the talk.

export class JoinPage {
  constructor(page) {
    this.page = page;
    this.name = page.getByRole('textbox', { name: 'Your name' });
    this.party = page.getByRole('textbox', { name: 'Your party' });
    this.askButton = page.getByRole('button', { name: 'Ask to join', exact: true });
    this.waiting = page.getByRole('status').filter({ hasText: 'Waiting to be admitted' });
    this.doorDigits = page.getByLabel('Door digits', { exact: true });
    this.alert = page.getByRole('alert');
  }

  async ask({ name, party }) {
    await this.name.fill(name);
    await this.party.fill(party);
    await this.askButton.click();
  }
}

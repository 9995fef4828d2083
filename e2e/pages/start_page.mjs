// The start page: begin a talk, or use an invitation.

export class StartPage {
  constructor(page) {
    this.page = page;
    this.startButton = page.getByRole('button', { name: 'Start a talk', exact: true });
    this.title = page.getByRole('textbox', { name: 'Title of the talk' });
    this.name = page.getByRole('textbox', { name: 'Your name' });
    this.party = page.getByRole('textbox', { name: 'Your party' });
    this.openButton = page.getByRole('button', { name: 'Open the talk', exact: true });
    this.pastedInvitation = page.getByRole('textbox', { name: 'I have an invitation' });
    this.useLinkButton = page.getByRole('button', { name: 'Use the link', exact: true });
    this.whoAdmits = page.getByRole('radiogroup', { name: 'Who admits' });
    this.newcomers = page.getByRole('combobox', { name: 'People who join later' });
    this.files = page.getByRole('combobox', { name: 'Files' });
    this.copies = page.getByRole('combobox', { name: 'When the talk has ended' });
    this.keeping = page.getByRole('radiogroup', { name: 'How this browser keeps the talk' });
    this.alert = page.getByRole('alert');
  }

  async open(url) {
    await this.page.goto(url);
    await this.startButton.waitFor();
  }

  async openTalk({ title, name, party, whoAdmits, copies, newcomers, files, keep, passphrase }) {
    await this.startButton.click();
    await this.title.fill(title);
    await this.name.fill(name);
    await this.party.fill(party);
    if (whoAdmits) await this.whoAdmits.getByRole('radio', { name: whoAdmits }).check();
    if (newcomers) await this.newcomers.selectOption({ label: newcomers });
    if (files) await this.files.selectOption({ label: files });
    if (copies) await this.copies.selectOption({ label: copies });
    if (keep) await this.keeping.getByRole('radio', { name: keep }).check();
    if (passphrase) await this.typePassphrase(passphrase);
    await this.openButton.click();
  }

  async typePassphrase(passphrase, again = passphrase) {
    await this.page.getByRole('textbox', { name: 'Passphrase', exact: true }).fill(passphrase);
    await this.page.getByRole('textbox', { name: 'Passphrase once more' }).fill(again);
  }

  async useInvitation(text) {
    await this.pastedInvitation.fill(text);
    await this.useLinkButton.click();
  }
}

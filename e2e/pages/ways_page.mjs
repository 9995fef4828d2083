// How this browser keeps the talks: unlocking, the recovery code, and the page where it is changed.

import { expect } from '@playwright/test';

export class WaysPage {
  constructor(page) {
    this.page = page;
    this.link = page.getByRole('link', { name: 'How this browser keeps your talks' });
    this.heading = page.getByRole('heading', { name: 'How this browser keeps your talks' });
    this.locked = page.getByRole('heading', { name: 'Locked' });
    this.code = page.locator('.code');
    this.shown = this.#textbox('Present passphrase or recovery code');
    this.lockAfter = page.getByRole('combobox', { name: 'Lock when nobody has used this page for' });
    this.passkeyButton = page.getByRole('button', { name: 'Unlock with the passkey' });
    this.shownCode = this.#textbox('Recovery code');
    this.alert = page.getByRole('alert');
    this.done = page.getByRole('status').locator('.done');
  }

  /** Opens the page from the start page. */
  async open(url) {
    await this.page.goto(url);
    await this.link.click();
    await expect(this.heading).toBeVisible();
  }

  /** Begins one of the changes. */
  async begin(what) {
    await this.page.getByRole('button', { name: what, exact: true }).click();
    await expect(this.form(what)).toBeVisible();
  }

  form(what) {
    return this.page.getByRole('form', { name: what });
  }

  /** Makes the change whose form is open. */
  async make(what) {
    await this.form(what).getByRole('button', { name: what, exact: true }).click();
  }

  async typeNewPassphrase(passphrase, again = passphrase) {
    await this.#textbox('New passphrase').fill(passphrase);
    await this.#textbox('New passphrase once more').fill(again);
  }

  /** Reads the recovery code that is shown. */
  async readCode() {
    await expect(this.code).toHaveText(/^([0-9A-Z]{4}-){6}[0-9A-Z]{4}$/);
    return (await this.code.textContent()).trim();
  }

  async typeLastGroup(group) {
    await this.#textbox('The last group of the code').fill(group);
    await this.page.getByRole('button', { name: 'It is written down' }).click();
  }

  /** Writes the recovery code down, as the page asks, and returns it. */
  async writeDown() {
    const code = await this.readCode();
    await this.typeLastGroup(code.slice(-4));
    return code;
  }

  async unlock(passphrase) {
    await this.#textbox('Passphrase').fill(passphrase);
    await this.page.getByRole('button', { name: 'Unlock', exact: true }).click();
  }

  async unlockByCode(code) {
    await this.page.getByRole('button', { name: 'Use the recovery code' }).click();
    await this.#textbox('Recovery code').fill(code);
    await this.page.getByRole('button', { name: 'Unlock', exact: true }).click();
  }

  async unlockByPasskey() {
    await this.passkeyButton.click();
  }

  /** Returns what stands beside the rows on the disk: the header as text, and the names of all that is there. */
  async beside() {
    return this.page.evaluate(() => new Promise((resolve, reject) => {
      const request = indexedDB.open('nonpaper');
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const store = request.result.transaction('beside').objectStore('beside');
        const [names, header] = [store.getAllKeys(), store.get('header')];
        store.transaction.oncomplete = () => {
          request.result.close();
          resolve({ names: names.result.toSorted(), header: String(header.result) });
        };
      };
    }));
  }

  /** Returns all rows on the disk as text. */
  async rows() {
    return this.page.evaluate(() => new Promise((resolve, reject) => {
      const request = indexedDB.open('nonpaper');
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const rows = request.result.transaction('rows').objectStore('rows').getAll();
        rows.onsuccess = () => { request.result.close(); resolve(rows.result.map(String)); };
      };
    }));
  }

  #textbox(name) {
    return this.page.getByRole('textbox', { name, exact: true });
  }
}

// A talk in which a file goes from one browser to others. Every browser has a profile on the disk, and nobody looks into them meanwhile.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from '@playwright/test';

import { BareBrowser } from '../product/bare_browser.mjs';
import { Relay } from '../product/relay.mjs';

const LONGEST = 1_200_000;
/** What the page offers to save as a download, in bytes. */
const MOST_AS_DOWNLOAD = 4_000_000_000;

export class Exchange {
  browsers = [];
  #file;

  /** Does something with a talk of one who gives this file and so many who fetch it. */
  static async of(file, seats, work) {
    const exchange = new Exchange();
    exchange.#file = file;
    exchange.relay = await Relay.start();
    try {
      await exchange.#sitDown(seats);
      return await work(exchange);
    } finally {
      await Promise.all(exchange.browsers.map((browser) => browser.close()));
      await exchange.relay.kill();
    }
  }

  get sender() {
    return this.browsers[0];
  }

  get receivers() {
    return this.browsers.slice(1);
  }

  async #begin() {
    const browser = await BareBrowser.start();
    this.browsers.push(browser);
    return browser;
  }

  async #sitDown(seats) {
    const sender = await this.#begin();
    await sender.driven('Noor Haddad', async (noor) => {
      await noor.start.open(this.relay.url);
      await noor.start.openTalk({ title: 'Files', name: 'Noor Haddad', party: 'Mediation office', keep: 'This browser only' });
      await expect(noor.talk.composer).toBeVisible();
      for (let number = 1; number <= seats; number += 1) await this.#welcome(noor, number);
    });
  }

  async #welcome(noor, number) {
    const link = await noor.talk.invite();
    const receiver = await this.#begin();
    await receiver.driven(`Reader ${number}`, async (reader) => {
      await reader.page.goto(link);
      await reader.join.ask({ name: `Reader ${number}`, party: `Party ${number}` });
      await expect(reader.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
      await noor.talk.admit(`Reader ${number}`);
      await expect(reader.talk.composer).toBeVisible();
    });
  }

  /** An expression for a button of the file, or undefined while there is none. */
  #button(label) {
    const wanted = JSON.stringify(`${label} ${this.#file.name}`);
    return `[...document.querySelectorAll('#files button')].find((button) => button.ariaLabel === ${wanted})`;
  }

  /** An expression for whether all of the file is there. */
  get #here() {
    return `(${this.#button('Save')} ?? ${this.#button('Save as…')}) !== undefined`;
  }

  /** The sender chooses the file. Returns how long it takes until it is given. */
  async give() {
    const begun = Date.now();
    await this.sender.choose("document.querySelector('input[type=file]')", this.#file.path);
    await this.sender.until(this.#here);
    const took = Date.now() - begun;
    await Promise.all(this.receivers.map((receiver) => receiver.until(`${this.#button('Fetch')} !== undefined`)));
    return took;
  }

  /** All others ask for it. */
  async ask() {
    await Promise.all(this.receivers.map((receiver) => receiver.ask(`void ${this.#button('Fetch')}.click()`)));
  }

  /** Returns once all of them have it, and how long each had to wait. */
  async arrived() {
    return Promise.all(this.receivers.map((receiver) => receiver.until(this.#here)));
  }

  /** All others fetch it. Returns how long that takes each. */
  async fetch() {
    const begun = Date.now();
    await this.ask();
    const asked = Date.now() - begun;
    return (await this.arrived()).map((waited) => asked + waited);
  }

  /** The first of the others saves it. Returns how long that takes, and whether it is the same. */
  async save() {
    return this.#file.size > MOST_AS_DOWNLOAD ? this.#saveAs() : this.#download();
  }

  /** By "Save as…". Nobody can choose a place in a browser without a window: it is the page's own folder, on the disk as any other. */
  async #saveAs() {
    const [receiver] = this.receivers;
    const folder = 'navigator.storage.getDirectory()';
    await receiver.ask(`void (globalThis.showSaveFilePicker = async () => (await ${folder}).getFileHandle('saved', { create: true }))`);
    const begun = Date.now();
    await receiver.ask(`void ${this.#button('Save as…')}.click()`);
    const size = `${folder}.then((root) => root.getFileHandle('saved')).then((saved) => saved.getFile()).then(({ size }) => size, () => 0)`;
    await receiver.until(`${size}.then((size) => size === ${this.#file.size})`, LONGEST);
    const took = Date.now() - begun;
    const paths = (await readdir(receiver.folder, { recursive: true })).map((name) => join(receiver.folder, name));
    for (const path of paths) {
      const { size } = await stat(path).catch(() => ({}));
      if (size === this.#file.size && (await this.#file.isAt(path))) return { took, same: true };
    }
    return { took, same: false };
  }

  async #download() {
    return this.receivers[0].driven('Reader 1', async ({ page }) => {
      const begun = Date.now();
      const [download] = await Promise.all([
        page.waitForEvent('download', { timeout: LONGEST }),
        page.getByRole('region', { name: 'Files' }).getByRole('button', { name: `Save ${this.#file.name}` }).click(),
      ]);
      const path = await download.path();
      const took = Date.now() - begun;
      return { took, same: await this.#file.isAt(path) };
    });
  }
}

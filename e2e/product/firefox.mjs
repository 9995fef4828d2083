// Firefox as it is installed, driven over WebDriver BiDi: Playwright drives only a Firefox of its own making.

import puppeteer from 'puppeteer-core';

import { orderOf } from '../pages/talk_page.mjs';
import { expect, test as base } from './fixtures.mjs';

export { expect };

const FIREFOX = process.env.FIREFOX;
const PATIENCE = 20_000;
/** A relay that was killed on purpose is refused by the browser in its own words. */
const EXPECTED = /connection to (the server at )?ws:/;

export const test = base.extend({
  firefoxBrowser: [async ({}, use) => {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: FIREFOX,
      defaultViewport: { width: 1280, height: 860 },
      extraPrefsFirefox: { 'intl.accept_languages': 'en-GB' },
    });
    await use(browser);
    await browser.close();
  }, { scope: 'worker' }],

  firefox: async ({ firefoxBrowser, relay }, use, info) => {
    // Named so that the relay outlives the pages.
    void relay;
    const firefox = new Firefox(firefoxBrowser);
    await use(firefox);
    if (info.status !== info.expectedStatus) await firefox.picture(info);
    await firefox.close();
    expect(firefox.complaints, 'errors on the pages in Firefox').toEqual([]);
  },
});

/** Skips the tests of a file where no Firefox can be had; `cargo xtask test` then counts them as not run. */
export function needsFirefox() {
  test.skip(!FIREFOX, 'there is no Firefox here');
}

/** Seats in containers of one Firefox: storage, service workers and locks of each are its own. */
export class Firefox {
  #browser;
  #contexts = [];
  #seats = [];

  /** What no page may ever say: an error, or that the policy blocked something. */
  complaints = [];

  constructor(browser) {
    this.#browser = browser;
  }

  async seat(name) {
    const context = await this.#browser.createBrowserContext();
    this.#contexts.push(context);
    return this.page(name, context);
  }

  /** One more page in the container of a seat. */
  async page(name, context) {
    // Timers of a tab in the background are slow; a window of its own is always in front.
    const page = await context.newPage({ type: 'window' });
    page.setDefaultTimeout(PATIENCE);
    const complain = (text) => {
      if (!EXPECTED.test(text)) this.complaints.push(`${name}: ${text}`);
    };
    page.on('pageerror', (error) => complain(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') complain(message.text());
    });
    await page.evaluateOnNewDocument(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
        console.error(`blocked by ${violatedDirective}: ${blockedURI} ${sample}`));
    });
    const seat = new FirefoxSeat(name, context, page);
    this.#seats.push(seat);
    return seat;
  }

  /** Somebody opens a talk at the address. */
  async open(url, { title = 'Transit at the Veshan crossing', name, party }) {
    const seat = await this.seat(name);
    await seat.page.goto(url);
    await seat.click('button', 'Start a talk');
    await seat.fill('textbox', 'Title of the talk', title);
    await seat.fill('textbox', 'Your name', name);
    await seat.fill('textbox', 'Your party', party);
    await seat.click('button', 'Open the talk');
    await seat.sitsDown();
    return seat;
  }

  /** Somebody opens a link and asks to join. */
  async knock(link, { name, party }) {
    const seat = await this.seat(name);
    await seat.page.goto(link);
    await seat.fill('textbox', 'Your name', name);
    await seat.fill('textbox', 'Your party', party);
    await seat.click('button', 'Ask to join');
    return seat;
  }

  /** The whole way in: link, knock, the same digits on both sides, admission. */
  async welcome(host, person) {
    const guest = await this.knock(await host.invite(), person);
    const digits = await guest.doorDigits();
    expect(digits).toMatch(/^\d{4} \d{4} \d{4}$/);
    expect(await host.doorDigits()).toBe(digits);
    await host.click('button', `Admit ${person.name}`);
    await guest.sitsDown();
    return guest;
  }

  async picture(info) {
    for (const { name, page } of this.#seats) {
      const body = await page.screenshot().catch(() => null);
      if (body) await info.attach(name, { body, contentType: 'image/png' });
    }
  }

  async close() {
    for (const context of this.#contexts) await context.close();
  }
}

/** One person. Things on the page are found by role and exact accessible name. */
class FirefoxSeat {
  constructor(name, context, page) {
    this.name = name;
    this.context = context;
    this.page = page;
    // As the seats of Playwright have it.
    this.talk = { order: async (written) => orderOf(await this.noteTexts(), written) };
  }

  find(role, name) {
    return this.page.locator(called(role, name));
  }

  async click(role, name) {
    await this.find(role, name).click();
  }

  async fill(role, name, text) {
    await this.find(role, name).fill(text);
  }

  /** Waits until it is on the page. */
  async shows(role, name) {
    await this.find(role, name).wait();
  }

  /** Waits until the talk is there and can be written in, connected. */
  async sitsDown() {
    await this.shows('textbox', 'Write a note');
    await this.isConnected('Live');
  }

  /** Waits until the status line says so. */
  async isConnected(how) {
    await this.page.waitForFunction(
      (how) => [...document.querySelectorAll('[role="status"]')].some(({ textContent }) => textContent.includes(how)), {}, how);
  }

  /** Makes a link and returns it. */
  async invite() {
    await this.click('button', 'Invite');
    const link = this.find('textbox', 'Invitation link').filter(({ value }) => value.includes('#v1.'));
    const made = await link.map(({ value }) => value).wait();
    await this.page.keyboard.press('Escape');
    await this.page.waitForFunction(() => !document.querySelector('dialog[open]'));
    return made;
  }

  /** Returns the digits to compare, on either side of a door at which one person waits. */
  async doorDigits() {
    return this.find('group', 'Door digits').map(({ textContent }) => textContent).wait();
  }

  /** Waits until so many seats are listed. */
  async countsSeats(count) {
    const items = `${called('region', 'Seats')} li`;
    await expect.poll(async () => (await this.page.$$(items)).length, { timeout: PATIENCE }).toBe(count);
  }

  async write(text) {
    await this.fill('textbox', 'Write a note', text);
    await this.click('button', 'Send');
    // The box is emptied at once when the note is taken.
    await this.find('textbox', 'Write a note').filter(({ value }) => value === '').wait();
  }

  /** Attaches a file of this machine. */
  async attach(path) {
    await (await this.page.$('input[type=file]')).uploadFile(path);
  }

  /** Has a file saved, and returns the SHA-256 of what the browser is given to save: where it puts it no driver tells. */
  async saves(name) {
    await this.page.evaluate(() => {
      const made = URL.createObjectURL;
      URL.createObjectURL = (blob) => {
        globalThis.saved = blob.arrayBuffer();
        return made.call(URL, blob);
      };
    });
    await this.click('button', `Save ${name}`);
    await this.page.waitForFunction(() => globalThis.saved);
    return this.page.evaluate(async () => {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await globalThis.saved));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    });
  }

  /** Waits until the browser keeps the app. */
  async isKept() {
    await this.page.evaluate(() => navigator.serviceWorker.ready);
  }

  /** Returns the text of every note shown, in order. */
  async noteTexts() {
    return this.page.$$eval(`${called('log', 'Notes')} article`, (notes) => notes.map(({ textContent }) => textContent));
  }

  /** Returns in which direction each paragraph of the notes runs. */
  async directions() {
    const paragraphs = `${called('log', 'Notes')} article p[dir]`;
    return this.page.$$eval(paragraphs, (all) => all.map((paragraph) => getComputedStyle(paragraph).direction));
  }
}

function called(role, name) {
  return `::-p-aria([name="${name}"][role="${role}"])`;
}

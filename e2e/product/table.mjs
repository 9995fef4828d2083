// Seats in browsers of their own, and what people do together at a table.

import { expect } from '@playwright/test';

import { JoinPage } from '../pages/join_page.mjs';
import { StartPage } from '../pages/start_page.mjs';
import { TalkPage } from '../pages/talk_page.mjs';
import { WaysPage } from '../pages/ways_page.mjs';

/** One person in a browser context that shares nothing with the others. */
export class Seat {
  constructor(name, agent, context, page) {
    this.name = name;
    /** What a tap knows the seat by; says nothing about the person. */
    this.agent = agent;
    this.context = context;
    this.page = page;
    this.start = new StartPage(page);
    this.join = new JoinPage(page);
    this.talk = new TalkPage(page);
    this.ways = new WaysPage(page);
  }
}

/** From the next page on, the clock of a browser context is ahead by so many milliseconds. */
export async function setClockFast(context, shift) {
  await context.addInitScript((shift) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + shift;
  }, shift);
}

export class Table {
  #browser;
  #contexts = [];
  #complaints = [];

  constructor(browser) {
    this.#browser = browser;
  }

  /** What no page of any seat may ever say: a crash, a breach of the policy, a missing file. A test that wants one takes it out. */
  get complaints() {
    return this.#complaints;
  }

  /** Opens a browser context for a person, whose clock may be fast or slow by so many milliseconds. */
  async seat(name, { fast = 0, ...options } = {}) {
    const agent = `seat/${this.#contexts.length + 1}`;
    const context = await this.#browser.newContext({ userAgent: agent, ...options });
    this.#contexts.push(context);
    if (fast !== 0) await setClockFast(context, fast);
    context.on('weberror', (error) => this.#complaints.push(`${name}: ${error.error()}`));
    context.on('page', (page) => page.on('crash', () => this.#complaints.push(`${name}: the page crashed`)));
    context.on('console', (message) => {
      const text = message.text();
      // A relay that was killed on purpose is refused by the browser in its own words.
      const expected = /WebSocket connection to|ERR_CONNECTION|ERR_INTERNET_DISCONNECTED|ERR_EMPTY_RESPONSE|ERR_SOCKET|ERR_INCOMPLETE_CHUNKED/.test(text);
      if (message.type() === 'error' && !expected) this.#complaints.push(`${name}: ${text}`);
    });
    const page = await context.newPage();
    return new Seat(name, agent, context, page);
  }

  /** Somebody opens a talk at the address. */
  async open(url, { title = 'Transit at the Veshan crossing', name, party, whoAdmits, copies, newcomers, files, ...options }) {
    const seat = await this.seat(name, options);
    await seat.start.open(url);
    await seat.start.openTalk({ title, name, party, whoAdmits, copies, newcomers, files });
    await expect(seat.talk.composer).toBeVisible();
    return seat;
  }

  /** Somebody opens a link and asks to join. */
  async knock(link, { name, party, ...options }) {
    const seat = await this.seat(name, options);
    await seat.page.goto(link);
    await seat.join.ask({ name, party });
    return seat;
  }

  /** The host compares the digits, as by telephone, and admits; where two sides must agree, so does another one. */
  async admit(host, seat, second) {
    await expect(seat.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
    await expect(host.talk.digitsOf(seat.name)).toHaveText(await seat.join.doorDigits.textContent());
    await host.talk.admit(seat.name);
    if (second) await second.talk.agreeTo(seat.name);
    await expect(seat.talk.composer).toBeVisible();
    await expect(seat.talk.connection).toContainText('Live');
    await expect(host.talk.seat(seat.name)).toBeVisible();
  }

  /** The whole way in: link, knock, digits, admission. */
  async welcome(host, { role, ...person }) {
    const link = await host.talk.invite({ role });
    const seat = await this.knock(link, person);
    await this.admit(host, seat);
    return seat;
  }

  /**
   * Five at a table where two sides must agree: a mediator, the heads of two delegations, an adviser of the first, and an observer.
   * The last value is how many milliseconds the second head took from its link to the table.
   */
  async fiveSitDown(url, { mediator, heads, adviser, observer }) {
    const host = await this.open(url, { ...mediator, whoAdmits: 'Two sides must agree' });
    const first = await this.welcome(host, heads[0]);
    const begun = Date.now();
    const second = await this.knock(await host.talk.invite(), heads[1]);
    await this.admit(host, second, first);
    const took = Date.now() - begun;
    const advises = await this.knock(await first.talk.invite(), adviser);
    await this.admit(first, advises, second);
    const observes = await this.knock(await host.talk.invite({ role: 'Observer' }), observer);
    await expect(observes.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
    await host.talk.admit(observer.name);
    await second.talk.agreeTo(observer.name);
    await expect(observes.page.getByText('You sit here as an observer')).toBeVisible();
    return { seats: [host, first, second, advises, observes], took };
  }

  async close() {
    for (const context of this.#contexts) await context.close();
  }
}

/** Waits until every seat shows every text, and all of them in one order. Returns that order. */
export async function expectSameNotes(seats, written, { within = 30_000 } = {}) {
  for (const seat of seats) {
    await expect(seat.talk.notes, `notes at ${seat.name}`).toHaveCount(written.length, { timeout: within });
  }
  return expectSameOrder(seats, written, { within });
}

/** The same, of seats in whatever browser. */
export async function expectSameOrder(seats, written, { within = 30_000 } = {}) {
  const everything = written.map((_, index) => index);
  await expect(async () => {
    const orders = await Promise.all(seats.map((seat) => seat.talk.order(written)));
    for (const [index, order] of orders.entries()) {
      expect(order.toSorted((a, b) => a - b), `every note once at ${seats[index].name}`).toEqual(everything);
      expect(order, `the order at ${seats[index].name}`).toEqual(orders[0]);
    }
  }).toPass({ timeout: within });
  return seats[0].talk.order(written);
}

/** Waits until every note at every seat is held by all who read it. */
export async function expectHeldByAll(seats, count, { within = 30_000 } = {}) {
  for (const seat of seats) {
    const held = seat.talk.notes.filter({ hasText: `Held by ${count} of ${count} seats` });
    await expect(held, `notes held by all at ${seat.name}`).toHaveCount(await seat.talk.notes.count(), { timeout: within });
  }
}

// What every test starts from: a relay of its own, a table, and a tap where one is asked for.

import { test as base, expect } from '@playwright/test';

import { Relay } from './relay.mjs';
import { Table } from './table.mjs';
import { Tap } from './tap.mjs';

export { expect };

export const test = base.extend({
  // Playwright reads the names of fixtures from the first parameter, so it has to be a pattern.
  relay: async ({}, use, info) => {
    const relay = await Relay.start();
    await use(relay);
    await relay.kill();
    if (info.status !== info.expectedStatus) await info.attach('relay output', { body: relay.output });
  },

  tap: async ({ relay }, use) => {
    const tap = await Tap.before(relay);
    await use(tap);
    await tap.close();
  },

  table: async ({ browser, relay }, use) => {
    // Named so that the relay outlives the pages: a page that loses it at the end has nothing to complain of.
    void relay;
    const table = new Table(browser);
    await use(table);
    await table.close();
    expect(table.complaints, 'errors on the pages').toEqual([]);
  },
});

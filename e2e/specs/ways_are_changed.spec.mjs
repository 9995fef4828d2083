import { setTimeout as randomMoment } from 'node:timers/promises';

import { expect, test } from '../product/fixtures.mjs';
import { Profile } from '../product/profile.mjs';

const AMINA = { title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office' };
const FIRST = 'nine quiet herons over the delta';
const SECOND = 'a ferry leaves before the rain';
const NOTE = 'Kept whichever way.';
const DEATHS = 3;

/** Somebody with one note, kept by this browser only. */
async function keptByBrowser(table, relay) {
  const amina = await table.open(relay.url, AMINA);
  await amina.talk.write(NOTE);
  await expect(amina.talk.notes).toHaveCount(1);
  return amina;
}

async function expectNote(seat, relay) {
  await seat.page.goto(relay.url);
  await seat.page.getByRole('link', { name: AMINA.title }).click();
  await expect(seat.talk.note(NOTE)).toBeVisible();
}

test('from this browser only to a passphrase: the key of the browser goes, and no row is written anew', async ({ table, relay }) => {
  const amina = await keptByBrowser(table, relay);
  const { page, ways } = amina;
  await ways.open(relay.url);
  const [before, rows] = [await ways.beside(), await ways.rows()];
  expect(before.names).toEqual(['browser key', 'header']);
  await ways.begin('Use a passphrase');
  await expect(page.getByRole('textbox', { name: 'New passphrase', exact: true })).toBeFocused();
  await ways.typeNewPassphrase('too short');
  await ways.make('Use a passphrase');
  await expect(ways.alert).toContainText('too short');
  await ways.typeNewPassphrase(FIRST);
  await ways.make('Use a passphrase');

  // Until the code is tested all is as it was.
  await ways.readCode();
  expect(await ways.beside()).toEqual(before);
  await ways.typeLastGroup('0000');
  await expect(ways.alert).toContainText('not the last group');
  expect(await ways.beside()).toEqual(before);
  const code = await ways.writeDown();
  await expect(ways.done).toContainText('open only with your passphrase');
  await expect(ways.heading).toBeFocused();
  const after = await ways.beside();
  expect(after.names).toEqual(['header']);
  expect(after.header).not.toBe(before.header);
  expect(await ways.rows()).toEqual(rows);

  await page.goto(relay.url);
  await page.reload();
  await expect(ways.locked).toBeVisible();
  await ways.unlock(FIRST);
  await expectLockable(page);
  await page.reload();
  await ways.unlockByCode(code);
  await page.getByRole('link', { name: AMINA.title }).click();
  await expect(amina.talk.note(NOTE)).toBeVisible();
});

async function expectLockable(page) {
  await expect(page.getByRole('button', { name: /^Lock\b/ })).toBeVisible();
}

test('passphrase and code are changed only by who has one of them, and the talks go back to this browser', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  const { page, ways } = amina;
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Passphrase', passphrase: FIRST });
  const firstCode = await ways.writeDown();
  await amina.talk.write(NOTE);
  await expect(amina.talk.notes).toHaveCount(1);
  await page.goto(relay.url);
  await ways.unlock(FIRST);
  await ways.link.click();
  const before = await ways.beside();

  // Somebody at a laptop that was left open.
  await ways.begin('Change the passphrase');
  await ways.shown.fill('a guess that is long enough');
  await ways.typeNewPassphrase(SECOND);
  await ways.make('Change the passphrase');
  await expect(ways.alert).toHaveText('That is neither the passphrase nor the recovery code.');
  await expect(ways.shown).toBeFocused();
  expect(await ways.beside()).toEqual(before);

  await ways.shown.fill(FIRST);
  await ways.make('Change the passphrase');
  await expect(ways.done).toContainText('The new passphrase works');
  await page.reload();
  await ways.unlock(FIRST);
  await expect(ways.alert).toHaveText('That is not the passphrase.');
  await ways.unlock(SECOND);
  await expect(ways.heading).toBeVisible();

  // A new code: the old one works until the new one is written down.
  await ways.begin('Make a new recovery code');
  await ways.shown.fill(SECOND);
  await ways.make('Make a new recovery code');
  await ways.readCode();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await ways.begin('Change the passphrase');
  await ways.shown.fill(firstCode);
  await ways.typeNewPassphrase(FIRST);
  await ways.make('Change the passphrase');
  await expect(ways.done).toContainText('The new passphrase works');
  await ways.begin('Make a new recovery code');
  await ways.shown.fill(FIRST);
  await ways.make('Make a new recovery code');
  const secondCode = await ways.writeDown();
  await expect(ways.done).toContainText('The new recovery code works');
  await page.reload();
  await ways.unlockByCode(firstCode);
  await expect(ways.alert).toHaveText('That is not the recovery code.');
  await page.getByRole('textbox', { name: 'Recovery code', exact: true }).fill(secondCode);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();

  await ways.begin('Back to this browser only');
  await ways.make('Back to this browser only');
  await expect(ways.alert).toHaveText('That is neither the passphrase nor the recovery code.');
  await ways.shown.fill(secondCode);
  await ways.make('Back to this browser only');
  await expect(ways.done).toContainText('open by themselves');
  expect((await ways.beside()).names).toEqual(['browser key', 'header']);
  await expectNote(amina, relay);
});

test('minutes until it locks can be chosen, and are kept', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  const { page, ways } = amina;
  await page.clock.install();
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Passphrase', passphrase: FIRST });
  await ways.writeDown();
  await page.goto(relay.url);
  await ways.unlock(FIRST);
  await ways.link.click();
  await expect(ways.lockAfter).toHaveValue('15');
  await ways.lockAfter.selectOption('60 minutes');
  await page.clock.runFor(59 * 60_000);
  await expect(ways.lockAfter).toHaveValue('60');
  await page.clock.runFor(2 * 60_000);
  await expect(ways.locked).toBeVisible();

  await ways.unlock(FIRST);
  await expect(ways.lockAfter).toHaveValue('60');
  await ways.lockAfter.selectOption('5 minutes');
  await page.clock.runFor(6 * 60_000);
  await expect(ways.locked).toBeVisible();
  await ways.unlock(FIRST);
  await expect(ways.lockAfter).toHaveValue('5');
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(['nonpaper-keeps']);
});

test('a change that the disk refuses leaves all as it was', async ({ table, relay }) => {
  const amina = await keptByBrowser(table, relay);
  const { page, ways } = amina;
  await page.addInitScript(() => {
    const remove = IDBObjectStore.prototype.delete;
    IDBObjectStore.prototype.delete = function (key) {
      if (key === 'browser key') this.transaction.abort();
      return remove.call(this, key);
    };
  });
  await ways.open(relay.url);
  await page.reload();
  const before = await ways.beside();
  await ways.begin('Use a passphrase');
  await ways.typeNewPassphrase(FIRST);
  await ways.make('Use a passphrase');
  await ways.writeDown();
  await expect(ways.alert).toContainText('All is as it was');
  expect(await ways.beside()).toEqual(before);
  await expectNote(amina, relay);
});

test('whenever the browser dies, the talks open the old way or the new one', async ({ relay }) => {
  const profile = await Profile.make();
  try {
    let amina = await profile.start(AMINA.name);
    await amina.start.open(relay.url);
    await amina.start.openTalk(AMINA);
    await amina.talk.write(NOTE);
    await expect(amina.talk.notes).toHaveCount(1);
    for (let death = 0; death < DEATHS; death += 1) {
      await amina.ways.open(relay.url);
      await amina.ways.begin('Use a passphrase');
      await amina.ways.typeNewPassphrase(FIRST);
      await amina.ways.make('Use a passphrase');
      const code = await amina.ways.readCode();
      await amina.page.getByRole('textbox', { name: 'The last group of the code' }).fill(code.slice(-4));
      const kill = await profile.ready();
      const written = amina.page.getByRole('button', { name: 'It is written down' });
      await written.evaluate((button) => setTimeout(() => button.click(), 20));
      // Nothing is waited for here: the moment of the death is what is drawn.
      await randomMoment(20 + Math.random() * 20);
      await kill();

      amina = await profile.start(AMINA.name);
      await amina.page.goto(relay.url);
      await expect(amina.ways.locked.or(amina.start.startButton)).toBeVisible();
      const isNew = await amina.ways.locked.isVisible();
      expect((await amina.ways.beside()).names).toEqual(isNew ? ['header'] : ['browser key', 'header']);
      if (isNew) {
        await amina.ways.unlock(FIRST);
        await amina.ways.link.click();
        await amina.ways.begin('Back to this browser only');
        await amina.ways.shown.fill(code);
        await amina.ways.make('Back to this browser only');
        await expect(amina.ways.done).toBeVisible();
      }
      await expectNote(amina, relay);
    }
  } finally {
    await profile.remove();
  }
});

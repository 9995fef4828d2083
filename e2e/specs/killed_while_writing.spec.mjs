// The whole browser dies at a random moment after Send, again and again. `cargo xtask kill --cycles N` runs more of it.

import { setTimeout as randomMoment } from 'node:timers/promises';

import { expect, test } from '../product/fixtures.mjs';
import { Profile } from '../product/profile.mjs';
import { expectSameNotes } from '../product/table.mjs';

const CYCLES = Number(process.env.KILL_CYCLES ?? 20);
const LATEST_MS = 50;
const CLICK_AFTER_MS = 100;
const AMINA = { title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office' };
const KAVEH = { name: 'Kaveh Moradi', party: 'Delegation of Arvandan' };

test('no note is lost, doubled or shown too early, whenever the browser dies', async ({ table, relay }) => {
  test.setTimeout(60_000 + CYCLES * 15_000);
  const figures = { before: 0, after: 0, shown: 0, slowestOpen: 0, slowestLevel: 0 };
  const profile = await Profile.make();
  try {
    let amina = await profile.start(AMINA.name);
    await amina.start.open(relay.url);
    await amina.start.openTalk(AMINA);
    await expect(amina.talk.composer).toBeVisible();
    const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
    const held = ['The first note.'];
    await amina.talk.write(held[0]);
    await expectSameNotes([amina, kaveh], held);

    for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
      const text = `Note ${cycle}, cut short.`;
      const shown = new Set();
      await amina.page.exposeBinding('noteShown', (_, note) => shown.add(note));
      await amina.page.evaluate((wanted) => {
        const log = document.querySelector('[role=log]');
        const look = () => log.textContent.includes(wanted) && globalThis.noteShown(wanted);
        new MutationObserver(look).observe(log, { childList: true, subtree: true, characterData: true });
      }, text);
      await amina.talk.composer.fill(text);
      const kill = await profile.ready();
      // Clicked by the page itself, so that the way there does not count; soon after Send more often than late.
      await amina.talk.sendButton.evaluate((button, wait) => setTimeout(() => button.click(), wait), CLICK_AFTER_MS);
      // Nothing is waited for here: the moment of the death is what is drawn.
      await randomMoment(CLICK_AFTER_MS + Math.random() ** 2 * LATEST_MS);
      await kill();

      amina = await profile.start(AMINA.name);
      const started = Date.now();
      await amina.page.goto(relay.url);
      const link = amina.page.getByRole('link', { name: AMINA.title });
      await expect(link.or(amina.page.getByRole('link', { name: 'Open a backup' }))).toBeVisible();
      if (!(await link.isVisible())) {
        const why = (await profile.foundNoDatabase()) ? 'the browser found no database' : 'the database is there';
        throw new Error(`the store is gone in cycle ${cycle}: ${why}`);
      }
      await link.click();
      await expect(amina.talk.composer).toBeVisible();
      figures.slowestOpen = Math.max(figures.slowestOpen, Date.now() - started);
      await expect(amina.talk.notes.first()).toBeVisible();
      const kept = (await amina.talk.notes.filter({ hasText: text }).count()) > 0;
      figures[kept ? 'after' : 'before'] += 1;
      if (shown.has(text)) {
        figures.shown += 1;
        expect(kept, `what the page had shown before it died in cycle ${cycle}`).toBe(true);
      }
      if (kept) held.push(text);
      await expect(amina.talk.connection).toContainText('Live');
      for (const seat of [amina, kaveh]) await seat.talk.showAll();
      await expectSameNotes([amina, kaveh], held, { within: 10_000 });
      figures.slowestLevel = Math.max(figures.slowestLevel, Date.now() - started);
    }
    await expect(amina.talk.warnings).toHaveCount(0);
    await expect(kaveh.talk.warnings).toHaveCount(0);
    console.log(`${CYCLES} deaths: ${figures.before} before the note was kept, ${figures.after} after (${figures.shown} of them`
      + ` after it was shown); slowest: open after ${figures.slowestOpen} ms, level after ${figures.slowestLevel} ms`);
    expect(figures.slowestOpen, 'ms until the talk is open').toBeLessThan(10_000);
  } finally {
    await profile.remove();
  }
});

test('a death in the middle of what the browser writes loses nothing, neither then nor after the next one', async ({ relay }) => {
  const profile = await Profile.make();
  try {
    let amina = await profile.start(AMINA.name);
    await amina.start.open(relay.url);
    await amina.start.openTalk(AMINA);
    const notes = ['Before the first death.'];
    await amina.talk.write(notes[0]);
    for (const next of ['After the first death.', 'After the second death.']) {
      const kill = await profile.ready();
      await kill();
      await profile.cutRecordShort();
      amina = await profile.start(AMINA.name);
      await amina.page.goto(relay.url);
      const link = amina.page.getByRole('link', { name: AMINA.title });
      await expect(link).toBeVisible();
      await link.click();
      await expect(amina.talk.notes).toHaveCount(notes.length);
      await amina.talk.write(next);
      notes.push(next);
      await expectSameNotes([amina], notes);
    }
  } finally {
    await profile.remove();
  }
});

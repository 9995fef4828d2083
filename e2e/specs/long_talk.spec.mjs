// A talk of more notes than are drawn at once: the newest 100, and pieces of 10 above them while they are near.

import { expect, test } from '../product/fixtures.mjs';

const NOTES = 180;
const PARAGRAPH = 'Both sides agree that fruit rots and that drivers sleep in their cabs. '.repeat(6);

/** Opens a talk, writes all notes and loads the page again. */
async function longTalk(table, relay, before) {
  const amina = await table.seat('Amina');
  if (before) await amina.context.addInitScript(before);
  await amina.start.open(relay.url);
  await amina.start.openTalk({ title: 'Transit at the Veshan crossing', name: 'Amina', party: 'Mediation office' });
  for (let number = 1; number <= NOTES; number += 1) await amina.talk.write(`§ ${number}. ${PARAGRAPH}`);
  await expect(amina.talk.notes).toHaveCount(NOTES);
  await amina.page.reload();
  await expect(amina.talk.notes.last()).toBeInViewport();
  return amina;
}

/** Scrolls by `screens` in every frame until nothing moves; returns the numbers of all notes that were in sight. */
function seenWhileScrolling(log, screens) {
  return log.evaluate(async (log, screens) => {
    const seen = new Set();
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const box = log.getBoundingClientRect();
    const inSight = ({ top, bottom }) => bottom > box.top && top < box.bottom;
    for (let still = 0, at = null; still < 30; ) {
      for (const note of log.querySelectorAll('article')) {
        if (inSight(note.getBoundingClientRect())) seen.add(Number(/§ (\d+)\./.exec(note.textContent)[1]));
      }
      log.scrollTop += screens * log.clientHeight;
      await frame();
      const now = `${Math.round(log.scrollTop)} ${log.scrollHeight}`;
      still = now === at ? still + 1 : 0;
      at = now;
    }
    return [...seen].sort((one, other) => one - other);
  }, screens);
}

const all = Array.from({ length: NOTES }, (_, index) => index + 1);
const numbers = (texts) => texts.map((text) => Number(/§ (\d+)\./.exec(text)[1]));

test('earlier notes come when somebody scrolls up, and give up their elements far from what is seen', async ({ table, relay }) => {
  const { talk, page } = await longTalk(table, relay);
  await expect(talk.notes).toHaveCount(100);
  await expect(talk.log.getByText('80 earlier notes come when you scroll up.')).toBeAttached();

  expect(await seenWhileScrolling(talk.log, -0.5)).toEqual(all);
  const atTheTop = numbers(await talk.noteTexts());
  expect(atTheTop.length).toBeLessThan(NOTES);
  expect(atTheTop).toEqual([...atTheTop].sort((one, other) => one - other));
  expect(atTheTop.slice(0, 3)).toEqual([1, 2, 3]);

  // Down again: what was given up is there before it comes into sight.
  expect(await seenWhileScrolling(talk.log, 0.5)).toEqual(all);
  await expect(talk.notes.last()).toBeInViewport();

  // Whoever wants to search has them all, and they stay.
  await talk.log.evaluate((log) => { log.scrollTop = 0; });
  await talk.log.getByRole('button', { name: 'Show all now' }).click();
  await expect(talk.notes).toHaveCount(NOTES);
  await seenWhileScrolling(talk.log, 2);
  expect(numbers(await talk.noteTexts())).toEqual(all);
  await expect(page.getByRole('button', { name: 'Show all now' })).toBeHidden();
});

test('what is marked for copying keeps its elements', async ({ table, relay }) => {
  const { talk, page } = await longTalk(table, relay);
  await seenWhileScrolling(talk.log, -1);
  await talk.note('§ 1. ').first().evaluate((note) => getSelection().selectAllChildren(note));
  await seenWhileScrolling(talk.log, 1);
  expect(await page.evaluate(() => getSelection().toString())).toContain('§ 1. Both sides');
});

test('where the browser does not hold the place by itself, the page does', async ({ table, relay }) => {
  const { talk } = await longTalk(table, relay, () => {
    const { supports } = CSS;
    CSS.supports = (...asked) => asked[0] !== 'overflow-anchor' && supports.apply(CSS, asked);
    addEventListener('DOMContentLoaded', () => {
      const sheet = new CSSStyleSheet();
      // The second rule is what the style sheet has for such a browser.
      sheet.replaceSync('* { overflow-anchor: none !important; } .piece { content-visibility: visible !important; }');
      document.adoptedStyleSheets = [sheet];
    });
  });
  // The first note that is drawn is in sight while those above it come.
  const moved = await talk.log.evaluate(async (log) => {
    const first = log.querySelector('article');
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    log.scrollTop = first.offsetTop - 10;
    const before = first.getBoundingClientRect().top;
    for (let frames = 0; frames < 60; frames += 1) await frame();
    return { by: first.getBoundingClientRect().top - before, came: log.querySelectorAll('article').length };
  });
  expect(moved.came).toBeGreaterThan(100);
  expect(Math.abs(moved.by)).toBeLessThan(2);
  await seenWhileScrolling(talk.log, -1);
  expect(numbers(await talk.noteTexts())).toEqual(all);
});

// How long a note takes from Send until the other seat shows it: one relay, two browsers, everything on this machine.

import { chromium as playwright } from '@playwright/test';

import { chromium } from '../product/chromium.mjs';
import { Relay } from '../product/relay.mjs';
import { Table } from '../product/table.mjs';

const NOTES = 30;
const text = (number) => `Note ${number} of the measurement, about as long as a sentence that people write.`;

/** Begins to watch for the text. What it returns resolves with the time at which the page showed it. */
async function watchFor(page, wanted) {
  await page.evaluate((wanted) => {
    const log = document.querySelector('[role=log]');
    globalThis.shown = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (!log.textContent.includes(wanted)) return;
        observer.disconnect();
        resolve(performance.timeOrigin + performance.now());
      });
      observer.observe(log, { childList: true, subtree: true, characterData: true });
    });
  }, wanted);
  return () => page.evaluate(() => globalThis.shown);
}

/** Clicks Send inside the page, so that the way from here to the browser is not measured. */
function sentAt(talk) {
  return talk.sendButton.evaluate((button) => {
    const now = performance.timeOrigin + performance.now();
    button.click();
    return now;
  });
}

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

const relay = await Relay.start();
const browser = await playwright.launch(chromium);
try {
  const table = new Table(browser);
  const host = await table.open(relay.url, { name: 'Noor Haddad', party: 'Mediation office' });
  const guest = await table.welcome(host, { name: 'Ines Okoye', party: 'Delegation of Arvandan' });
  const times = [];
  for (let number = 1; number <= NOTES; number += 1) {
    const [author, reader] = number % 2 === 0 ? [host, guest] : [guest, host];
    await author.talk.composer.fill(text(number));
    const shownAt = await watchFor(reader.page, text(number));
    const sent = await sentAt(author.talk);
    times.push((await shownAt()) - sent);
  }
  times.sort((a, b) => a - b);
  const [median, ninth] = [quantile(times, 0.5), quantile(times, 0.9)].map((time) => time.toFixed(1));
  console.log(`Send → visible at the other seat, ${NOTES} notes: median ${median} ms, 90 % ${ninth} ms`);
} finally {
  await browser.close();
  await relay.kill();
}

// How long a note takes from Send until the other seat shows it while a file goes from the same page to the same seat, beside how long it
// takes when nothing else goes.

import { Exchange } from './exchange.mjs';
import { ms, row, spread } from './figures.mjs';

const NOTES = 20;

/** Writes a note and returns how many milliseconds it took to be shown. */
async function took(sender, reader, text) {
  await reader.ask(`void (globalThis.shown = new Promise((resolve) => {
    const log = document.querySelector('[role=log]');
    const look = () => log.textContent.includes(${JSON.stringify(text)}) && resolve(performance.timeOrigin + performance.now());
    new MutationObserver(look).observe(log, { childList: true, subtree: true, characterData: true });
  }))`);
  const sent = await sender.ask(`(() => {
    const box = document.querySelector('.compose textarea');
    box.value = ${JSON.stringify(text)};
    box.dispatchEvent(new Event('input', { bubbles: true }));
    const send = [...document.querySelectorAll('.compose button')].find(({ textContent }) => textContent === 'Send');
    const now = performance.timeOrigin + performance.now();
    send.click();
    return now;
  })()`);
  return (await reader.ask('globalThis.shown')) - sent;
}

export async function notesMeanwhile(file) {
  await Exchange.of(file, 1, async (exchange) => {
    const { sender, receivers: [reader] } = exchange;
    await exchange.give();
    const [alone, beside] = [[], []];
    for (let number = 1; number <= NOTES; number += 1) alone.push(await took(sender, reader, `Nothing else goes, ${number}.`));
    const arrived = exchange.ask().then(() => exchange.arrived()).then(() => (exchange.whole = true));
    await reader.until("/\\/s · /.test(document.querySelector('#files').textContent)");
    for (let number = 1; number <= NOTES && !exchange.whole; number += 1) beside.push(await took(sender, reader, `A file goes, ${number}.`));
    await arrived;
    row('a note, alone', '', spread(alone, ms));
    row(`a note while the file goes (${beside.length} notes)`, '+ ≤ 100 ms', spread(beside, ms));
  });
}

// How fast a file goes from one browser to others through a relay, and what it costs in memory. All on this machine, every browser with a
// profile on its disk, and nobody looks into them meanwhile.
//
// SIZE is the length of the file in bytes, SEATS how many fetch it.

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { expect } from '@playwright/test';

import { BareBrowser } from '../product/bare_browser.mjs';
import { Relay } from '../product/relay.mjs';
import { row } from './figures.mjs';

const SIZE = Number(process.env.SIZE ?? 2_000_000_000);
const SEATS = Number(process.env.SEATS ?? 1);
const MB = 1e6;
const folder = join(process.env.E2E_OUTPUT_DIR ?? '../target', 'bench-files');
const name = `${SIZE}.bin`;
const speed = (millis) => `${(SIZE / MB / (millis / 1000)).toFixed(0)} MB/s  (${(millis / 1000).toFixed(1)} s)`;
const mb = (bytes) => `${(bytes / MB).toFixed(0)} MB`;

/** A file of random bytes, made once. */
async function made() {
  const path = join(folder, name);
  await mkdir(folder, { recursive: true });
  if ((await stat(path).catch(() => ({ size: -1 }))).size !== SIZE) {
    const file = await open(path, 'w');
    for (let at = 0; at < SIZE; at += 1 << 24) await file.write(randomBytes(Math.min(1 << 24, SIZE - at)));
    await file.close();
  }
  return path;
}

async function hashOf(path) {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part);
  return hash.digest('hex');
}

/** What the pages of a browser hold in memory that is no copy of a file, in bytes. */
async function memoryOf(browser) {
  let bytes = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes('--type=renderer') || !command.includes(browser.folder)) continue;
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    bytes += 1024 * Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0);
  }
  return bytes;
}

async function relayMemory(relay) {
  const status = await readFile(`/proc/${relay.pid}/status`, 'utf8');
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)[1]);
}

const button = (label) => `[...document.querySelectorAll('#files button')].find((button) => button.ariaLabel === ${JSON.stringify(`${label} ${name}`)})`;
const files = (seat) => seat.page.getByRole('region', { name: 'Files' });

const path = resolve(await made());
const relay = await Relay.start();
const browsers = [];
const begin = async () => {
  browsers.push(await BareBrowser.start());
  return browsers.at(-1);
};
try {
  const sender = await begin();
  const receivers = [];
  await sender.driven('Noor Haddad', async (noor) => {
    await noor.start.open(relay.url);
    await noor.start.openTalk({ title: 'Files', name: 'Noor Haddad', party: 'Mediation office' });
    await expect(noor.talk.composer).toBeVisible();
    for (let number = 1; number <= SEATS; number += 1) {
      const link = await noor.talk.invite();
      const receiver = await begin();
      await receiver.driven(`Reader ${number}`, async (reader) => {
        await reader.page.goto(link);
        await reader.join.ask({ name: `Reader ${number}`, party: `Party ${number}` });
        await expect(reader.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
        await noor.talk.admit(`Reader ${number}`);
        await expect(reader.talk.composer).toBeVisible();
      });
      receivers.push(receiver);
    }
  });
  const before = await Promise.all(browsers.map(memoryOf));
  const most = [...before];
  let measuring = true;
  const measured = (async () => {
    while (measuring) {
      for (const [place, browser] of browsers.entries()) most[place] = Math.max(most[place], await memoryOf(browser));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  })();

  const given = Date.now();
  await sender.choose("document.querySelector('input[type=file]')", path);
  await sender.until(`${button('Save')} !== undefined`);
  row('read, hashed and sealed', '≥ 400', speed(Date.now() - given));

  await Promise.all(receivers.map((receiver) => receiver.until(`${button('Fetch')} !== undefined`)));
  const asked = Date.now();
  await Promise.all(receivers.map((receiver) => receiver.ask(`void ${button('Fetch')}.click()`)));
  await Promise.all(receivers.map((receiver) => receiver.until(`${button('Save')} !== undefined`)));
  row(`fetched by ${SEATS}`, '', speed(Date.now() - asked));
  measuring = false;
  await measured;
  row('memory of the page that gives, growth', '≤ 300 MB', mb(most[0] - before[0]));
  row('memory of a page that fetches, growth', '≤ 300 MB', mb(Math.max(...most.slice(1).map((bytes, place) => bytes - before[place + 1]))));
  row('memory of the relay, at most', '≤ 64 MB', mb(await relayMemory(relay)));

  await receivers[0].driven('Reader 1', async (reader) => {
    const saved = Date.now();
    const [download] = await Promise.all([
      reader.page.waitForEvent('download', { timeout: 3_600_000 }),
      files(reader).getByRole('button', { name: `Save ${name}` }).click(),
    ]);
    const got = await download.path();
    row('saved', '', speed(Date.now() - saved));
    const same = (await hashOf(got)) === (await hashOf(path));
    row('SHA-256', 'the same', same ? 'the same' : 'ANOTHER');
    if (!same) process.exitCode = 1;
  });
} finally {
  for (const browser of browsers) await browser.close();
  await relay.kill();
  if (process.env.KEEP === undefined) await rm(folder, { recursive: true, force: true });
}

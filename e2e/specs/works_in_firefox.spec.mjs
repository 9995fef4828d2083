// The way from an invitation to notes in three scripts, in Firefox.

import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

import { expect, Firefox, needsFirefox, test } from '../product/firefox.mjs';
import { expectSameOrder } from '../product/table.mjs';
import { BREAKS } from '../product/tap.mjs';
import { english, farsi, urdu } from '../texts/negotiation.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const LEYLA = { name: 'لیلا رحیمی', party: 'هیئت آروندان' };
const BILAL = { name: 'Bilal Qureshi', party: 'وفد سندھارا' };

needsFirefox();

test('three parties exchange notes in three scripts, and find them again after a reload', async ({ relay, firefox }) => {
  test.setTimeout(240_000);
  const noor = await firefox.open(relay.url, NOOR);
  const leyla = await firefox.welcome(noor, LEYLA);
  const bilal = await firefox.welcome(noor, BILAL);
  const seats = [noor, leyla, bilal];
  for (const seat of seats) await seat.countsSeats(3);

  const written = [];
  for (const [index, text] of english.entries()) {
    const round = [text, farsi[index], urdu[index]];
    await Promise.all(seats.map((seat, who) => seat.write(round[who])));
    written.push(...round);
  }
  let order = await expectSameOrder(seats, written);

  for (const seat of seats) {
    await seat.page.reload();
    await seat.sitsDown();
    expect(await expectSameOrder([seat], written), `the order at ${seat.name}`).toEqual(order);
    written.push(`${seat.name} is here again.`);
    await seat.write(written.at(-1));
    order = await expectSameOrder(seats, written);
  }
});

test('a paragraph runs from right to left where its script does', async ({ relay, firefox }) => {
  const noor = await firefox.open(relay.url, NOOR);
  const note = [english[0], farsi[0], urdu[0]].join('\n\n');
  await noor.write(note);
  await expectSameOrder([noor], [note]);
  const [ltr, rtl] = ['ltr', 'rtl'].map((direction) => Array(3).fill(direction));
  expect(await noor.directions()).toEqual([...ltr, ...rtl, ...rtl]);
});

test('a seat in Firefox and one in Chromium sit at one table', async ({ relay, firefox, table }) => {
  const noor = await table.open(relay.url, NOOR);
  const leyla = await firefox.knock(await noor.talk.invite(), LEYLA);
  await expect(noor.talk.digitsOf(LEYLA.name)).toHaveText(await leyla.doorDigits());
  await noor.talk.admit(LEYLA.name);
  await leyla.sitsDown();
  const written = [english[1], farsi[1], english[2], farsi[2]];
  for (const [index, text] of written.entries()) await (index % 2 ? leyla.write(text) : noor.talk.write(text));
  await expectSameOrder([noor, leyla], written);
});

test('files go from Chromium to Firefox and back, and are there after a reload', async ({ relay, firefox, table }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const leyla = await firefox.knock(await noor.talk.invite(), LEYLA);
  await expect(noor.talk.digitsOf(LEYLA.name)).toHaveText(await leyla.doorDigits());
  await noor.talk.admit(LEYLA.name);
  await leyla.sitsDown();
  const made = async (name, size) => {
    const [path, bytes] = [info.outputPath(name), randomBytes(size)];
    await writeFile(path, bytes);
    return { name, path, hash: createHash('sha256').update(bytes).digest('hex') };
  };
  const [there, back] = [await made('there.bin', 3_000_000), await made('back.bin', 2_500_000)];
  await noor.talk.attach(there.path);
  expect(await leyla.saves(there.name)).toBe(there.hash);
  await leyla.page.reload();
  await leyla.sitsDown();
  expect(await leyla.saves(there.name)).toBe(there.hash);
  await leyla.attach(back.path);
  await expect(noor.talk.fileButton('Save', back.name)).toBeVisible();
  expect(createHash('sha256').update(await readFile(await noor.talk.save(back.name))).digest('hex')).toBe(back.hash);
});

test('where WebSockets are refused, notes and files go by the slower way, and the fast one is taken when it works again', async ({ tap, firefox, table }, info) => {
  tap.breakWebSockets(BREAKS['refuses them']);
  const noor = await table.open(tap.url, NOOR);
  const leyla = await firefox.knock(await noor.talk.invite(), LEYLA);
  await expect(noor.talk.digitsOf(LEYLA.name)).toHaveText(await leyla.doorDigits());
  await noor.talk.admit(LEYLA.name);
  await leyla.sitsDown();
  await leyla.isConnected('a slower one works the same');
  const written = [english[1], farsi[1]];
  await noor.talk.write(written[0]);
  await leyla.write(written[1]);
  await expectSameOrder([noor, leyla], written);
  const [path, bytes] = [info.outputPath('there.bin'), randomBytes(1_500_000)];
  await writeFile(path, bytes);
  await leyla.attach(path);
  await expect(noor.talk.fileButton('Save', 'there.bin')).toBeVisible({ timeout: 60_000 });
  expect(Buffer.compare(await readFile(await noor.talk.save('there.bin')), bytes)).toBe(0);
  tap.mendWebSockets();
  await leyla.page.reload();
  await leyla.sitsDown();
  await expect.poll(() => leyla.page.$eval('.status', (status) => status.textContent.trim())).toBe('Live');
});

test('a talk opens and is written in while the server is down, and the notes go out when it is back', async ({ relay, firefox }) => {
  const noor = await firefox.open(relay.url, NOOR);
  const leyla = await firefox.welcome(noor, LEYLA);
  const written = [english[0]];
  await noor.write(written[0]);
  await expectSameOrder([noor, leyla], written);
  await noor.isKept();
  await relay.kill();
  await noor.page.reload();
  await noor.isConnected('Reconnecting');
  await expectSameOrder([noor], written);
  written.push(farsi[0]);
  await noor.write(written[1]);
  await relay.run();
  await expectSameOrder([noor, leyla], written, { within: 60_000 });
});

test('a second page says so, and takes over when asked', async ({ relay, firefox }) => {
  const noor = await firefox.open(relay.url, NOOR);
  await noor.write(english[0]);
  const second = await firefox.page(NOOR.name, noor.context);
  await second.page.goto(noor.page.url());
  await second.shows('heading', 'Open in another tab');
  await second.click('button', 'Use here');
  await second.sitsDown();
  await noor.shows('heading', 'Open in another tab');
  await second.write(urdu[0]);
  await expectSameOrder([second], [english[0], urdu[0]]);
});

test('what the policy forbids does not run, and is noticed', async ({ relay, firefoxBrowser }) => {
  const firefox = new Firefox(firefoxBrowser);
  try {
    const noor = await firefox.seat(NOOR.name);
    await noor.page.goto(relay.url);
    await noor.page.evaluate(() => {
      const script = document.createElement('script');
      script.append('document.title = "it ran"');
      document.body.append(script);
      new Image().src = 'https://elsewhere.invalid/picture.png';
    });
    const told = () => firefox.complaints.join('\n');
    await expect.poll(told).toContain('blocked by require-trusted-types-for');
    await expect.poll(told).toContain('blocked by img-src');
    expect(await noor.page.title()).not.toBe('it ran');
  } finally {
    await firefox.close();
  }
});

import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';

import { expect, test } from '../product/fixtures.mjs';
import { memoryOf } from '../product/memory.mjs';
import { formsOf, formsOfBytes, occurrences } from '../product/needles.mjs';
import { expectSameNotes } from '../product/table.mjs';
import { publishedPayload } from '../product/wire.mjs';

const BUCKETS = [1_024, 4_096, 16_384, 65_536];

/** A word that occurs nowhere else in the world. */
const planted = (what) => `${what}-${randomBytes(9).toString('hex')}`;

test('the search for planted texts finds each of their forms', () => {
  const text = 'planted-متن-0123456789abcdef';
  const bytes = Buffer.from(text);
  const hidden = {
    raw: bytes,
    hex: Buffer.from(bytes.toString('hex')),
    HEX: Buffer.from(bytes.toString('hex').toUpperCase()),
    'UTF-16LE': Buffer.from(text, 'utf16le'),
    'UTF-16BE': Buffer.from(text, 'utf16le').swap16(),
  };
  for (const offset of [0, 1, 2]) {
    const before = Buffer.alloc(offset, '~');
    const around = Buffer.concat([before, bytes, Buffer.from('~~~')]);
    hidden[`base64+${offset}`] = Buffer.from(around.toString('base64'));
    hidden[`base64url+${offset}`] = Buffer.from(around.toString('base64url'));
  }
  for (const [form, haystack] of Object.entries(hidden)) {
    const found = occurrences({ text: formsOf(text) }, Buffer.concat([randomBytes(64), haystack, randomBytes(64)]));
    // Where no digit differs, both alphabets have one form.
    const either = [form, form.replace('url', '')].map((form) => `text as ${form}`);
    expect(found.some((one) => either.includes(one)), `${form} in ${found}`).toBe(true);
  }
  expect(occurrences({ text: formsOf(text) }, randomBytes(4_096))).toEqual([]);
});

test('nothing that people wrote passes the relay, stays in its memory or is printed by it', async ({ relay, table, tap }) => {
  const texts = {
    title: planted('title'),
    'name of the convener': planted('Noor'),
    'party of the convener': planted('Office'),
    'name of the guest': planted('Ines'),
    'party of the guest': planted('Delegation'),
    'note of the convener': planted('note'),
    'long note of the guest': planted('annex'),
    'note in Farsi': `محرمانه ${planted('یادداشت')}`,
  };
  const mediator = await table.open(tap.url, {
    title: texts.title,
    name: texts['name of the convener'],
    party: texts['party of the convener'],
  });
  const link = await mediator.talk.invite();
  const guest = await table.knock(link, { name: texts['name of the guest'], party: texts['party of the guest'] });
  await table.admit(mediator, guest);

  const long = `${texts['long note of the guest']} ${'paragraph after paragraph '.repeat(1_200)}`;
  const notes = [texts['note of the convener'], long, texts['note in Farsi'], 'short'];
  await mediator.talk.write(notes[0]);
  await guest.talk.write(notes[1]);
  await mediator.talk.write(notes[2]);
  await guest.talk.write(notes[3]);
  await expectSameNotes([mediator, guest], notes);

  const needles = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, formsOf(text)]));
  const secret = new URL(link).hash.slice(1).split('.')[2];
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  needles['secret of the link'] = formsOfBytes(Buffer.from(secret, 'base64url'));

  const payloads = tap.messages.map(publishedPayload).filter(Boolean);
  // Knock, reveal, reply, welcome, four notes and their echoes at the very least.
  expect(payloads.length).toBeGreaterThan(12);
  expect([...new Set(payloads.map((payload) => payload.length))].filter((size) => !BUCKETS.includes(size))).toEqual([]);

  for (const { bytes } of tap.messages) expect(occurrences(needles, bytes)).toEqual([]);
  expect(occurrences(needles, Buffer.concat(tap.messages.map(({ bytes }) => bytes)))).toEqual([]);
  expect(occurrences(needles, Buffer.concat(tap.raw))).toEqual([]);
  expect(occurrences(needles, relay.output)).toEqual([]);

  const memory = await memoryOf(relay.pid);
  // The search works on this memory: what the relay must contain is found.
  expect(memory.some((mapping) => mapping.includes('/v1/relay'))).toBe(true);
  for (const mapping of memory) expect(occurrences(needles, mapping)).toEqual([]);
});

test('nor what is in the files they give, nor their names', async ({ relay, table, tap }, info) => {
  const texts = { 'name of the file': planted('annex'), 'beginning of the file': planted('first'), 'end of the file': planted('last') };
  const name = `${texts['name of the file']}.txt`;
  await mkdir(info.outputPath('given'), { recursive: true });
  const path = info.outputPath('given', name);
  // More than a chunk, so that there are two.
  const content = `${texts['beginning of the file']} ${'paragraph after paragraph '.repeat(60_000)} ${texts['end of the file']}`;
  await writeFile(path, content);
  const mediator = await table.open(tap.url, { name: 'Noor Haddad', party: 'Mediation office' });
  const guest = await table.welcome(mediator, { name: 'Ines Okoye', party: 'Delegation of Arvandan' });
  await mediator.talk.attach(path);
  await expect(guest.talk.fileButton('Save', name)).toBeVisible();

  const needles = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, formsOf(text)]));
  const all = Buffer.concat(tap.messages.map(({ bytes }) => bytes));
  expect(all.length, 'the file has passed').toBeGreaterThan(2 * content.length);
  expect(occurrences(needles, all)).toEqual([]);
  expect(occurrences(needles, Buffer.concat(tap.raw))).toEqual([]);
  expect(occurrences(needles, relay.output)).toEqual([]);
  for (const mapping of await memoryOf(relay.pid)) expect(occurrences(needles, mapping)).toEqual([]);
});

// How fast a file goes from one browser to others through a relay, and what it costs in memory; whether deaths on the way make it go
// twice; and what else carries files, beside it. All on this machine.
//
// SIZE is the length of the large file in bytes. Words name the parts to measure; without any it is all of them.

import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { deaths } from './deaths.mjs';
import { Exchange } from './exchange.mjs';
import { mb, rate, row, seconds, speed, spread } from './figures.mjs';
import { notesMeanwhile } from './notes_meanwhile.mjs';
import { peers } from './peers.mjs';
import { RandomFile } from './random_file.mjs';
import { sealing } from './sealing.mjs';
import { small } from './small.mjs';
import { mostOf, watchGrowth } from './used_memory.mjs';

const SIZE = Number(process.env.SIZE ?? 2_000_000_000);
const MANY = 8;
const SMALL = 10_000;
const folder = resolve(process.env.E2E_OUTPUT_DIR ?? '../target', 'bench-files');

function identical(same) {
  row('  SHA-256', 'the same', same ? 'the same' : 'ANOTHER');
  if (!same) process.exitCode = 1;
}

async function transfer(file) {
  await Exchange.of(file, 1, async (exchange) => {
    const stop = await watchGrowth(exchange.browsers);
    row(`${mb(file.size)} to one seat`, '', '');
    const given = await exchange.give();
    row('  given: read, hashed, sealed, stored', '', speed(file.size, given));
    const [fetched] = await exchange.fetch();
    row('  fetched', '', speed(file.size, fetched));
    const [gives, fetches] = await stop();
    const { took: saved, same } = await exchange.save();
    row('  saved', '', speed(file.size, saved));
    row('  from choosing it to having it saved, in all', '', speed(file.size, given + fetched + saved));
    identical(same);
    row('  memory of the page that gives, growth', '≤ 300 MB', mb(gives));
    row('  memory of the page that fetches, growth', '≤ 300 MB', mb(fetches));
    row('  memory of the relay, at most', '≤ 64 MB', mb(await mostOf(exchange.relay.pid)));
  });
}

async function many(file) {
  await Exchange.of(file, MANY, async (exchange) => {
    await exchange.give();
    const stop = await watchGrowth(exchange.browsers);
    const times = await exchange.fetch();
    const [gives, ...fetch] = await stop();
    row(`${mb(file.size)} to ${MANY} seats`, '', '');
    const took = Math.max(...times);
    row('  fetched by all', '', `${rate(file.size, took)} each, ${rate(MANY * file.size, took)} together  (${seconds(took)})`);
    row('  fetched by one', '', spread(times, seconds));
    identical((await exchange.save()).same);
    row('  memory of the page that gives, growth', '≤ 300 MB', mb(gives));
    row('  memory of a page that fetches, growth', '≤ 300 MB', mb(Math.max(...fetch)));
    row('  memory of the relay, at most', '≤ 64 MB', mb(await mostOf(exchange.relay.pid)));
  });
}

const file = (name, size) => RandomFile.write(join(folder, name), Math.ceil(size));
await mkdir(folder, { recursive: true });
const whole = await file('whole.bin', SIZE);
const parts = {
  transfer: () => transfer(whole),
  deaths: () => deaths(whole),
  notes: () => notesMeanwhile(whole),
  many: async () => many(await file('tenth.bin', SIZE / 10)),
  small: () => small(folder, SMALL),
  sealing,
  peers: () => peers(whole, folder),
};
const wanted = process.argv.slice(2);
try {
  const unknown = wanted.filter((part) => !(part in parts));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}: only ${Object.keys(parts).join(', ')}`);
  for (const part of wanted.length > 0 ? wanted : Object.keys(parts)) {
    try {
      await parts[part]();
    } catch (error) {
      process.exitCode = 1;
      row(part, '', `FAILED: ${error.message}`);
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

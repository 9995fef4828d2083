// Compares what a host serves with a copy of the app that was built here, answer by answer, and names each difference.
//
//     cargo xtask verify https://talks.example
//
// builds the copy and calls this, which serves it by the relay. It tells what the host served to this machine just
// now, not what it serves to others, or will.

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { APP, Relay } from './product/relay.mjs';

const ENCODINGS = ['identity', 'gzip', 'br'];

/** What differs from host to host, or from answer to answer, and changes nothing for the page. */
const OF_THE_HOST = new Set([
  'accept-ranges', 'age', 'alt-svc', 'connection', 'content-encoding', 'content-length', 'date', 'etag', 'keep-alive', 'last-modified',
  'server', 'strict-transport-security', 'transfer-encoding', 'vary', 'via',
]);

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

async function answer(base, address, encoding) {
  const response = await fetch(new URL(address, base), { headers: { 'accept-encoding': encoding }, redirect: 'manual' });
  return { status: response.status, headers: new Map(response.headers), body: Buffer.from(await response.arrayBuffer()) };
}

/** Everything in which the host's answer is not the one of the copy here. */
function differences(theirs, ours) {
  if (theirs.status !== ours.status) return [`answered ${theirs.status}, not ${ours.status}`];
  const found = [];
  if (!theirs.body.equals(ours.body)) {
    const at = theirs.body.findIndex((byte, index) => byte !== ours.body[index]);
    const where = at < 0 ? Math.min(theirs.body.length, ours.body.length) : at;
    found.push(`other content: ${hash(theirs.body)}, not ${hash(ours.body)}; from byte ${where} on`);
  }
  for (const name of new Set([...theirs.headers.keys(), ...ours.headers.keys()])) {
    if (OF_THE_HOST.has(name) || theirs.headers.get(name) === ours.headers.get(name)) continue;
    const said = theirs.headers.get(name);
    if (said === undefined) found.push(`without the header ${name}`);
    else if (!ours.headers.has(name)) found.push(`with a header more: ${name}: ${said}`);
    else found.push(`header ${name}: ${said}`);
  }
  return found;
}

/** The addresses of a built app. */
async function addresses(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return ['/', ...files.filter((name) => !/\.(br|gz)$/.test(name)).map((name) => `/${name}`)].sort();
}

/** Addresses that a host says belong to the app. */
async function named(base) {
  const { status, body } = await answer(base, '/integrity.json', 'identity');
  if (status !== 200) return [];
  try {
    return Object.keys(JSON.parse(body).files);
  } catch {
    return [];
  }
}

/** Compares a host with the copy here; returns a line for each difference. */
async function compare(host, here, folder) {
  const known = await addresses(folder);
  const lines = [];
  for (const address of [...known, '/there-is-nothing-here']) {
    const seen = new Map();
    for (const encoding of ENCODINGS) {
      const [theirs, ours] = await Promise.all([answer(host, address, encoding), answer(here, address, encoding)]);
      for (const what of differences(theirs, ours)) seen.set(what, [...(seen.get(what) ?? []), encoding]);
    }
    for (const [what, where] of seen) {
      const asked = where.length === ENCODINGS.length ? '' : ` (asked for as ${where.join(' and ')})`;
      lines.push(`${address}: ${what}${asked}`);
    }
  }
  const more = (await named(host)).filter((address) => !known.includes(address));
  return [...lines, ...more.map((address) => `${address}: a file more than was built here`)];
}

const [host] = process.argv.slice(2);
const relay = await Relay.start();
try {
  const lines = await compare(host, relay.url, APP);
  for (const line of lines) console.log(line);
  console.log(lines.length === 0 ? `${host} serves what was built here.` : `${lines.length} differences.`);
  process.exitCode = lines.length === 0 ? 0 : 1;
} finally {
  await relay.kill();
}

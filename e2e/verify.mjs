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

/** As this program asks, and nearly as a browser does. */
const WAYS = {
  identity: { 'accept-encoding': 'identity' },
  gzip: { 'accept-encoding': 'gzip' },
  br: { 'accept-encoding': 'br' },
  'a browser does': {
    'accept-encoding': 'gzip, deflate, br, zstd',
    'accept-language': 'en-US,en;q=0.9',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  },
};
const AS_A_BROWSER = 'a browser does';

/** An answer takes no longer, in milliseconds. */
const PATIENCE = 60_000;

/** What differs from host to host, or from answer to answer, and changes nothing for the page. */
const OF_THE_HOST = new Set([
  'accept-ranges', 'age', 'connection', 'content-encoding', 'content-length', 'date', 'etag', 'keep-alive', 'last-modified',
  'server', 'strict-transport-security', 'transfer-encoding', 'vary', 'via',
]);

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** What a browser says besides, by what it wants the answer for. */
function forWhat(address) {
  const fetching = (destination, mode, accept = '*/*') => ({ 'sec-fetch-dest': destination, 'sec-fetch-mode': mode, accept });
  if (address === '/sw.js') return { 'service-worker': 'script', ...fetching('serviceworker', 'same-origin') };
  if (address.endsWith('.js')) return fetching('script', 'cors');
  if (address.startsWith('/assets/')) return fetching('empty', 'cors');
  return fetching('document', 'navigate', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8');
}

async function answer(base, address, way) {
  const headers = { ...WAYS[way], ...(way === AS_A_BROWSER ? forWhat(address) : {}) };
  const response = await fetch(new URL(address, base), { headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) });
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

/** What a host says its app is made from; empty if that cannot be read. */
async function told(base) {
  const { status, body } = await answer(base, '/integrity.json', 'identity');
  try {
    return status === 200 ? JSON.parse(body) : {};
  } catch {
    return {};
  }
}

/** Where two builds cannot be equal, the reason says more than all that follows from it. */
async function reasons(host, here) {
  const [theirs, ours] = await Promise.all([told(host), told(here)]);
  return ['commit', 'compiler']
    .filter((what) => theirs[what] !== ours[what])
    .map((what) => `The host says that its ${what} is ${theirs[what] ?? 'unknown'}; here it is ${ours[what]}.`);
}

/** Compares a host with the copy here; returns a line for each difference. */
async function compare(host, here, folder) {
  const known = await addresses(folder);
  const lines = [];
  for (const address of [...known, '/?from=elsewhere', '/there-is-nothing-here']) {
    const seen = new Map();
    for (const way of Object.keys(WAYS)) {
      const [theirs, ours] = await Promise.all([answer(host, address, way), answer(here, address, way)]);
      for (const what of differences(theirs, ours)) seen.set(what, [...(seen.get(what) ?? []), way]);
    }
    for (const [what, where] of seen) {
      const asked = where.length === Object.keys(WAYS).length ? '' : ` (asked for as ${where.join(' and ')})`;
      lines.push(`${address}: ${what}${asked}`);
    }
  }
  const more = Object.keys((await told(host)).files ?? {}).filter((address) => !known.includes(address));
  return [...lines, ...more.map((address) => `${address}: a file more than was built here`)];
}

const [host] = process.argv.slice(2);
const relay = await Relay.start();
try {
  for (const reason of await reasons(host, relay.url)) console.log(reason);
  const lines = await compare(host, relay.url, APP);
  for (const line of lines) console.log(line);
  console.log('This is what the host answered to this program, just now. It can tell it from a browser.');
  console.log(lines.length === 0 ? `${host} serves what was built here.` : `${lines.length} differences.`);
  process.exitCode = lines.length === 0 ? 0 : 1;
} finally {
  await relay.kill();
}

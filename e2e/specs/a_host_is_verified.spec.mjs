// Whoever does not trust a host compares what it serves with a copy built from the sources.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from '../product/fixtures.mjs';
import { APP } from '../product/relay.mjs';

const VERIFY = fileURLToPath(new URL('../verify.mjs', import.meta.url));

function verify(url) {
  return new Promise((resolve) => {
    execFile(process.execPath, [VERIFY, url], (error, said) => resolve({ code: error ? error.code : 0, said }));
  });
}

/** A copy of the app, spoiled, served by the relay. */
async function serves(relay, spoil) {
  const folder = await mkdtemp(join(tmpdir(), 'app-'));
  await cp(APP, folder, { recursive: true });
  await spoil(folder);
  await relay.kill();
  await relay.run(folder);
  return () => rm(folder, { recursive: true });
}

async function asset(folder, pattern) {
  return join('assets', (await readdir(join(folder, 'assets'))).find((name) => pattern.test(name)));
}

test('a host that serves what was built is found to do so', async ({ relay }) => {
  const { code, said } = await verify(relay.url);
  expect(said).toContain('serves what was built here');
  expect(code).toBe(0);
});

test('one changed byte is found, also where it is in one of the compressed copies only', async ({ relay }) => {
  let name;
  const done = await serves(relay, async (folder) => {
    name = await asset(folder, /^boot\.\w+\.js$/);
    const bytes = await readFile(join(folder, name));
    bytes[bytes.length - 2] ^= 1;
    await writeFile(join(folder, name), bytes);
  });
  const { code, said } = await verify(relay.url);
  expect(said).toContain(`/${name}: other content`);
  expect(said).toContain('(asked for as identity)');
  expect(code).toBe(1);
  await done();
});

test('a missing file and an added one are found', async ({ relay }) => {
  let name;
  const done = await serves(relay, async (folder) => {
    name = await asset(folder, /^icon-512\.\w+\.png$/);
    await rm(join(folder, name));
    const integrity = JSON.parse(await readFile(join(folder, 'integrity.json'), 'utf8'));
    integrity.files['/assets/more.js'] = 'sha256-';
    await writeFile(join(folder, 'integrity.json'), JSON.stringify(integrity));
    await writeFile(join(folder, 'assets/more.js'), '1');
  });
  const { code, said } = await verify(relay.url);
  expect(said).toContain(`/${name}: answered 404, not 200`);
  expect(said).toContain('/assets/more.js: a file more than was built here');
  expect(said).toContain('/integrity.json: other content');
  expect(code).toBe(1);
  await done();
});

test('a changed header, a missing one and an added one are found', async ({ relay }) => {
  const between = createServer(async (request, response) => {
    const answer = await fetch(new URL(request.url, relay.url), { headers: { 'accept-encoding': 'identity' } });
    const headers = Object.fromEntries(answer.headers);
    headers['content-security-policy'] += "; script-src 'unsafe-inline'";
    delete headers['referrer-policy'];
    headers['x-frame-options'] = 'ALLOWALL';
    response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
  });
  between.listen(0, '127.0.0.1');
  await once(between, 'listening');
  const { code, said } = await verify(`http://localhost:${between.address().port}/`);
  between.close();
  expect(said).toMatch(/\/: header content-security-policy: .*unsafe-inline/);
  expect(said).toContain('/: without the header referrer-policy');
  expect(said).toContain('/: with a header more: x-frame-options: ALLOWALL');
  expect(code).toBe(1);
});

test('what is served to browsers alone is found', async ({ relay }) => {
  const between = createServer(async (request, response) => {
    const answer = await fetch(new URL(request.url, relay.url), { headers: { 'accept-encoding': 'identity' } });
    const body = Buffer.from(await answer.arrayBuffer());
    const evil = request.headers['service-worker'] === 'script' || request.headers['sec-fetch-dest'] === 'document';
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(evil ? body.fill(' ', 0, 1) : body);
  });
  between.listen(0, '127.0.0.1');
  await once(between, 'listening');
  const { code, said } = await verify(`http://localhost:${between.address().port}/`);
  between.close();
  for (const address of ['/', '/sw.js']) expect(said).toMatch(new RegExp(`^${address}: other content.*asked for as a browser does`, 'm'));
  expect(code).toBe(1);
});

test('wasm that is not what the page names by its hash is not run', async ({ relay, browser }) => {
  const done = await serves(relay, async (folder) => {
    const name = await asset(folder, /^web\.\w+\.wasm$/);
    const bytes = await readFile(join(folder, name));
    bytes[bytes.length - 1] ^= 1;
    await writeFile(join(folder, name), bytes);
    for (const copy of ['.br', '.gz']) await rm(join(folder, name + copy));
  });
  const page = await browser.newPage();
  await page.goto(relay.url);
  await expect(page.getByRole('alertdialog', { name: 'The page could not be opened' })).toBeVisible();
  await page.close();
  await done();
});

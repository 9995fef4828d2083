// Where the app cannot run, or stops, the page says why and what to do: no WebAssembly, no secure address, a part that is missing.

import { chromium as playwright } from '@playwright/test';

import { chromium } from '../product/chromium.mjs';
import { expect, test } from '../product/fixtures.mjs';

const heading = (page) => page.getByRole('heading', { level: 1 });

test('a browser without WebAssembly is told so', async ({ relay, table }) => {
  const { page } = await table.seat('Noor Haddad');
  await page.addInitScript(() => delete globalThis.WebAssembly);
  await page.goto(relay.url);
  await expect(heading(page)).toHaveText('This browser does not run WebAssembly');
  await expect(page.getByRole('main')).toContainText('use another browser');
});

test('an address over plain http is told so', async ({ relay }) => {
  const browser = await playwright.launch({ ...chromium, args: [...chromium.args, '--host-resolver-rules=MAP talks.example 127.0.0.1'] });
  const page = await browser.newPage();
  await page.goto(`http://talks.example:${relay.port}/`);
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  await expect(heading(page)).toHaveText('This address cannot be used safely');
  await expect(page.getByRole('main')).toContainText('https://');
  await expect(page.getByRole('link', { name: 'Open it with https' })).toHaveAttribute('href', `https://talks.example:${relay.port}/`);
  await browser.close();
});

test('without JavaScript the page says what it needs', async ({ relay, table }) => {
  const { page } = await table.seat('Noor Haddad', { javaScriptEnabled: false });
  await page.goto(relay.url);
  await expect(page.locator('noscript p')).toBeVisible();
  await expect(page.locator('noscript p')).toContainText('needs JavaScript');
  await expect(page.getByText('Opening…')).toBeHidden();
});

/** The code as it was built, but for one letter of a sentence. */
async function withAnotherLetter(response) {
  const bytes = await response.body();
  const at = bytes.indexOf('Nonpaper');
  expect(at).toBeGreaterThan(0);
  bytes[at] = 'M'.charCodeAt(0);
  return { status: 200, contentType: 'application/wasm', body: bytes };
}

test('a part that does not arrive, or is not the one that was published, is said', async ({ relay, table }) => {
  const answers = [
    [async () => ({ status: 404 }), /404/],
    [async () => ({ status: 200, contentType: 'application/wasm', body: 'something else' }), /CompileError/],
    [withAnotherLetter, /this is not the code that the page names/],
  ];
  for (const [answer, complaint] of answers) {
    const { context, page } = await table.seat('Noor Haddad', { serviceWorkers: 'block' });
    await context.route('**/*.wasm', async (route) => route.fulfill(await answer(await route.fetch())));
    await page.goto(relay.url);
    const overlay = page.getByRole('alertdialog', { name: 'The page could not be opened' });
    await expect(overlay).toContainText('nothing is lost');
    await context.unroute('**/*.wasm');
    await overlay.getByRole('button', { name: 'Reload' }).click();
    await expect(page.getByRole('button', { name: 'Start a talk', exact: true })).toBeVisible();
    expect(table.complaints.splice(0).join('\n')).toMatch(complaint);
  }
});

test('code that was spoilt on its way is asked for once more', async ({ relay, table }) => {
  const { context, page, start } = await table.seat('Noor Haddad', { serviceWorkers: 'block' });
  let times = 0;
  await context.route('**/*.wasm', async (route) => {
    times += 1;
    return times === 1 ? route.fulfill(await withAnotherLetter(await route.fetch())) : route.continue();
  });
  await page.goto(relay.url);
  await expect(start.startButton).toBeVisible();
  expect(times).toBe(2);
});

test('code that was spoilt where the browser keeps it is replaced', async ({ relay, table }) => {
  const { page, start } = await table.seat('Noor Haddad');
  await start.open(relay.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  const spoil = () => page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name);
    const request = (await cache.keys()).find(({ url }) => url.endsWith('.wasm'));
    const bytes = await (await cache.match(request)).arrayBuffer();
    await cache.put(request, new Response(bytes.slice(0, bytes.byteLength / 2), { headers: { 'content-type': 'application/wasm' } }));
  });
  await spoil();
  await page.reload();
  await expect(start.startButton).toBeVisible();
  await relay.kill();
  await page.reload();
  await expect(start.startButton, 'what came is kept').toBeVisible();
});

test('a page that has stopped says what is safe, and goes on after a reload', async ({ relay, table }) => {
  const noor = await table.open(relay.url, { name: 'Noor Haddad', party: 'Mediation office' });
  await noor.talk.write('Written before.');
  await expect(noor.talk.notes).toHaveCount(1);
  await noor.page.evaluate(() => setTimeout(() => { throw new WebAssembly.RuntimeError('unreachable'); }));
  const overlay = noor.page.getByRole('alertdialog', { name: 'This page has stopped' });
  await expect(overlay).toContainText('What this browser keeps is safe');
  await expect(overlay.getByRole('button', { name: 'Reload' })).toBeFocused();
  // Nothing behind it can be reached any more.
  await noor.page.keyboard.press('Tab');
  await expect(noor.talk.composer).not.toBeFocused();
  expect(await noor.talk.composer.evaluate((composer) => composer.closest('[inert]') !== null)).toBe(true);
  await overlay.getByRole('button', { name: 'Reload' }).click();
  await expect(noor.talk.note('Written before.')).toBeVisible();
  expect(table.complaints.splice(0)).toHaveLength(1);
});

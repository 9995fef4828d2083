// The page as it is kept in the browser: it opens without a network, and a newer version of it waits for the person.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '../product/fixtures.mjs';
import { anotherVersion } from '../product/version.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };

/** Waits until the browser keeps the app. */
async function isKept(page) {
  await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active.state));
  await expect(async () => {
    expect(await page.evaluate(async () => (await navigator.serviceWorker.ready).active.state)).toBe('activated');
  }).toPass();
}

async function withoutAStyle(folder) {
  // By another name: the style of the version before is still in the browser's cache.
  for (const name of ['sw.js', 'integrity.json']) {
    const text = await readFile(join(folder, name), 'utf8');
    await writeFile(join(folder, name), text.replace(/style\.\w+\.css/, 'style.0123456789abcdef.css'));
    for (const copy of ['.br', '.gz']) await rm(join(folder, name + copy), { force: true });
  }
}

async function withoutWhatTellsOfIt(folder) {
  await rm(join(folder, 'integrity.json'));
}

async function whichTellsOfAnother(folder) {
  const text = await readFile(join(folder, 'integrity.json'), 'utf8');
  await writeFile(join(folder, 'integrity.json'), text.replaceAll(/sha256-./g, 'sha256-_'));
}

async function withAForeignPage(folder) {
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Another page</title>');
}

function version(page) {
  return page.evaluate(() => document.querySelector('meta[name="version"]')?.content ?? 'built');
}

/** Looks for another version, as the page does by itself every hour. */
async function looksForAnother(page) {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
  });
}

test('a talk opens and is written in while the server is down, and the notes go out when it is back', async ({ relay, table }) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  await noor.talk.write('While all is well.');
  await expect(ines.talk.notes).toHaveCount(1);
  await isKept(noor.page);
  await relay.kill();
  await noor.page.reload();
  await expect(noor.talk.note('While all is well.')).toBeVisible();
  await expect(noor.talk.connection).toContainText(/Reconnecting|Offline/);
  await noor.talk.write('Written while the server was down.');
  // Any way in: the address alone, too.
  const start = await noor.context.newPage();
  await start.goto(relay.url);
  await expect(start.getByRole('heading', { level: 1 })).toBeVisible();
  await start.close();
  await relay.run();
  await expect(ines.talk.note('Written while the server was down.')).toBeVisible({ timeout: 60_000 });
});

test('a newer version waits until the person reloads, and what was being written stays', async ({ relay, table }) => {
  const noor = await table.open(relay.url, NOOR);
  await isKept(noor.page);
  await noor.page.reload();
  await noor.talk.composer.fill('In the middle of a sen');
  const newer = await anotherVersion('newer');
  await relay.kill();
  await relay.run(newer);
  await looksForAnother(noor.page);
  const offer = noor.page.getByRole('status').filter({ hasText: 'A newer version of Nonpaper is ready.' });
  await expect(offer).toBeVisible();
  expect(await version(noor.page)).toBe('built');
  // It stands in nobody's way, on a telephone either.
  await noor.page.setViewportSize({ width: 390, height: 700 });
  await noor.talk.write('Sent while it is offered.');
  await expect(noor.talk.note('Sent while it is offered.')).toBeInViewport();
  await noor.talk.composer.fill('In the middle of a sen');
  // Not by a reload of the person's own either: the older one is whole, and is what this page runs.
  await expect(noor.talk.composer).toHaveValue('In the middle of a sen');
  await offer.getByRole('button', { name: 'Reload' }).click();
  await expect(async () => expect(await version(noor.page)).toBe('newer')).toPass();
  await expect(noor.talk.composer).toHaveValue('In the middle of a sen');
  await expect(offer).toHaveCount(0);
  await rm(newer, { recursive: true });
});

test('a page of the version before works on with its own files after another tab has taken the newer one', async ({ relay, table }) => {
  const noor = await table.seat(NOOR.name);
  await noor.start.open(relay.url);
  await isKept(noor.page);
  const newer = await anotherVersion('newer');
  await relay.kill();
  await relay.run(newer);
  const other = await noor.context.newPage();
  await other.goto(relay.url);
  await looksForAnother(other);
  await other.getByRole('button', { name: 'Reload' }).click();
  await expect(async () => expect(await version(other)).toBe('newer')).toPass();
  // The worker in which the passphrase is stretched is one of the files that the host has no more, by name.
  expect(await version(noor.page)).toBe('built');
  await expect(noor.page.getByText('A newer version of Nonpaper is ready.')).toBeVisible();
  await noor.page.getByRole('button', { name: 'Later' }).click();
  await expect(noor.page.getByText('A newer version of Nonpaper is ready.')).toHaveCount(0);
  await noor.start.openTalk({ title: 'Transit', ...NOOR, keep: 'Passphrase', passphrase: 'nine quiet herons over the delta' });
  await expect(noor.page.getByRole('heading', { name: 'Write this code down' })).toBeVisible();
  expect(await noor.page.evaluate(() => caches.keys())).toHaveLength(2);
  // What is kept of the version before is for its own pages: nobody is led back to it.
  await other.evaluate(async () => (await caches.open('nonpaper-newer')).delete('/'));
  await other.reload();
  expect(await version(other)).toBe('newer');
  await rm(newer, { recursive: true });
});

test('files that a browser lost are fetched again, and every address leads to the page that is kept', async ({ relay, table }) => {
  const { page, start } = await table.seat(NOOR.name);
  await start.open(relay.url);
  await isKept(page);
  await page.evaluate(async () => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) if (/wasm$|boot/.test(request.url)) await cache.delete(request);
    }
  });
  await page.reload();
  await expect(start.startButton).toBeVisible();
  await relay.kill();
  for (const address of ['', 'index.html', '?from=elsewhere', 'some/where']) {
    await page.goto(relay.url + address);
    await expect(start.startButton, address).toBeVisible();
  }
});

const TORN = {
  'of which a file is missing': withoutAStyle,
  'whose files do not fit together': withAForeignPage,
  'that does not tell what it is': withoutWhatTellsOfIt,
  'that tells of another one': whichTellsOfAnother,
};
for (const [how, spoil] of Object.entries(TORN)) {
  test(`an update ${how} changes nothing`, async ({ relay, table }) => {
    const noor = await table.open(relay.url, NOOR);
    await isKept(noor.page);
    const torn = await anotherVersion('torn');
    await spoil(torn);
    await relay.kill();
    await relay.run(torn);
    await looksForAnother(noor.page);
    await expect(async () => {
      const others = await noor.page.evaluate(async () => {
        const { installing, waiting } = await navigator.serviceWorker.ready;
        return [installing, waiting].filter(Boolean).length;
      });
      expect(others).toBe(0);
    }).toPass();
    await noor.page.reload();
    await expect(noor.talk.composer).toBeVisible();
    expect(await version(noor.page)).toBe('built');
    expect(await noor.page.evaluate(() => caches.keys())).toHaveLength(1);
    await relay.kill();
    await noor.page.reload();
    await expect(noor.talk.composer).toBeVisible();
    await rm(torn, { recursive: true });
  });
}

test('each picture in the manifest is there, of the size and type it says; icons are kept, screenshots are not', async ({ relay, table }) => {
  const { page, start, context } = await table.seat(NOOR.name);
  await start.open(relay.url);
  await isKept(page);
  const cdp = await context.newCDPSession(page);
  const { errors } = await cdp.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const pictures = await page.evaluate(async () => {
    const { icons, screenshots } = await (await fetch(document.querySelector('link[rel=manifest]').href)).json();
    const look = async ({ src, sizes, type }, isScreenshot) => {
      const blob = await (await fetch(src)).blob();
      // A drawing has no size of its own.
      const seen = type === 'image/svg+xml' ? undefined : await createImageBitmap(blob);
      const found = { sizes: seen ? `${seen.width}x${seen.height}` : 'any', type: blob.type };
      return { src, isScreenshot, said: { sizes, type }, found, bytes: blob.size, isKept: Boolean(await caches.match(src)) };
    };
    return Promise.all([...icons.map((icon) => look(icon, false)), ...screenshots.map((screenshot) => look(screenshot, true))]);
  });
  for (const { src, isScreenshot, said, found, isKept } of pictures) {
    expect(found, src).toEqual(said);
    expect(isKept, src).toBe(!isScreenshot);
  }
  const screenshots = pictures.filter(({ isScreenshot }) => isScreenshot);
  expect(screenshots).toHaveLength(3);
  expect(screenshots.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(300_000);
});

test('the browser finds nothing that keeps the app from being installed', async ({ relay, table }) => {
  const noor = await table.seat(NOOR.name);
  await noor.start.open(relay.url);
  await isKept(noor.page);
  const cdp = await noor.context.newCDPSession(noor.page);
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors');
  // Contexts of a browser that is driven are private ones.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

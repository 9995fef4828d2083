// What the app says of itself: which version it is, how to check it from outside, how to install it.

import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '../product/fixtures.mjs';
import { APP } from '../product/relay.mjs';
import { anotherVersion } from '../product/version.mjs';

const PASSPHRASE = 'nine quiet herons over the delta';

/** A person reads it out in groups of four. */
async function fingerprintOfTheBuild() {
  const bytes = await readFile(join(APP, 'integrity.json'));
  return createHash('sha256').update(bytes).digest('hex').match(/.{4}/g).join(' ');
}

async function expectTheVersion(page) {
  const { version, commit, compiler, files } = JSON.parse(await readFile(join(APP, 'integrity.json'), 'utf8'));
  const facts = page.getByRole('main');
  for (const fact of [version, commit, compiler, await fingerprintOfTheBuild()]) await expect(facts).toContainText(fact);
  return files;
}

test('version, commit, fingerprint and hashes are those of the build, also while the server is down', async ({ relay, table }) => {
  const { page, start } = await table.seat('Noor Haddad');
  await start.open(relay.url);
  await page.getByRole('link', { name: 'About Nonpaper, and installing it' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('About Nonpaper, and installing it');
  const files = await expectTheVersion(page);
  await expect(page.getByText(`cargo xtask verify ${new URL(relay.url).origin}`)).toBeVisible();
  await page.getByText('files, each with its hash (SHA-256)').click();
  for (const [address, hash] of Object.entries(files)) {
    await expect(page.getByText(address, { exact: true })).toBeVisible();
    await expect(page.getByText(hash, { exact: true }).first()).toBeVisible();
  }
  // What is kept says of itself what it is, not what the server has by now.
  await page.evaluate(() => navigator.serviceWorker.ready);
  await relay.kill();
  await page.reload();
  await expectTheVersion(page);
  await page.goBack();
  await expect(start.startButton).toBeVisible();
});

test('a page whose version was replaced by another tab does not tell the one of the other', async ({ relay, table }) => {
  const noor = await table.seat('Noor Haddad');
  await noor.start.open(relay.url);
  await noor.page.evaluate(() => navigator.serviceWorker.ready);
  await noor.page.goto(`${relay.url}#/about`);
  await noor.page.reload();
  await expectTheVersion(noor.page);
  const newer = await anotherVersion('newer');
  await relay.kill();
  await relay.run(newer);
  const other = await noor.context.newPage();
  await other.goto(relay.url);
  await other.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await other.getByRole('button', { name: 'Reload' }).click();
  await expect(async () => {
    expect(await other.evaluate(() => document.querySelector('meta[name="version"]')?.content)).toBe('newer');
  }).toPass();
  await noor.page.goto(relay.url + '#/');
  await noor.page.goto(relay.url + '#/about');
  await expect(noor.page.getByRole('alert')).toContainText('still runs the one before');
  await expect(noor.page.getByText(await fingerprintOfTheBuild())).toHaveCount(0);
  await rm(newer, { recursive: true });
});

test('no answer is not held against the host', async ({ relay, table }) => {
  const { page, start } = await table.seat('Noor Haddad', { serviceWorkers: 'block' });
  await start.open(relay.url);
  await relay.kill();
  await page.getByRole('link', { name: 'About Nonpaper, and installing it' }).click();
  await expect(page.getByRole('alert')).toContainText('There is no connection just now');
});

test('a host that does not say what it serves is pointed out', async ({ relay, table }) => {
  const { context, page } = await table.seat('Noor Haddad');
  await context.route('**/integrity.json', (route) => route.fulfill({ status: 200, body: '{ "version": 7 }' }));
  await page.goto(`${relay.url}#/about`);
  await expect(page.getByRole('alert')).toContainText('does not say which version this is');
});

test('who is asked for a passphrase can first look by what', async ({ relay, table }) => {
  const amina = await table.seat('Amina Farouk');
  const { page } = amina;
  await amina.start.open(relay.url);
  await amina.start.openTalk({
    title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office', keep: 'Passphrase', passphrase: PASSPHRASE,
  });
  const code = (await page.locator('.code').textContent()).trim();
  await page.getByRole('textbox', { name: 'The last group of the code' }).fill(code.slice(-4));
  await page.getByRole('button', { name: 'It is written down' }).click();
  await expect(amina.talk.composer).toBeVisible();
  const talk = page.url();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await page.getByRole('link', { name: 'About Nonpaper, and installing it' }).click();
  await expectTheVersion(page);
  await expect(page.getByText('Veshan')).toHaveCount(0);
  const unlock = async () => {
    await page.getByRole('textbox', { name: 'Passphrase', exact: true }).fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  };
  await page.goBack();
  await unlock();
  await expect(amina.talk.composer).toBeVisible();
  expect(page.url()).toBe(talk);

  // Where the person went meanwhile, there they are.
  await page.reload();
  await page.getByRole('link', { name: 'About Nonpaper, and installing it' }).click();
  await page.getByRole('button', { name: 'Back to the start page' }).click();
  await unlock();
  await expect(page.getByRole('link', { name: 'Transit at the Veshan crossing' })).toBeVisible();
});

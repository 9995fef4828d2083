import { expect, test } from '../product/fixtures.mjs';

const AMINA = { title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office' };
const PASSPHRASE = 'nine quiet herons over the delta';

const textbox = (page, name) => page.getByRole('textbox', { name, exact: true });

test('talks under a passphrase open with it, or with the recovery code, and with nothing else', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  const { page } = amina;
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Passphrase', passphrase: 'too short' });
  await expect(amina.start.alert).toContainText('too short');
  await amina.start.typePassphrase(PASSPHRASE, 'something else entirely');
  await amina.start.openButton.click();
  await expect(amina.start.alert).toContainText('not the same');
  await amina.start.typePassphrase(PASSPHRASE);
  await amina.start.openButton.click();

  // The recovery code, once.
  await expect(page.getByRole('heading', { name: 'Write this code down' })).toBeVisible();
  const code = (await page.locator('.code').textContent()).trim();
  expect(code).toMatch(/^([0-9A-Z]{4}-){6}[0-9A-Z]{4}$/);
  await textbox(page, 'The last group of the code').fill('0000');
  await page.getByRole('button', { name: 'It is written down' }).click();
  await expect(page.getByRole('alert')).toContainText('not the last group');
  await textbox(page, 'The last group of the code').fill(code.slice(-4).toLowerCase());
  await page.getByRole('button', { name: 'It is written down' }).click();
  await expect(amina.talk.composer).toBeVisible();
  await amina.talk.write('Only with the passphrase.');
  await expect(amina.talk.notes).toHaveCount(1);

  // Locked after a reload; a wrong passphrase costs a moment and loses nothing.
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await expect(page.getByText('Veshan')).toHaveCount(0);
  await textbox(page, 'Passphrase').fill('nine quiet herons over the sea');
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('That is not the passphrase.');
  await textbox(page, 'Passphrase').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await expect(amina.talk.notes).toHaveCount(1);

  // Locked by hand, and opened with the code, typed carelessly.
  await page.goto(relay.url);
  await textbox(page, 'Passphrase').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await page.getByRole('button', { name: /^Lock\b/ }).click();
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await page.getByRole('button', { name: 'Use the recovery code' }).click();
  await textbox(page, 'Recovery code').fill('0000-0000-0000-0000-0000-0000-0000');
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('That is not the recovery code.');
  await textbox(page, 'Recovery code').fill(code.toLowerCase().replaceAll('-', ' '));
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await page.getByRole('link', { name: AMINA.title }).click();
  await expect(amina.talk.notes).toHaveCount(1);

  // And by the keyboard, in the middle of a talk.
  await page.keyboard.press('Control+Shift+KeyL');
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await expect(amina.talk.notes).toHaveCount(0);
});

test('a page under a passphrase locks when nobody uses it, and keeps what was being written', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  const { page } = amina;
  await page.clock.install();
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Passphrase', passphrase: PASSPHRASE });
  const code = (await page.locator('.code').textContent()).trim();
  await textbox(page, 'The last group of the code').fill(code.slice(-4));
  await page.getByRole('button', { name: 'It is written down' }).click();
  await amina.talk.composer.fill('Half a sentence that');
  await page.clock.runFor(14 * 60_000);
  await expect(amina.talk.composer).toHaveValue('Half a sentence that');
  await amina.talk.composer.press('End');
  await page.clock.runFor(14 * 60_000);
  await expect(amina.talk.composer).toHaveValue('Half a sentence that');
  await page.clock.runFor(2 * 60_000);
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await textbox(page, 'Passphrase').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await expect(amina.talk.composer).toHaveValue('Half a sentence that');
});

test('an invitation that is opened while the page is locked is there when it is unlocked', async ({ table, relay }) => {
  const noor = await table.open(relay.url, { name: 'Noor Haddad', party: 'Mediation office' });
  const link = await noor.talk.invite();
  const amina = await table.seat(AMINA.name);
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Passphrase', passphrase: PASSPHRASE });
  const code = (await amina.page.locator('.code').textContent()).trim();
  await textbox(amina.page, 'The last group of the code').fill(code.slice(-4));
  await amina.page.getByRole('button', { name: 'It is written down' }).click();
  await expect(amina.talk.composer).toBeVisible();
  await amina.page.reload();
  await expect(amina.page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  // Pasted into the address bar of the same tab.
  await amina.page.evaluate((fragment) => { location.hash = fragment; }, new URL(link).hash);
  await expect.poll(() => amina.page.url()).toMatch(/#\/invitation$/);
  await textbox(amina.page, 'Passphrase').fill(PASSPHRASE);
  await amina.page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await amina.join.ask({ name: AMINA.name, party: AMINA.party });
  await expect(amina.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
});

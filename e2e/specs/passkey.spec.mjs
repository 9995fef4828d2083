import { Authenticator } from '../product/authenticator.mjs';
import { expect, test } from '../product/fixtures.mjs';

const AMINA = { title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office' };
const PASSPHRASE = 'nine quiet herons over the delta';
const NOTE = 'Only with the passkey.';

test('talks under a passkey open with it, or with the recovery code, and with nothing else', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  const { page, ways } = amina;
  const authenticator = await Authenticator.of(page);
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Passkey' });
  const code = await ways.writeDown();
  expect(await authenticator.count()).toBe(1);
  await amina.talk.write(NOTE);
  await expect(amina.talk.notes).toHaveCount(1);

  await page.reload();
  await expect(ways.locked).toBeVisible();
  await expect(page.getByRole('textbox')).toHaveCount(0);
  await authenticator.breakOffNext();
  await ways.unlockByPasskey();
  await expect(ways.alert).toContainText('No passkey was given');
  await ways.unlockByPasskey();
  await expect(amina.talk.note(NOTE)).toBeVisible();

  // The passkey is lost.
  await authenticator.forget();
  await page.reload();
  await ways.unlockByPasskey();
  await expect(ways.alert).toContainText('No passkey was given');
  await ways.unlockByCode(code);
  await expect(amina.talk.note(NOTE)).toBeVisible();
});

test('a passkey comes and goes beside a passphrase, and stands in for it when something is changed', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  const { page, ways } = amina;
  const authenticator = await Authenticator.of(page);
  await amina.talk.write(NOTE);
  await expect(amina.talk.notes).toHaveCount(1);
  await ways.open(relay.url);
  await ways.begin('Use a passkey');
  await ways.make('Use a passkey');
  const code = await ways.writeDown();
  await expect(ways.done).toContainText('open only with your passkey');
  expect((await ways.beside()).names).toEqual(['header']);
  await page.reload();
  await ways.unlockByPasskey();

  // Shown again for a change: nobody else changes it at a page that was left open.
  await ways.begin('Add a passphrase');
  await ways.typeNewPassphrase(PASSPHRASE);
  await authenticator.breakOffNext();
  await ways.make('Add a passphrase');
  await expect(ways.alert).toContainText('No passkey was given');
  await ways.make('Add a passphrase');
  await expect(ways.done).toContainText('beside the passkey');
  await page.reload();
  await expect(ways.passkeyButton).toBeVisible();
  await ways.unlock(PASSPHRASE);
  await expect(ways.heading).toBeVisible();

  await ways.begin('Use another passkey');
  await ways.shown.fill(PASSPHRASE);
  await ways.make('Use another passkey');
  await expect(ways.done).toContainText('The new passkey works');
  await page.reload();
  await ways.unlockByPasskey();

  await ways.begin('Take the passphrase away');
  await ways.make('Take the passphrase away');
  await expect(ways.done).toContainText('The passphrase no longer works');
  await ways.begin('Add a passphrase');
  await ways.shownCode.fill(code);
  await ways.typeNewPassphrase(PASSPHRASE);
  await ways.make('Add a passphrase');
  await expect(ways.done).toContainText('beside the passkey');
  await ways.begin('Take the passkey away');
  await ways.shown.fill(PASSPHRASE);
  await ways.make('Take the passkey away');
  await expect(ways.done).toContainText('The passkey no longer works');
  await page.reload();
  await expect(ways.locked).toBeVisible();
  await expect(ways.passkeyButton).toHaveCount(0);
  await ways.unlock(PASSPHRASE);
  await expect(ways.heading).toBeVisible();
});

test('a passkey that gives no secret is refused, and nothing is made of it', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  await Authenticator.of(amina.page, { prf: false });
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Passkey' });
  await expect(amina.start.alert).toContainText('This passkey cannot do it');
  await amina.start.keeping.getByRole('radio', { name: 'This browser only' }).check();
  await amina.start.openButton.click();
  await expect(amina.talk.composer).toBeVisible();
});

test('passkeys are not offered where the browser cannot ask them for secrets', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  await amina.context.addInitScript(() => {
    PublicKeyCredential.getClientCapabilities = async () => ({ 'extension:prf': false });
  });
  await amina.start.open(relay.url);
  await amina.start.startButton.click();
  await expect(amina.start.keeping.getByRole('radio')).toHaveCount(3);
  await amina.start.title.fill(AMINA.title);
  await amina.start.name.fill(AMINA.name);
  await amina.start.party.fill(AMINA.party);
  await amina.start.openButton.click();
  await expect(amina.talk.composer).toBeVisible();
  await amina.ways.open(relay.url);
  await expect(amina.page.getByRole('button', { name: 'Use a passphrase' })).toBeVisible();
  await expect(amina.page.getByRole('button', { name: 'Use a passkey' })).toHaveCount(0);
});

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { BackupPage } from '../pages/backup_page.mjs';
import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';
import { english, farsi, urdu } from '../texts/negotiation.mjs';

const AMINA = { name: 'Amina Farouk', party: 'Mediation office' };
const KAVEH = { name: 'Kaveh Moradi', party: 'Delegation of Arvandan' };
const SADIA = { name: 'Sadia Rahman', party: 'Delegation of Sindhara' };
const PASSPHRASE = 'چهار اسب سبز over the pass';
const READ_ONLY = 'This is from a backup';

test('a seat goes on in another browser from its backup, and the others see who came back', async ({ table, relay }, info) => {
  const amina = await table.open(relay.url, AMINA);
  const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
  const sadia = await table.welcome(amina, { ...SADIA, role: 'Head' });
  await amina.talk.write(english[0]);
  await kaveh.talk.write(farsi[0]);
  await sadia.talk.write(urdu[0]);
  const before = [english[0], farsi[0], urdu[0]];
  await expectSameNotes([amina, kaveh, sadia], before);

  const backup = new BackupPage(kaveh.page);
  await backup.open(relay.url);
  const file = await backup.save(PASSPHRASE);
  expect(file.suggestedFilename()).toMatch(/^nonpaper-\d{4}-\d\d-\d\d\.backup$/);
  await expect(backup.done).toContainText('with 1 talk');
  // The browser deletes its downloads when it is closed.
  const path = info.outputPath('file.backup');
  await file.saveAs(path);

  // Without Nonpaper, by a script of a page.
  const script = fileURLToPath(new URL('../open_backup.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)('node', [script, path, PASSPHRASE]);
  const [made, talk, ...lines] = stdout.trimEnd().split('\n');
  expect(made).toMatch(/^made 20/);
  expect(talk).toBe('talk Transit at the Veshan crossing');
  expect(lines.toSorted()).toEqual([
    `Amina Farouk: ${JSON.stringify(english[0])}`,
    `Kaveh Moradi: ${JSON.stringify(farsi[0])}`,
    `Sadia Rahman: ${JSON.stringify(urdu[0])}`,
  ].toSorted());

  // The others go on, and the old browser is lost.
  await kaveh.context.close();
  await amina.talk.write(english[1]);
  await expectSameNotes([amina, sadia], [...before, english[1]]);
  const talks = [amina, sadia].map((seat) => seat.page.url());
  for (const seat of [amina, sadia]) await seat.page.goto('about:blank');

  // Alone it can be read, and nothing can be written.
  const again = await table.seat('Kaveh Moradi');
  const restoring = new BackupPage(again.page);
  await restoring.open(relay.url);
  await restoring.restore(path, PASSPHRASE);
  await again.page.getByRole('link', { name: /Veshan.*read only for now/ }).click();
  await expectSameNotes([again], before);
  await expect(again.page.getByText(READ_ONLY)).toBeVisible();
  await expect(again.talk.composer).toHaveCount(0);

  for (const [at, seat] of [amina, sadia].entries()) await seat.page.goto(talks[at]);
  await expect(again.talk.composer).toBeVisible({ timeout: 60_000 });
  await again.talk.write(farsi[1]);
  await expectSameNotes([amina, sadia, again], [...before, english[1], farsi[1]]);
  for (const seat of [amina, sadia]) {
    await expect(seat.talk.warnings).toContainText('Kaveh Moradi');
    await expect(seat.talk.seat('Kaveh Moradi')).toHaveCount(1);
  }

  // From here on this browser keeps it.
  await again.page.reload();
  await expectSameNotes([amina, sadia, again], [...before, english[1], farsi[1]]);
  await expect(again.talk.composer).toBeVisible();
});

test('a seat that is still open elsewhere stops there when its backup is opened', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
  await kaveh.talk.write(farsi[0]);
  await expectSameNotes([amina, kaveh], [farsi[0]]);
  const link = await kaveh.page.evaluate(() => location.hash);
  const backup = new BackupPage(kaveh.page);
  await backup.open(relay.url);
  const path = await (await backup.save(PASSPHRASE)).path();
  await kaveh.page.goto(`${relay.url}${link}`);
  await expect(kaveh.talk.composer).toBeVisible();

  const again = await table.seat('Kaveh Moradi');
  const restoring = new BackupPage(again.page);
  await restoring.open(relay.url);
  await restoring.restore(path, PASSPHRASE);
  await again.page.getByRole('link', { name: /Veshan/ }).click();
  await expect(again.talk.composer).toBeVisible({ timeout: 60_000 });
  await expect(kaveh.talk.composer).toHaveCount(0);
  await expect(kaveh.page.getByRole('heading', { name: 'This seat was opened elsewhere' })).toBeVisible();
  await again.talk.write(farsi[1]);
  await expectSameNotes([amina, again], [farsi[0], farsi[1]]);
});

test('a file that is not whole, or not opened with its passphrase, changes nothing', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  await amina.talk.write(english[0]);
  await expect(amina.talk.notes).toHaveCount(1);
  const backup = new BackupPage(amina.page);
  await backup.open(relay.url);
  const whole = await readFile(await (await backup.save(PASSPHRASE)).path());
  const file = (buffer) => ({ name: 'file.backup', mimeType: 'application/octet-stream', buffer });
  const flipped = Buffer.from(whole);
  flipped[whole.length - 1] ^= 1;

  const elsewhere = await table.seat('Amina Farouk');
  const restoring = new BackupPage(elsewhere.page);
  await restoring.open(relay.url);
  const refused = [
    [file(whole), 'another passphrase', 'This passphrase does not open the file'],
    [file(whole.subarray(0, whole.length - 20)), PASSPHRASE, /damaged|does not open/],
    [file(flipped), PASSPHRASE, /damaged|does not open/],
    [file(Buffer.from('a letter')), PASSPHRASE, 'This file is not a backup'],
    [[], PASSPHRASE, 'Please choose a file'],
  ];
  for (const [what, passphrase, sentence] of refused) {
    await restoring.restore(what, passphrase);
    await expect(restoring.alert).toContainText(sentence);
  }
  await restoring.restore(file(whole), PASSPHRASE);
  await expect(elsewhere.page.getByRole('link', { name: /Veshan/ })).toBeVisible();

  // Where the seat is already nothing is taken twice.
  await restoring.open(relay.url);
  await restoring.restore(file(whole), PASSPHRASE);
  await expect(restoring.alert).toContainText('Everything in this file is here already');
});

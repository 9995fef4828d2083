import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { BackupPage } from '../pages/backup_page.mjs';
import { Authenticator } from '../product/authenticator.mjs';
import { expect, test } from '../product/fixtures.mjs';
import { english, farsi } from '../texts/negotiation.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Runs axe over what is shown and expects nothing serious. */
async function expectAccessible(page, where) {
  // Evaluated through the debugger, which the page's own policy for scripts does not concern.
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document));
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = serious.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  expect(told, where).toEqual([]);
  expect(passes.length, `axe looked at ${where}`).toBeGreaterThan(5);
}

for (const colorScheme of ['light', 'dark']) {
  test(`every screen is accessible (${colorScheme})`, async ({ relay, table }) => {
    const mediator = await table.seat('Noor Haddad', { colorScheme });
    await mediator.start.open(relay.url);
    await expectAccessible(mediator.page, 'the start page');
    await mediator.start.startButton.click();
    await expectAccessible(mediator.page, 'the form that opens a talk');
    await mediator.start.openButton.click();
    await expect(mediator.start.alert).toBeVisible();
    await expectAccessible(mediator.page, 'the form with a complaint');
    await mediator.start.title.fill('Transit');
    await mediator.start.name.fill('Noor Haddad');
    await mediator.start.party.fill('Mediation office');
    await mediator.start.newcomers.selectOption({ label: 'Can be given notes from before' });
    await mediator.start.openButton.click();
    await expect(mediator.talk.composer).toBeVisible();
    await expectAccessible(mediator.page, 'an empty talk');
    await mediator.talk.openInvitation();
    const link = await mediator.talk.invitationLink();
    await expectAccessible(mediator.page, 'the dialog Invitation');
    await mediator.talk.closeInvitation();

    const guest = await table.seat('Ines Okoye', { colorScheme, viewport: { width: 390, height: 844 } });
    await guest.page.goto(link);
    await expect(guest.join.askButton).toBeVisible();
    await expectAccessible(guest.page, 'an invitation');
    await guest.join.ask({ name: 'Ines Okoye', party: 'Delegation of Arvandan' });
    await expect(guest.join.doorDigits).toBeVisible();
    await expectAccessible(guest.page, 'waiting at the door');
    await expect(mediator.talk.digitsOf('Ines Okoye')).toBeVisible();
    await expectAccessible(mediator.page, 'a talk with somebody at the door');
    await table.admit(mediator, guest);

    await mediator.talk.write(english[0]);
    await guest.talk.write(farsi[0]);
    for (const seat of [mediator, guest]) await expect(seat.talk.notes).toHaveCount(2);
    await expectAccessible(mediator.page, 'a talk with notes');
    await expectAccessible(guest.page, 'a talk with notes on a phone');
    await mediator.page.getByRole('button', { name: 'Brief newcomers' }).click();
    await expectAccessible(mediator.page, 'the dialog that briefs newcomers');
    await mediator.page.getByRole('checkbox').first().check();
    await mediator.page.getByRole('button', { name: 'Give them' }).click();
    await guest.page.getByText('1 note, signed by its author').click();
    await expectAccessible(guest.page, 'a briefing on a phone');
    await mediator.page.getByRole('button', { name: 'New side room', exact: true }).click();
    await expectAccessible(mediator.page, 'the dialog that opens a side room');
    await mediator.page.keyboard.press('Escape');
    await mediator.talk.openSideRoom('Shuttle', ['Ines Okoye']);
    await mediator.talk.write(english[1], { release: 'to be shown word for word' });
    await expectAccessible(mediator.page, 'a side room');
    await mediator.talk.startsToConvey(english[1]);
    await expectAccessible(mediator.page, 'the dialog that conveys a note');
    await mediator.page.getByRole('radio', { name: 'Word for word' }).check();
    await mediator.page.getByRole('button', { name: 'Convey it' }).click();
    await expect(mediator.talk.notes).toHaveCount(4);
    await expectAccessible(mediator.page, 'a note from another room');
    await mediator.talk.roomNumber();
    await mediator.talk.seat('Ines Okoye').getByText('Compare by voice').click();
    await expectAccessible(mediator.page, 'numbers to compare');
    await mediator.page.getByRole('button', { name: 'Remove Ines Okoye' }).click();
    await expect(mediator.page.getByRole('dialog', { name: 'Remove Ines Okoye?' })).toBeVisible();
    await expectAccessible(mediator.page, 'the dialog that asks before a removal');
    await mediator.page.keyboard.press('Escape');
    await mediator.talk.remove('Ines Okoye');
    await expect(guest.talk.gone).toBeVisible();
    await expectAccessible(guest.page, 'the page of a removed seat');
    await relay.kill();
    await expect(mediator.talk.connection).toContainText('Reconnecting');
    await expectAccessible(mediator.page, 'a talk without a connection');
  });

  test(`every screen before the talks is accessible (${colorScheme})`, async ({ relay, table }) => {
    const amina = await table.seat('Amina Farouk', { colorScheme });
    const { page } = amina;
    await amina.start.open(relay.url);
    const passphrase = 'nine quiet herons over the delta';
    await amina.start.openTalk({ title: 'Transit', name: 'Amina Farouk', party: 'Mediation', keep: 'Passphrase', passphrase: 'x' });
    await expect(amina.start.alert).toBeVisible();
    await expectAccessible(page, 'the form with a passphrase');
    await amina.start.typePassphrase(passphrase);
    await amina.start.openButton.click();
    await expect(page.getByRole('heading', { name: 'Write this code down' })).toBeVisible();
    await expectAccessible(page, 'the recovery code');
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
    await expectAccessible(page, 'the page that unlocks');
    await page.goto(relay.url);
    await amina.ways.unlock(passphrase);
    await amina.ways.link.click();
    await expectAccessible(page, 'how this browser keeps the talks');
    await amina.ways.begin('Change the passphrase');
    await amina.ways.shown.fill('not this one');
    await amina.ways.typeNewPassphrase(passphrase);
    await amina.ways.make('Change the passphrase');
    await expect(amina.ways.alert).toBeVisible();
    await expectAccessible(page, 'a change that was refused');
    const second = await amina.context.newPage();
    await second.goto(relay.url);
    await expect(second.getByRole('heading', { name: 'Open in another tab' })).toBeVisible();
    await expectAccessible(second, 'the second tab');

    await second.close();
    const backup = new BackupPage(page);
    await page.goto(relay.url);
    await amina.ways.unlock(passphrase);
    await page.getByRole('link', { name: 'Backup file' }).click();
    await expectAccessible(page, 'backup files');
    const file = await (await backup.save(passphrase)).path();
    await expectAccessible(page, 'a backup that was saved');
    await backup.restore(file, 'not this one');
    await expect(backup.alert).toBeVisible();
    await expectAccessible(page, 'a backup that did not open');
    const restored = await table.seat('Amina Farouk', { colorScheme, viewport: { width: 390, height: 844 } });
    const opening = new BackupPage(restored.page);
    await opening.open(relay.url);
    await opening.restore(file, passphrase);
    await restored.page.getByRole('link', { name: /Transit.*read only for now/ }).click();
    await expect(restored.talk.log).toBeVisible();
    await expectAccessible(restored.page, 'a talk from a backup on a phone');

    const bilal = await table.seat('Bilal Aziz', { colorScheme });
    await bilal.start.open(relay.url);
    await bilal.start.openTalk({ title: 'Transit', name: 'Bilal Aziz', party: 'Mediation', keep: 'Nothing is kept' });
    await expect(bilal.talk.composer).toBeVisible();
    await expectAccessible(bilal.page, 'a talk of which nothing is kept');

    const kaveh = await table.open(relay.url, { name: 'Kaveh Moradi', party: 'Mediation', colorScheme });
    await Authenticator.of(kaveh.page);
    await kaveh.ways.open(relay.url);
    await kaveh.ways.begin('Use a passkey');
    await kaveh.ways.make('Use a passkey');
    await kaveh.ways.readCode();
    await expectAccessible(kaveh.page, 'another recovery code');
    await kaveh.ways.writeDown();
    await expect(kaveh.ways.done).toBeVisible();
    await expectAccessible(kaveh.page, 'a change that was made');
    await kaveh.page.reload();
    await expect(kaveh.ways.passkeyButton).toBeVisible();
    await expectAccessible(kaveh.page, 'the page that unlocks by a passkey');
  });
}

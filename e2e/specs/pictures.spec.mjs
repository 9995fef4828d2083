// Pictures of the screens, for people to look at: empty, normal, crowded, at the door, broken; light, dark, phone.

import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { BackupPage } from '../pages/backup_page.mjs';
import { Authenticator } from '../product/authenticator.mjs';
import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes, expectHeldByAll } from '../product/table.mjs';
import { code, emoji, english, farsi, urdu } from '../texts/negotiation.mjs';

const FOLDER = process.env.PICTURES_DIR ?? fileURLToPath(new URL('../../target/pictures', import.meta.url));
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

async function picture(page, name) {
  await mkdir(FOLDER, { recursive: true });
  const path = join(FOLDER, `${name}.png`);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  // An empty page of this size is smaller.
  expect((await stat(path)).size, name).toBeGreaterThan(8_000);
}

async function bothThemes(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `${name}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Takes a picture for the manifest: WebP, since a browser that offers to install the app loads all of them. */
async function screenshot(page, name) {
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  const webp = await page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.75 })).arrayBuffer());
    return Array.from(bytes);
  }, png.toString('base64'));
  await writeFile(join(FOLDER, `${name}.webp`), Buffer.from(webp));
}

test('pictures of every screen', async ({ relay, table }) => {
  test.setTimeout(240_000);
  const mediator = await table.seat('Noor Haddad');
  await mediator.start.open(relay.url);
  await bothThemes(mediator.page, 'start');
  await mediator.start.startButton.click();
  await picture(mediator.page, 'start-form');
  await mediator.start.title.fill('Transit at the Veshan crossing');
  await mediator.start.name.fill('Noor Haddad');
  await mediator.start.party.fill('Mediation office');
  await mediator.start.openButton.click();
  await expect(mediator.talk.composer).toBeVisible();
  await bothThemes(mediator.page, 'empty');

  await mediator.talk.openInvitation();
  const link = await mediator.talk.invitationLink();
  await bothThemes(mediator.page, 'invitation');
  await mediator.talk.closeInvitation();

  const leyla = await table.seat('Leyla Rahimi', PHONE);
  await leyla.page.goto(link);
  await expect(leyla.join.askButton).toBeVisible();
  await picture(leyla.page, 'join-phone');
  await leyla.join.ask({ name: 'Leyla Rahimi', party: 'Delegation of Arvandan' });
  await expect(leyla.join.doorDigits).toBeVisible();
  await picture(leyla.page, 'waiting-phone');
  await screenshot(leyla.page, 'door');
  await expect(mediator.talk.digitsOf('Leyla Rahimi')).toBeVisible();
  await bothThemes(mediator.page, 'door');
  await table.admit(mediator, leyla);
  await picture(leyla.page, 'newcomer-phone');
  const bilal = await table.welcome(mediator, { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' });

  const seats = [mediator, leyla, bilal];
  const written = [];
  const write = async (seat, text) => {
    written.push(text);
    await seat.talk.write(text);
    await expectSameNotes(seats, written);
  };
  await write(mediator, 'Good morning. I suggest that we settle the opening hours today, and leave the weighbridge for Thursday.');
  await write(leyla, farsi[2]);
  await write(bilal, 'Agreed. Our office has the spare part for the scanner and can have it at the crossing tomorrow.');
  await expectHeldByAll(seats, 3);
  await mediator.talk.composer.fill('Thank you both. Then let me put down');
  await bothThemes(mediator.page, 'talk');
  await bothThemes(leyla.page, 'talk-phone');
  await screenshot(leyla.page, 'note');
  const size = mediator.page.viewportSize();
  await mediator.page.setViewportSize({ width: 1280, height: 800 });
  await screenshot(mediator.page, 'table');
  await mediator.page.setViewportSize(size);
  await mediator.talk.composer.fill('');

  await mediator.talk.roomNumber();
  await mediator.talk.seat('Bilal Qureshi').getByText('Compare by voice').click();
  await bothThemes(mediator.page, 'numbers');
  await mediator.page.getByRole('button', { name: 'Remove Bilal Qureshi' }).click();
  await bothThemes(mediator.page, 'remove');
  await mediator.page.keyboard.press('Escape');
  await leyla.page.getByRole('button', { name: 'Seats', exact: true }).click();
  await leyla.talk.seat('Bilal Qureshi').getByText('Compare by voice').click();
  await bothThemes(leyla.page, 'numbers-phone');
  await leyla.page.getByRole('button', { name: 'Leave this talk' }).click();
  await picture(leyla.page, 'leave-phone');
  await leyla.page.keyboard.press('Escape');
  await leyla.page.getByRole('button', { name: 'Close', exact: true }).click();

  const more = [
    [mediator, english[1]],
    [bilal, urdu[1]],
    [leyla, farsi[1]],
    [mediator, english[3]],
    [leyla, farsi[3]],
    [bilal, urdu[3]],
    [bilal, code],
    [leyla, emoji],
  ];
  for (const [seat, text] of more) await write(seat, text);
  await table.welcome(mediator, { name: 'Aysel Demir-Karahanoğulları', party: 'Observers of the Union for Transit and Trade' });
  const tomas = await table.welcome(mediator, { name: 'Tomas Lind', party: 'Drivers’ associations of both sides' });
  await expect(mediator.talk.seats).toHaveCount(5);
  await bothThemes(mediator.page, 'crowded');
  await picture(leyla.page, 'crowded-phone');

  await mediator.talk.remove('Tomas Lind');
  await expect(tomas.talk.gone).toBeVisible();
  await bothThemes(tomas.page, 'removed');
  await bilal.talk.composer.fill('Before anything else, one question about');
  await mediator.talk.remove('Bilal Qureshi');
  await expect(bilal.talk.gone).toBeVisible();
  await bilal.page.setViewportSize(PHONE.viewport);
  await bilal.page.getByText('What you were writing').click();
  await bothThemes(bilal.page, 'removed-phone');

  await relay.kill();
  for (const seat of [mediator, leyla]) await expect(seat.talk.connection).toContainText('Reconnecting');
  await mediator.talk.write('This one waits here until the relay is back.');
  await bothThemes(mediator.page, 'reconnecting');
  await picture(leyla.page, 'reconnecting-phone');

  const stranger = await table.seat('Stranger');
  await relay.run();
  await stranger.page.goto(`${relay.url}#v1.half`);
  await expect(stranger.join.alert).toBeVisible();
  await picture(stranger.page, 'broken-invitation');
});

test('pictures of side rooms', async ({ relay, table }) => {
  const noor = await table.open(relay.url, { name: 'Noor Haddad', party: 'Mediation office' });
  const leyla = await table.welcome(noor, { name: 'لیلا رحیمی', party: 'هیئت آروندان', ...PHONE });
  await noor.page.getByRole('button', { name: 'New side room', exact: true }).click();
  await bothThemes(noor.page, 'new-side-room');
  await noor.page.keyboard.press('Escape');
  await noor.talk.openSideRoom('Shuttle with Arvandan', ['لیلا رحیمی']);
  await leyla.page.getByRole('button', { name: 'Rooms', exact: true }).click();
  await picture(leyla.page, 'rooms-phone');
  await leyla.talk.rooms.getByRole('link', { name: 'Shuttle with Arvandan' }).click();
  await expect(leyla.page.getByRole('heading', { level: 1, name: 'Shuttle with Arvandan' })).toBeVisible();
  await leyla.talk.write(farsi[0], { release: 'to be shown word for word' });
  await leyla.talk.write(farsi[1], { release: 'to be conveyed in substance' });
  await noor.talk.write(english[0]);
  await expect(noor.talk.notes).toHaveCount(3);
  await bothThemes(noor.page, 'side-room');
  await picture(leyla.page, 'side-room-phone');
  await noor.talk.startsToConvey(farsi[0]);
  await bothThemes(noor.page, 'convey');
  await noor.page.getByRole('radio', { name: 'Word for word' }).check();
  await noor.page.setViewportSize(PHONE.viewport);
  await picture(noor.page, 'convey-phone');
  await noor.page.getByRole('button', { name: 'Convey it' }).click();
  await expect(noor.talk.notes).toHaveCount(1);
  await picture(noor.page, 'conveyed-phone');
});

test('pictures of the charter', async ({ relay, table }) => {
  test.setTimeout(120_000);
  const noor = await table.open(relay.url, { name: 'Noor Haddad', party: 'Mediation office', copies: 'Off the record: hidden at once, deleted within a week' });
  const leyla = await table.knock(await noor.talk.invite(), { name: 'لیلا رحیمی', party: 'هیئت آروندان', ...PHONE });
  await expect(leyla.page.getByText('When you are let in')).toBeVisible();
  await bothThemes(leyla.page, 'charter-told-phone');
  await table.admit(noor, leyla);
  await noor.talk.write(english[0]);
  const charter = noor.page.locator('details.rules').filter({ hasText: 'End this talk' });
  await charter.locator('summary').click();
  await charter.getByRole('button', { name: 'Change the charter' }).click();
  await bothThemes(noor.page, 'charter-changing');
  const dialog = noor.page.getByRole('dialog', { name: 'Change the charter' });
  await dialog.getByRole('combobox', { name: 'When the talk has ended' }).selectOption({ label: 'Every page deletes its copy after 30 days' });
  await dialog.getByRole('button', { name: 'Propose it' }).click();
  await expect(leyla.page.getByRole('button', { name: 'Sign the change' })).toBeVisible();
  await bothThemes(noor.page, 'charter-proposed');
  await bothThemes(leyla.page, 'charter-proposed-phone');
  await leyla.page.getByRole('button', { name: 'Sign the change' }).click();
  await expect(charter).toContainText('30 days');
  await charter.getByRole('button', { name: 'End this talk' }).click();
  await picture(noor.page, 'charter-ending');
  await noor.page.getByRole('button', { name: 'End it' }).click();
  await expect(leyla.page.getByText('has ended this talk')).toBeVisible();
  await bothThemes(noor.page, 'charter-ended');
  await leyla.page.getByText('Delete my copy').click();
  await picture(leyla.page, 'charter-ended-phone');
});

test('pictures of how this browser keeps the talks', async ({ relay, table }) => {
  const amina = await table.seat('Amina Farouk', PHONE);
  await amina.start.open(relay.url);
  const talk = { title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office' };
  await amina.start.openTalk({ ...talk, keep: 'Passphrase', passphrase: 'nine quiet herons over the delta' });
  await expect(amina.page.getByRole('heading', { name: 'Write this code down' })).toBeVisible();
  await picture(amina.page, 'recovery-phone');
  const code = (await amina.page.locator('.code').textContent()).trim();
  await amina.page.getByRole('textbox', { name: 'The last group of the code' }).fill(code.slice(-4));
  await amina.page.getByRole('button', { name: 'It is written down' }).click();
  await expect(amina.talk.composer).toBeVisible();
  const second = await amina.context.newPage();
  await second.goto(relay.url);
  await expect(second.getByRole('heading', { name: 'Open in another tab' })).toBeVisible();
  await picture(second, 'elsewhere-phone');
  await second.close();
  await amina.page.reload();
  await expect(amina.page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await bothThemes(amina.page, 'locked-phone');
  await amina.page.getByRole('textbox', { name: 'Passphrase' }).fill('nine quiet herons over the delta');
  await amina.page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await amina.page.goto(relay.url);
  await expect(amina.page.getByRole('heading', { name: 'Locked' })).toBeVisible();

  const bilal = await table.seat('Bilal Aziz');
  await bilal.start.open(relay.url);
  await bilal.start.openTalk({ ...talk, name: 'Bilal Aziz', keep: 'Nothing is kept' });
  await expect(bilal.talk.composer).toBeVisible();
  await bothThemes(bilal.page, 'nothing-kept');
  const kaveh = await table.open(relay.url, { ...talk, name: 'Kaveh Moradi' });
  await kaveh.page.goto(relay.url);
  await kaveh.page.getByRole('button', { name: 'Leave this computer' }).click();
  await bothThemes(kaveh.page, 'this-browser');
});

test('pictures of backup files', async ({ relay, table }) => {
  const passphrase = 'nine quiet herons over the delta';
  const amina = await table.open(relay.url, { title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office' });
  await amina.talk.write(farsi[0]);
  const backup = new BackupPage(amina.page);
  await backup.open(relay.url);
  await bothThemes(amina.page, 'backup');
  const file = await (await backup.save(passphrase)).path();
  await backup.restore(file, 'not this one');
  await expect(backup.alert).toBeVisible();
  await bothThemes(amina.page, 'backup-refused');
  const again = await table.seat('Amina Farouk', PHONE);
  const opening = new BackupPage(again.page);
  await opening.open(relay.url);
  await picture(again.page, 'backup-phone');
  await opening.restore(file, passphrase);
  await again.page.getByRole('link', { name: /Transit.*read only for now/ }).click();
  await expect(again.talk.notes).toHaveCount(1);
  await bothThemes(again.page, 'restored-phone');
});

test('pictures of how that is changed', async ({ relay, table }) => {
  test.setTimeout(240_000);
  const talk = { title: 'Transit at the Veshan crossing', party: 'Mediation office' };
  const passphrase = 'nine quiet herons over the delta';
  for (const [size, options] of [['', {}], ['-phone', { ...PHONE, viewport: { width: 360, height: 780 } }]]) {
    const { page, start, ways, talk: shown } = await table.seat('Amina Farouk', options);
    await Authenticator.of(page);
    await start.open(relay.url);
    await start.openTalk({ ...talk, name: 'Amina Farouk' });
    await expect(shown.composer).toBeVisible();
    await ways.open(relay.url);
    await bothThemes(page, `ways-browser${size}`);
    await ways.begin('Use a passphrase');
    await bothThemes(page, `ways-passphrase${size}`);
    await ways.typeNewPassphrase(passphrase);
    await ways.make('Use a passphrase');
    await ways.readCode();
    await bothThemes(page, `ways-code${size}`);
    await ways.writeDown();
    await expect(ways.done).toBeVisible();
    await ways.begin('Add a passkey');
    await ways.shown.fill(passphrase);
    await ways.make('Add a passkey');
    await expect(ways.done).toBeVisible();
    await bothThemes(page, `ways-both${size}`);
    await ways.begin('Change the passphrase');
    await ways.shown.fill('not this one');
    await ways.typeNewPassphrase(passphrase);
    await ways.make('Change the passphrase');
    await expect(ways.alert).toBeVisible();
    await bothThemes(page, `ways-refused${size}`);
    await page.reload();
    await expect(ways.passkeyButton).toBeVisible();
    await bothThemes(page, `ways-locked${size}`);
  }
});

test('pictures of files', async ({ tap, table }, info) => {
  const long = 'Annex B, third draft, with all the comments of both delegations.pdf';
  const path = (name) => info.outputPath(name);
  const amina = await table.open(tap.url, { title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office' });
  await picture(amina.page, 'files-none');
  const leyla = await table.welcome(amina, { name: 'لیلا رحیمی', party: 'هیئت آروندان', ...PHONE });
  const picture1 = await amina.page.screenshot();
  await writeFile(path('map of the crossing.png'), picture1);
  await writeFile(path('پیش‌نویس پیوست ب.docx'), Buffer.alloc(400_000, 7));
  await writeFile(path(long), Buffer.alloc(12_000_000, 7));
  await amina.talk.write(english[0]);
  await amina.talk.attach(path('map of the crossing.png'), path('پیش‌نویس پیوست ب.docx'), path(long));
  await expect(amina.talk.files.getByRole('listitem')).toHaveCount(3);
  await expect(amina.talk.fileButton('Save', 'map of the crossing.png')).toBeVisible();
  await amina.talk.fileButton('Show', 'map of the crossing.png').click();
  await expect(amina.talk.files.getByRole('img')).toBeVisible();
  await bothThemes(amina.page, 'files');
  await expect(leyla.talk.notes).toHaveCount(4);
  await bothThemes(leyla.page, 'files-notes-phone');
  await leyla.page.getByRole('button', { name: 'Files', exact: true }).click();
  await expect(leyla.talk.fileButton('Save', 'map of the crossing.png')).toBeVisible();
  await bothThemes(leyla.page, 'files-phone');

  // Some that come slowly, one that is refused, more than are found at a glance, and some over the page.
  tap.slow(leyla.agent, 2_000_000);
  await leyla.talk.fileButton('Fetch', long).click();
  await expect(leyla.talk.file(long)).toContainText(/\/s · .* left/);
  await bothThemes(leyla.page, 'files-phone-comes');
  const many = ['minutes of the second round.txt', 'صورت‌جلسه دور دوم.txt', 'CON.txt', 'list.csv', 'speech.opus', 'toll.ods', 'draft 4.odt', 'draft 5.odt'];
  for (const name of many) await writeFile(path(name), 'text');
  await amina.talk.attach(...many.map(path));
  await expect(amina.talk.files.getByText('some systems keep its name for a device')).toBeVisible();
  await expect(amina.talk.fileButton('Save', 'draft 5.odt')).toBeVisible();
  await bothThemes(amina.page, 'files-many');
  await amina.talk.files.getByRole('searchbox', { name: 'Search files' }).fill('draft');
  await expect(amina.talk.fileButton('Save', 'list.csv')).toHaveCount(0);
  await amina.page.evaluate(() => (document.documentElement.dir = 'rtl'));
  await bothThemes(amina.page, 'files-search-mirrored');
  const dropped = await amina.page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['text'], 'one.txt', { type: 'text/plain' }));
    return data;
  });
  await amina.page.dispatchEvent('main', 'dragover', { dataTransfer: dropped });
  await expect(amina.page.getByText('Drop files to give them into this room')).toBeVisible();
  await bothThemes(amina.page, 'files-dropped');
});

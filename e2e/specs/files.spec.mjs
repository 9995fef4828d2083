// Files: given into a room, fetched by others, saved as they were.

import { readFile, writeFile } from 'node:fs/promises';

import { expect, test } from '../product/fixtures.mjs';
import { expectSaved, made } from '../product/given_files.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };
const MB = 1_000_000;

test('files of every length and name come by themselves and are saved as they were', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const files = [
    await made(info, 'Annex B.pdf', 3_500_000),
    await made(info, 'empty', 0),
    await made(info, 'پیش‌نویس پیوست ب.docx', 1 << 20),
    await made(info, `${'n'.repeat(251)}.txt`, 17),
  ];
  await noor.talk.attach(...files.map((file) => file.path));
  await expect(ines.talk.notes).toHaveCount(files.length);
  for (const file of files) for (const seat of [noor, ines]) await expectSaved(seat, file);
  await expect(noor.talk.file('Annex B.pdf')).toContainText('All of it is with 2 of 2 seats');

  // All of it is there again after a reload, on either side.
  for (const seat of [noor, ines]) {
    await seat.page.reload();
    for (const file of files) await expectSaved(seat, file);
  }
});

test('what is longer comes when it is asked for, waits when it is told to, and goes on after a reload', async ({ table, tap }, info) => {
  const noor = await table.open(tap.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const file = await made(info, 'recording.wav', 12 * MB);
  tap.slow(ines.agent, 3 * MB);
  await noor.talk.attach(file.path);
  const listed = ines.talk.file(file.name);
  await expect(listed).toContainText('Not on this device · All of it is with 1 of 2 seats');
  await ines.talk.fileButton('Fetch', file.name).click();
  await expect(listed).toContainText(/[1-9][\d.]* MB of 12 MB · .*\/s · .* left/);
  await ines.talk.fileButton('Pause', file.name).click();
  await expect(listed).toContainText(/Paused · [1-9][\d.]* MB of 12 MB/);
  const paused = await listed.textContent();
  for (const text of ['While', 'it', 'waits.']) {
    await noor.talk.write(text);
    await expect(ines.talk.note(text)).toBeVisible();
  }
  expect(await listed.textContent()).toBe(paused);

  await ines.page.reload();
  await expect(listed).toContainText('Paused');
  await ines.talk.fileButton('Continue', file.name).click();
  await expect(listed).toContainText(/[3-9][\d.]* MB of 12 MB/);
  await ines.page.reload();
  await expectSaved(ines, file);
  const pieces = tap.messages.filter(({ fromClient, bytes }) => fromClient && bytes.length > 65_600 && bytes[0] === 0x04);
  expect(pieces.length * 65_577, 'what was sent in all').toBeLessThan(1.5 * 12 * MB + 6 * (1 << 20));

  await ines.talk.fileButton('Delete here', file.name).click();
  await expect(listed).toContainText('Not on this device');
  await ines.talk.fileButton('Fetch', file.name).click();
  await expectSaved(ines, file);
});

test('a note does not wait for a file, and a slow seat holds nobody up', async ({ table, tap }, info) => {
  const noor = await table.open(tap.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const bilal = await table.welcome(noor, BILAL);
  tap.slow(ines.agent, MB);
  const file = await made(info, 'survey.zip', 8 * MB);
  await noor.talk.attach(file.path);
  for (const seat of [ines, bilal]) await seat.talk.fileButton('Fetch', file.name).click();
  await expect(ines.talk.file(file.name)).toContainText(/[1-9][\d.]* MB of 8 MB/);
  await noor.talk.write('While it is on its way.');
  await expect(ines.talk.note('While it is on its way.')).toBeVisible();
  await expect(ines.talk.fileButton('Pause', file.name)).toBeVisible();
  await expectSaved(bilal, file);
  await expect(ines.talk.fileButton('Pause', file.name)).toBeVisible();
  await expectSaved(ines, file);
});

test('a file comes from whoever has it when its author has left', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const bilal = await table.welcome(noor, BILAL);
  const file = await made(info, 'terms.pdf', 7 * MB);
  await noor.talk.attach(file.path);
  await ines.talk.fileButton('Fetch', file.name).click();
  await expect(ines.talk.fileButton('Save', file.name)).toBeVisible();
  await noor.context.close();
  await bilal.talk.fileButton('Fetch', file.name).click();
  await expectSaved(bilal, file);
});

test('a relay that is killed in the middle of a file costs nothing but time', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const file = await made(info, 'archive.tar', 60 * MB);
  await noor.talk.attach(file.path);
  await ines.talk.fileButton('Fetch', file.name).click();
  await expect(ines.talk.file(file.name)).toContainText(/[1-9][\d.]* MB of 60 MB/);
  await relay.kill();
  await expect(ines.talk.connection).not.toContainText('Live');
  await expect(ines.talk.fileButton('Save', file.name)).toHaveCount(0);
  await relay.run();
  await expectSaved(ines, file);
});

test('names that lead elsewhere, deceive, or are kept for devices are refused with a sentence', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const refused = {
    'CON.txt': 'some systems keep its name for a device',
    'bill\u202egpj.exe': 'or that nobody sees',
    'what?.pdf': 'a character that names cannot have everywhere',
    'draft.': 'begins or ends in a blank or a dot',
  };
  for (const [name, why] of Object.entries(refused)) {
    const { path } = await made(info, name, 5);
    await noor.talk.attach(path);
    await expect(noor.talk.files.getByRole('alert')).toContainText(why);
    await noor.talk.files.getByRole('button', { name: `Put away ${name}` }).click();
    await expect(noor.talk.files.getByRole('alert')).toHaveCount(0);
  }
  await expect(ines.talk.notes).toHaveCount(0);
});

test('files are dropped anywhere on the page, and pasted into the note', async ({ table, relay }) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const dropped = await noor.page.evaluateHandle(() => {
    const data = new DataTransfer();
    for (const name of ['one.txt', 'two.txt']) data.items.add(new File([name], name, { type: 'text/plain' }));
    return data;
  });
  await noor.page.dispatchEvent('main', 'dragover', { dataTransfer: dropped });
  await expect(noor.page.getByText('Drop files to give them into this room')).toBeVisible();
  await noor.page.dispatchEvent('main', 'drop', { dataTransfer: dropped });
  await expect(noor.page.getByText('Drop files to give them into this room')).toHaveCount(0);
  for (const name of ['one.txt', 'two.txt']) await expect(ines.talk.fileButton('Save', name)).toBeVisible();
  await noor.talk.composer.evaluate((textbox) => {
    const data = new DataTransfer();
    data.items.add(new File(['a picture'], 'pasted.png', { type: 'image/png' }));
    textbox.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await expect(ines.talk.fileButton('Save', 'pasted.png')).toBeVisible();
  expect(await readFile(await ines.talk.save('two.txt'), 'utf8')).toBe('two.txt');
});

test('pictures made of dots are shown when asked for, and nothing else is', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const hostile = '<html><script>document.title = "taken"</script></html>';
  const files = {
    'map.png': await noor.page.screenshot(),
    'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title = \'taken\'"/>',
    'page.html': hostile,
    'page.png': hostile,
  };
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(info.outputPath(name), bytes);
    await noor.talk.attach(info.outputPath(name));
    await expect(ines.talk.fileButton('Save', name)).toBeVisible();
  }
  await ines.talk.fileButton('Show', 'map.png').click();
  const shown = ines.talk.file('map.png').getByRole('img');
  await expect.poll(() => shown.evaluate(({ naturalWidth }) => naturalWidth)).toBeGreaterThan(100);
  await ines.talk.fileButton('Hide', 'map.png').click();
  await expect(shown).toHaveCount(0);
  await ines.talk.fileButton('Show', 'page.png').click();
  await expect(ines.talk.fileButton('Hide', 'page.png')).toBeVisible();
  for (const name of ['drawing.svg', 'page.html']) await expect(ines.talk.fileButton('Show', name)).toHaveCount(0);
  await expect(ines.page).toHaveTitle(/Nonpaper/);
});

test('an observer fetches files and gives none', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const link = await noor.talk.invite({ role: 'Observer' });
  const omid = await table.knock(link, { name: 'Omid Rahmani', party: 'Observers' });
  await expect(omid.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
  await noor.talk.admit('Omid Rahmani');
  const file = await made(info, 'agenda.txt', 2_000);
  await noor.talk.attach(file.path);
  await expectSaved(omid, file);
  await expect(omid.page.getByRole('button', { name: 'Attach files' })).toHaveCount(0);
  await expect(omid.page.locator('input[type=file]')).toHaveCount(0);
});

test('a file is gone from the disk when the person leaves this computer', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const file = await made(info, 'secret.bin', 2 * MB);
  await noor.talk.attach(file.path);
  await expect(noor.talk.fileButton('Save', file.name)).toBeVisible();
  const kept = () => noor.page.evaluate(async () => {
    const names = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
    return names;
  });
  expect(await kept()).toEqual(['files']);
  await noor.page.getByRole('link', { name: 'Start page' }).click();
  await noor.page.getByRole('button', { name: 'Leave this computer' }).click();
  await noor.page.getByRole('button', { name: 'Delete all' }).click();
  await expect(noor.page.getByText('Everything is being deleted.')).toHaveCount(0);
  await expect(noor.start.startButton).toBeVisible();
  expect(await kept()).toEqual([]);
});

test('what no talk has is deleted at the next start, and nothing else', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, { ...NOOR, title: 'The crossing' });
  const ines = await table.welcome(noor, INES);
  const [mine, never] = [await made(info, 'mine.bin', 2 * MB), await made(info, 'never comes.bin', MB)];
  await noor.talk.attach(mine.path);
  await expect(noor.talk.fileButton('Save', mine.name)).toBeVisible();
  // One that is wanted and does not come: who has it has left.
  await noor.page.getByRole('link', { name: 'Start page' }).click();
  await ines.talk.attach(never.path);
  await expect(ines.talk.fileButton('Save', never.name)).toBeVisible();
  await ines.context.close();
  await noor.start.openTalk({ ...NOOR, title: 'The weighbridge' });
  const other = await made(info, 'other.bin', 2 * MB);
  await noor.talk.attach(other.path);
  await expect(noor.talk.fileButton('Save', other.name)).toBeVisible();
  const orphan = 'ab'.repeat(16);
  await noor.page.evaluate(async (orphan) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('files');
    await folder.getFileHandle(orphan, { create: true });
  }, orphan);
  await noor.page.reload();
  await expect.poll(() => noor.page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('files');
    const names = [];
    for await (const name of folder.keys()) names.push(name);
    return names;
  })).not.toContain(orphan);
  await expectSaved(noor, other);
  await noor.page.goto(relay.url);
  await noor.page.getByRole('link', { name: /The crossing/ }).click();
  await expectSaved(noor, mine);
});

test('a charter that lets only documents in is told at the door and kept to in all rooms', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, { ...NOOR, files: 'Documents, pictures and recordings up to 10 MB' });
  const ines = await table.knock(await noor.talk.invite(), INES);
  await expect(ines.page.getByText('Files: only documents, pictures and recordings of up to 10 MB.')).toBeVisible();
  await table.admit(noor, ines);
  const [annex, program, long] = [await made(info, 'Annex B.PDF', 70_000), await made(info, 'map.pdf.exe', 70_000), await made(info, 'long.pdf', 11 * MB)];
  const refused = (name) => noor.talk.file(name).getByText('Not given, as the charter says. Files: only documents, pictures and recordings of up to 10 MB.');
  for (const room of ['Plenary', 'Shuttle']) {
    if (room === 'Shuttle') await noor.talk.openSideRoom(room, [INES.name]);
    await expect(noor.talk.files.getByText(/Files: only documents.* This browser has room/)).toBeVisible();
    await noor.talk.attach(annex.path, program.path, long.path);
    for (const { name } of [program, long]) await expect(refused(name)).toBeVisible();
    await expectSaved(noor, annex);
  }
  await expect(ines.talk.notes).toHaveCount(1);
  await expectSaved(ines, annex);
});

test('what is given against the charter does not come by itself', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const bilal = await table.welcome(noor, { ...BILAL, role: 'Head' });
  await noor.page.locator('details.rules summary', { hasText: /^Charter$/ }).click();
  await noor.page.getByRole('button', { name: 'Change the charter' }).click();
  const dialog = noor.page.getByRole('dialog', { name: 'Change the charter' });
  await dialog.getByRole('combobox', { name: 'Files' }).selectOption({ label: 'None can be given' });
  await dialog.getByRole('button', { name: 'Propose it' }).click();
  await expect(bilal.page.getByRole('button', { name: 'Sign the change' })).toBeVisible();
  // Given by somebody who has not heard yet that the change holds.
  await noor.context.setOffline(true);
  await expect(noor.talk.connection).not.toContainText('Live');
  const program = await made(info, 'tool.exe', 70_000);
  await noor.talk.attach(program.path);
  await expectSaved(noor, program);
  await bilal.page.getByRole('button', { name: 'Sign the change' }).click();
  await expect(bilal.talk.files.getByText('Files: none can be given.')).toBeVisible();
  await noor.context.setOffline(false);
  await expect(bilal.talk.file(program.name)).toContainText('The charter does not let such a file be given: it does not come by itself.');
  await expect(bilal.talk.file(program.name)).toContainText('Not on this device');
  await expect(noor.talk.files.getByText('Files: none can be given.')).toBeVisible();
  for (const seat of [noor, bilal]) await expect(seat.page.getByRole('button', { name: 'Attach files' })).toHaveCount(0);
  // A person may still ask for it.
  await bilal.talk.fileButton('Fetch', program.name).click();
  await expectSaved(bilal, program);
});

test('a folder of five hundred files comes with its folders', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const files = [];
  for (let number = 0; number < 500; number += 1) files.push(await made(info, `annexes/part ${number % 7}/page ${number}.txt`, 100 + number));
  const chooser = noor.page.waitForEvent('filechooser');
  await noor.talk.files.getByRole('button', { name: 'Attach a folder' }).click();
  await (await chooser).setFiles(info.outputPath('given', 'annexes'));
  await expect(ines.talk.files.getByRole('button', { name: 'Show 50 more' })).toBeVisible();
  await expect(ines.talk.files.getByText('wait to be sealed')).toHaveCount(0);
  await expect(noor.talk.files.getByText('wait to be sealed')).toHaveCount(0, { timeout: 60_000 });
  // Who was at the end of the notes still is, and what is far above does not stay drawn.
  for (const seat of [noor, ines]) {
    await expect(seat.talk.notes.last()).toBeInViewport();
    await expect(seat.talk.jumpToNew).toHaveCount(0);
    expect(await seat.talk.notes.count()).toBeLessThan(300);
  }
  const search = ines.talk.files.getByRole('searchbox', { name: 'Search files' });
  for (const number of [0, 250, 499]) {
    const file = { ...files[number], name: `page ${number}.txt` };
    await search.fill(`annexes/part ${number % 7}/page ${number}.`);
    await expectSaved(ines, file);
  }
});

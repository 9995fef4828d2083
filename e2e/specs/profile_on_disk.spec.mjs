import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '../product/fixtures.mjs';
import { formsOf, occurrences } from '../product/needles.mjs';
import { Profile } from '../product/profile.mjs';
import { expectSameNotes } from '../product/table.mjs';

const AMINA = { title: 'Zibaldone of the Kestrel bridge', name: 'Quirina Vantongeren', party: 'Ombligo trust office' };
const KAVEH = { name: 'Xanthe Wrzosek', party: 'Delegation of Ultramar' };
const NOTE = 'The heliotrope clause stays out of the annex.';
const FILE = { name: 'Quodlibet of the ferrymen.txt', text: 'Verdigris tariffs are waived upstream of the lazaret.' };

/** Returns what of the planted texts is found in the files of a profile, and how many files there are. */
async function found(profile, planted) {
  const needles = Object.fromEntries(planted.map((text) => [text, formsOf(text)]));
  const all = [];
  let files = 0;
  for (const entry of await readdir(profile.folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    const path = join(entry.parentPath, entry.name);
    all.push(...occurrences(needles, await readFile(path)).map((what) => `${what} in ${path}`));
  }
  return { all, files };
}

/** In the page: lets every write to its storage take some milliseconds longer. */
function slowDown(milliseconds) {
  const { objectStore, commit } = IDBTransaction.prototype;
  IDBTransaction.prototype.commit = function () {
    const until = performance.now() + milliseconds;
    const goOn = () => {
      if (performance.now() > until) commit.call(this);
      else objectStore.call(this, this.objectStoreNames[0]).count().onsuccess = goOn;
    };
    goOn();
  };
}

test('what this browser keeps tells nothing of the talk to who reads the disk', async ({ relay }, info) => {
  const [host, guest] = [await Profile.make(), await Profile.make()];
  try {
    const amina = await host.start(AMINA.name);
    await amina.start.open(relay.url);
    await amina.start.openTalk(AMINA);
    const link = await amina.talk.invite({ role: 'Head' });
    const xanthe = await guest.start(KAVEH.name);
    await xanthe.start.open(relay.url);
    await xanthe.start.useInvitation(link);
    await xanthe.join.ask(KAVEH);
    await expect(amina.talk.digitsOf(KAVEH.name)).toBeVisible();
    await amina.talk.admit(KAVEH.name);
    await expect(xanthe.talk.composer).toBeVisible();
    await amina.talk.write(NOTE);
    await expectSameNotes([amina, xanthe], [NOTE]);
    await mkdir(info.outputPath('given'), { recursive: true });
    await writeFile(info.outputPath('given', FILE.name), FILE.text);
    await amina.talk.attach(info.outputPath('given', FILE.name));
    await expect(xanthe.talk.fileButton('Save', FILE.name)).toBeVisible();
    await xanthe.page.reload();
    await expect(xanthe.talk.fileButton('Save', FILE.name)).toBeVisible();
    await host.close();
    await guest.close();

    const secret = link.split('#')[1].slice('v1.'.length);
    const planted = [NOTE, FILE.name, FILE.text, AMINA.title, AMINA.name, AMINA.party, KAVEH.name, KAVEH.party, secret];
    for (const profile of [host, guest]) {
      const { all, files } = await found(profile, planted);
      expect(all).toEqual([]);
      expect(files).toBeGreaterThan(20);
    }
    // What looks for them can find something.
    expect((await found(host, ['nonpaper'])).all.length).toBeGreaterThan(0);
  } finally {
    await host.remove();
    await guest.remove();
  }
});

test('an older copy of the profile is noticed, and brought up by the others', async ({ table, relay }) => {
  const profile = await Profile.make();
  let older = null;
  try {
    let amina = await profile.start(AMINA.name);
    await amina.start.open(relay.url);
    await amina.start.openTalk(AMINA);
    const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
    await amina.talk.write('Before the copy.');
    await expectSameNotes([amina, kaveh], ['Before the copy.']);
    await profile.close();
    older = await profile.copy();

    amina = await profile.start(AMINA.name);
    await amina.page.goto(relay.url);
    await amina.page.getByRole('link', { name: AMINA.title }).click();
    for (const text of ['After the copy.', 'And more.', 'And still more.']) await amina.talk.write(text);
    const written = ['Before the copy.', 'After the copy.', 'And more.', 'And still more.'];
    await expectSameNotes([amina, kaveh], written);
    await profile.close();

    amina = await older.start(AMINA.name);
    await amina.page.goto(relay.url);
    await amina.page.getByRole('link', { name: AMINA.title }).click();
    await expectSameNotes([amina, kaveh], written, { within: 60_000 });
    await expect(amina.talk.warnings).toBeVisible();
    // Put away once and for all, however slow the disk.
    await amina.page.evaluate(slowDown, 500);
    await amina.talk.warnings.getByRole('button').click();
    await expect(amina.talk.warnings).toHaveCount(0);
    await amina.page.reload();
    await expect(amina.talk.connection).toContainText('Live');
    await expectSameNotes([amina, kaveh], written);
    await expect(amina.talk.warnings).toHaveCount(0);
    await amina.talk.write('From the copy.');
    await expectSameNotes([amina, kaveh], [...written, 'From the copy.']);
  } finally {
    await profile.remove();
    await older?.remove();
  }
});

import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes, setClockFast } from '../product/table.mjs';

const AMINA = { name: 'Amina Farouk', party: 'Mediation office' };
const KAVEH = { name: 'Kaveh Moradi', party: 'Delegation of Arvandan' };

/** Writes to another database of this site; returns why it could not, or null. */
function writesElsewhere(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const request = indexedDB.open('elsewhere', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('rows');
    request.onerror = () => resolve(request.error.name);
    request.onsuccess = () => {
      const transaction = request.result.transaction('rows', 'readwrite', { durability: 'strict' });
      transaction.objectStore('rows').put(new Uint8Array(100), 'row');
      transaction.oncomplete = () => { request.result.close(); resolve(null); };
      transaction.onabort = () => { request.result.close(); resolve(transaction.error.name); };
    };
  }));
}

test('a full disk pauses the talk, and nothing is lost', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
  await amina.talk.write('Before the disk is full.');
  await expectSameNotes([amina, kaveh], ['Before the disk is full.']);
  const devtools = await amina.context.newCDPSession(amina.page);
  const origin = new URL(relay.url).origin;
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  // For half a minute Chromium believes what it was told before.
  await expect.poll(() => writesElsewhere(amina.page), { timeout: 60_000, intervals: [1_000] }).toBe('QuotaExceededError');
  await amina.talk.write('While the disk is full.');
  const banner = amina.page.getByText('The browser cannot write to its storage');
  await expect(banner).toBeVisible();
  // Neither shown as written nor sent.
  await expect(amina.talk.notes).toHaveCount(1);
  await expect(kaveh.talk.notes).toHaveCount(1);
  await kaveh.talk.write('From the other side.');

  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  await amina.page.getByRole('button', { name: 'Try again' }).click();
  await expect(banner).toHaveCount(0, { timeout: 60_000 });
  const written = ['Before the disk is full.', 'While the disk is full.', 'From the other side.'];
  await expectSameNotes([amina, kaveh], written);
  await amina.page.reload();
  await expectSameNotes([amina, kaveh], written);
});

test('a database that was deleted is noticed, open or not', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
  const devtools = await amina.context.newCDPSession(amina.page);
  const clear = () => devtools.send('Storage.clearDataForOrigin', {
    origin: new URL(relay.url).origin, storageTypes: 'indexeddb',
  });
  await clear();
  await amina.talk.write('After it was deleted.');
  await expect(amina.page.getByText('The browser has deleted what it kept')).toBeVisible();
  await expectSameNotes([amina, kaveh], ['After it was deleted.']);

  const kavehs = await kaveh.context.newCDPSession(kaveh.page);
  await kaveh.page.goto('about:blank');
  await kavehs.send('Storage.clearDataForOrigin', { origin: new URL(relay.url).origin, storageTypes: 'indexeddb' });
  await kaveh.page.goto(relay.url);
  await expect(kaveh.page.getByText('What this browser kept of your talks was deleted')).toBeVisible();
});

test('a store that cannot be read just now is not taken for none', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  await amina.talk.write('Still there.');
  await expect(amina.talk.notes).toHaveCount(1);
  await amina.context.addInitScript(() => {
    const { getAll } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.getAll = function () {
      if (!sessionStorage.getItem('readable')) throw new DOMException('disk', 'UnknownError');
      return getAll.call(this);
    };
  });
  await amina.page.reload();
  await expect(amina.page.getByRole('alert')).toContainText('could not read its storage');
  await amina.page.evaluate(() => sessionStorage.setItem('readable', 'yes'));
  await amina.page.getByRole('button', { name: 'Try again' }).click();
  await expect(amina.talk.notes).toHaveCount(1);
});

test('rows that were changed on the disk are not shown', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  await amina.talk.write('Whole.');
  await expect(amina.talk.notes).toHaveCount(1);
  await amina.page.evaluate(() => new Promise((resolve, reject) => {
    const request = indexedDB.open('nonpaper');
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const transaction = request.result.transaction('rows', 'readwrite');
      const rows = transaction.objectStore('rows');
      rows.getAllKeys().onsuccess = ({ target }) => {
        const key = target.result.at(-1);
        rows.get(key).onsuccess = ({ target: { result: value } }) => {
          value[value.length - 1] ^= 1;
          rows.put(value, key);
        };
      };
      transaction.oncomplete = () => { request.result.close(); resolve(); };
    };
  }));
  await amina.page.reload();
  await expect(amina.page.getByRole('alert')).toContainText('is not what this page wrote last');
});

test('a clock that is ten years off, either way, changes nothing', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
  const written = [];
  for (const years of [10, -10]) {
    await amina.page.goto('about:blank');
    await setClockFast(amina.context, years * 365.25 * 24 * 3600 * 1000);
    await amina.page.goto(relay.url);
    await amina.page.getByRole('link', { name: /Veshan/ }).click();
    await expect(amina.talk.connection).toContainText('Live');
    written.push(`Shifted by ${years} years.`);
    await amina.talk.write(written.at(-1));
    await expectSameNotes([amina, kaveh], written);
  }
});

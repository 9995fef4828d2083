import { readFile } from 'node:fs/promises';

import { expect, test } from '../product/fixtures.mjs';
import { PASSPHRASE, putStore, TALK } from '../product/kept_store.mjs';

const FILE = new URL('../../app/simulator/tests/kept/schema_1.store', import.meta.url);
const NOTES = [
  'Thank you both for coming to the table.',
  'با ترتیب پیشنهادی موافقیم.\n\nنخست ساعت کار گذرگاه.',
  'ہمیں ترتیب منظور ہے۔',
  'Then we begin with the hours 👍🏽',
];

for (const byBrowser of [false, true]) {
  test(`a store of an older build opens ${byBrowser ? 'under a key of the browser' : 'under its passphrase'}`, async ({ table, relay }) => {
    const leyla = await table.seat('Leyla');
    await putStore(leyla.page, relay.url, await readFile(FILE), { byBrowser });
    await leyla.page.goto(relay.url + TALK);
    if (!byBrowser) {
      await leyla.page.getByRole('textbox', { name: 'Passphrase', exact: true }).fill(PASSPHRASE);
      await leyla.page.getByRole('button', { name: 'Unlock', exact: true }).click();
    }
    await expect(leyla.talk.notes).toHaveCount(NOTES.length);
    expect(await leyla.talk.order(NOTES)).toEqual([0, 1, 2, 3]);
    await leyla.talk.write('And on it goes.');
    await expect(leyla.talk.notes).toHaveCount(NOTES.length + 1);
  });
}

import { expect, test } from '../product/fixtures.mjs';

const AMINA = { title: 'Transit at the Veshan crossing', name: 'Amina Farouk', party: 'Mediation office' };

test('nothing is kept where that was chosen, and the page says so all the time', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Nothing is kept' });
  await expect(amina.talk.composer).toBeVisible();
  await expect(amina.page.getByText('Nothing is kept here')).toBeVisible();
  await amina.talk.write('Gone with the tab.');
  await expect(amina.talk.notes).toHaveCount(1);
  const left = () => amina.page.evaluate(async () => ({
    databases: await indexedDB.databases(), remembered: localStorage.length + sessionStorage.length,
  }));
  expect(await left()).toEqual({ databases: [], remembered: 0 });

  amina.page.on('dialog', (dialog) => dialog.accept());
  await amina.page.reload();
  await expect(amina.page.getByText('This browser does not have that talk.')).toBeVisible();
  expect(await left()).toEqual({ databases: [], remembered: 0 });
});

test('a browser without storage keeps nothing, and the page says so', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  await amina.context.addInitScript(() => {
    Object.defineProperty(globalThis, 'indexedDB', {
      value: { open() { throw new DOMException('denied', 'SecurityError'); } },
    });
  });
  await amina.start.open(relay.url);
  await expect(amina.page.getByText('This browser offers no storage here')).toBeVisible();
  await amina.start.openTalk(AMINA);
  await expect(amina.talk.composer).toBeVisible();
  await expect(amina.page.getByText('This browser offers no storage here')).toBeVisible();
  await amina.talk.write('In memory only.');
  await expect(amina.talk.notes).toHaveCount(1);
});

import { expect, test } from '../product/fixtures.mjs';

const AMINA = { title: 'Transit', name: 'Amina Farouk', party: 'Mediation office' };

/** Counts the fields of a page that text goes into, and expects none to be open to a spell checker. */
async function expectNoneChecked(page) {
  const fields = page.locator('textarea, input:not([type=radio], [type=file])');
  expect(await fields.evaluateAll((all) => all.filter(({ spellcheck }) => spellcheck).map(({ id }) => id))).toEqual([]);
  return fields.count();
}

test('no field offers what is typed to a spell checker', async ({ table, relay }) => {
  const amina = await table.seat(AMINA.name);
  await amina.start.open(relay.url);
  await amina.start.openTalk({ ...AMINA, keep: 'Passphrase', passphrase: 'too short' });
  expect(await expectNoneChecked(amina.page)).toBe(6);
  await amina.start.typePassphrase('nine quiet herons over the delta');
  await amina.start.openButton.click();
  await amina.ways.readCode();
  expect(await expectNoneChecked(amina.page)).toBe(1);
  await amina.ways.writeDown();
  await amina.talk.openInvitation();
  expect(await expectNoneChecked(amina.page)).toBe(2);
});

import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes, Seat } from '../product/table.mjs';

const AMINA = { name: 'Amina Farouk', party: 'Mediation office' };
const KAVEH = { name: 'Kaveh Moradi', party: 'Delegation of Arvandan' };

test('a second tab says so, and takes over cleanly when asked', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
  await amina.talk.write('From the first tab.');
  await expectSameNotes([amina, kaveh], ['From the first tab.']);

  const page = await amina.context.newPage();
  await page.goto(amina.page.url());
  const heading = page.getByRole('heading', { name: 'Open in another tab' });
  await expect(heading).toBeVisible();
  await amina.talk.write('Still from the first tab.');

  await page.getByRole('button', { name: 'Use here' }).click();
  const second = new Seat(AMINA.name, 'second', amina.context, page);
  await expect(second.talk.composer).toBeVisible();
  await expect(amina.page.getByRole('heading', { name: 'Open in another tab' })).toBeVisible();
  await second.talk.write('From the second tab.');
  const written = ['From the first tab.', 'Still from the first tab.', 'From the second tab.'];
  await expectSameNotes([second, kaveh], written);

  // And back again.
  await amina.page.getByRole('button', { name: 'Use here' }).click();
  await expect(heading).toBeVisible();
  await amina.talk.write('Back in the first.');
  await expectSameNotes([amina, kaveh], [...written, 'Back in the first.']);
  await expect(amina.talk.warnings).toHaveCount(0);
});

import { expect, test } from '../product/fixtures.mjs';
import { expectHeldByAll, expectSameNotes } from '../product/table.mjs';

const AMINA = { name: 'Amina Farouk', party: 'Mediation office' };
const KAVEH = { name: 'Kaveh Moradi', party: 'Delegation of Arvandan' };

test('a talk is here again after a reload, with what came meanwhile, and goes on', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  const kaveh = await table.welcome(amina, { ...KAVEH, role: 'Head' });
  const written = ['Before anybody reloads.'];
  await amina.talk.write(written[0]);
  await expectSameNotes([amina, kaveh], written);

  for (const [gone, stays] of [[amina, kaveh], [kaveh, amina]]) {
    await gone.page.goto('about:blank');
    written.push(`Written while ${gone.name} was away.`);
    await stays.talk.write(written.at(-1));
    await gone.page.goBack();
    await expect(gone.talk.composer).toBeVisible();
    await expect(gone.talk.connection).toContainText('Live');
    written.push(`${gone.name} is back.`);
    await gone.talk.write(written.at(-1));
    await expectSameNotes([amina, kaveh], written);
  }
  await expectHeldByAll([amina, kaveh], 2);

  // Also without the address of the talk, from the start page.
  await amina.page.goto(relay.url);
  await amina.page.getByRole('link', { name: 'Transit at the Veshan crossing' }).click();
  await expectSameNotes([amina, kaveh], written);
  await expect(amina.talk.warnings).toHaveCount(0);
});

test('the door survives a reload on either side', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  const link = await amina.talk.invite({ role: 'Head' });
  const kaveh = await table.knock(link, KAVEH);
  await expect(kaveh.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);

  await kaveh.page.reload();
  await expect(kaveh.join.waiting).toBeVisible();
  await amina.page.reload();
  await expect(amina.talk.knock(KAVEH.name)).toBeVisible();
  await table.admit(amina, kaveh);
  await kaveh.talk.write('I am in.');
  await expectSameNotes([amina, kaveh], ['I am in.']);
});

test('a seat that leaves the start page by the address of a talk it does not have is told so', async ({ table, relay }) => {
  const amina = await table.open(relay.url, AMINA);
  await amina.page.goto(`${relay.url}#/talk/00000001`);
  await expect(amina.page.getByText('This browser does not have that talk.')).toBeVisible();
});

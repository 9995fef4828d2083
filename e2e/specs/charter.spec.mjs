// The charter: chosen at the start, told at the door, signed on entering, changed by every party, and the end of the talk.

import { expect, test } from '../product/fixtures.mjs';
import { setClockFast } from '../product/table.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };
const MONTH = 'every page deletes its copy after 30 days';
const CHOOSE_MONTH = 'Every page deletes its copy after 30 days';
const CHOOSE_OFF = 'Off the record: hidden at once, deleted within a week';

function notices(seat) {
  return seat.page.getByRole('region', { name: 'Charter' }).getByRole('listitem');
}

async function unfolded(seat) {
  const charter = seat.page.locator('details.rules').filter({ has: seat.page.locator('summary', { hasText: /^Charter$/ }) });
  await charter.evaluate((details) => { details.open = true; });
  return charter;
}

async function proposes(seat, copies) {
  await (await unfolded(seat)).getByRole('button', { name: 'Change the charter' }).click();
  const dialog = seat.page.getByRole('dialog', { name: 'Change the charter' });
  await dialog.getByRole('combobox', { name: 'When the talk has ended' }).selectOption({ label: copies });
  await dialog.getByRole('button', { name: 'Propose it' }).click();
  await expect(dialog).toBeHidden();
}

async function ends(seat) {
  await (await unfolded(seat)).getByRole('button', { name: 'End this talk' }).click();
  await seat.page.getByRole('dialog', { name: 'End this talk?' }).getByRole('button', { name: /End it|Ask to end it/ }).click();
}

async function threeParties(table, url) {
  const noor = await table.open(url, NOOR);
  const ines = await table.welcome(noor, INES);
  const bilal = await table.welcome(noor, BILAL);
  return { noor, ines, bilal };
}

test('who comes in is told what it signs, and has signed it', async ({ table, relay }) => {
  const noor = await table.seat(NOOR.name);
  await noor.start.open(relay.url);
  await noor.start.openTalk({ title: 'Transit', ...NOOR, copies: CHOOSE_MONTH });
  await expect(noor.talk.composer).toBeVisible();
  const ines = await table.knock(await noor.talk.invite(), INES);
  await expect(ines.page.getByText('When you are let in, you sign the charter:')).toBeVisible();
  await expect(ines.page.getByText(`When the talk has ended, ${MONTH}.`)).toBeVisible();
  await table.admit(noor, ines);
  await expect(await unfolded(ines)).toContainText(MONTH);
  await expect(notices(ines)).toHaveCount(0);
});

test('the charter changes when a head of each party has signed, and everybody sees who is awaited', async ({ table, relay }) => {
  const { noor, ines, bilal } = await threeParties(table, relay.url);
  await proposes(noor, CHOOSE_MONTH);
  await expect(notices(noor)).toContainText('You propose to change the charter');
  await expect(notices(ines)).toContainText(`${NOOR.name} proposes to change the charter: when the talk has ended, ${MONTH}; people who join later`);
  await expect(notices(ines)).toContainText(`Not signed yet by ${INES.party} and ${BILAL.party}.`);
  await notices(ines).getByRole('button', { name: 'Sign the change' }).click();
  await expect(notices(ines).getByRole('button')).toHaveCount(0);
  await expect(notices(noor)).toContainText(`Not signed yet by ${BILAL.party}.`);
  await expect(await unfolded(noor)).toContainText('everybody keeps their copy');
  await notices(bilal).getByRole('button', { name: 'Sign the change' }).click();
  for (const seat of [noor, ines, bilal]) {
    await expect(notices(seat)).toHaveCount(0);
    await expect(await unfolded(seat)).toContainText(MONTH);
  }
});

test('a talk that has ended is read until its time, then every page deletes its copy', async ({ table, relay }) => {
  const noor = await table.open(relay.url, { ...NOOR, copies: CHOOSE_MONTH });
  const ines = await table.welcome(noor, INES);
  await ines.talk.write('Agreed in substance.');
  await expect(noor.talk.notes).toHaveCount(1);
  await noor.talk.openSideRoom('Shuttle', [INES.name]);
  await noor.talk.write('Between us.');
  await noor.talk.goTo('Plenary');
  await ends(noor);
  for (const seat of [noor, ines]) {
    await expect(seat.page.getByText(`${NOOR.name} has ended this talk.`)).toBeVisible();
    await expect(seat.talk.notes).toHaveCount(1);
    await expect(seat.talk.composer).toHaveCount(0);
    await expect(seat.talk.inviteButton).toHaveCount(0);
  }
  await noor.talk.goTo('Shuttle');
  await expect(noor.page.getByText('has ended this talk')).toBeVisible();
  await expect(noor.talk.composer).toHaveCount(0);

  await ines.page.reload();
  await expect(ines.talk.notes).toHaveCount(1);
  await setClockFast(ines.context, 31 * 24 * 60 * 60 * 1000);
  await ines.page.reload();
  await expect(ines.page.getByText('Your copy is deleted from this browser')).toBeVisible();
  await ines.page.reload();
  await expect(ines.page.getByText('This browser does not have that talk.')).toBeVisible();
  await expect(noor.talk.log).toBeVisible();
});

test('what was off the record is gone from every page at the end', async ({ table, relay }) => {
  const noor = await table.open(relay.url, { ...NOOR, copies: CHOOSE_OFF });
  const ines = await table.welcome(noor, INES);
  await ines.talk.write('Not for the minutes.');
  await expect(noor.talk.notes).toHaveCount(1);
  await ines.page.emulateMedia({ media: 'print' });
  await expect(ines.page.getByText('Not for the minutes.')).toBeHidden();
  await ines.page.emulateMedia({ media: 'screen' });
  await expect(ines.page.getByText('Not for the minutes.')).toBeVisible();

  await ines.context.setOffline(true);
  await ends(noor);
  await expect(noor.page.getByText('Not for the minutes.')).toHaveCount(0);
  await expect(noor.page.getByText('It was off the record')).toBeVisible();
  await ines.context.setOffline(false);
  for (const seat of [noor, ines]) {
    await expect(seat.page.getByText('Your copy is deleted from this browser')).toBeVisible({ timeout: 60_000 });
    await seat.page.reload();
    await expect(seat.page.getByText('This browser does not have that talk.')).toBeVisible();
  }
});

test('heads of two parties end a talk, one of them alone does not; who wants to delete its copy can', async ({ table, relay }) => {
  const { noor, ines, bilal } = await threeParties(table, relay.url);
  await ends(ines);
  for (const seat of [noor, bilal]) await expect(notices(seat)).toContainText(`${INES.name} wants this talk to end.`);
  await bilal.talk.write('One more word.');
  await expect(ines.talk.notes).toHaveCount(1);
  await ends(bilal);
  await expect(noor.page.getByText(`${INES.name} and ${BILAL.name} have ended this talk.`)).toBeVisible();
  await noor.page.getByText('Delete my copy').click();
  await noor.page.getByRole('button', { name: 'Delete it', exact: true }).click();
  await expect(noor.page.getByRole('heading', { name: 'The talk has ended' })).toBeVisible();
  await noor.page.getByRole('button', { name: 'Back to the start page' }).click();
  await expect(noor.start.startButton).toBeVisible();
  await expect(ines.talk.notes).toHaveCount(1);
});

// Side rooms: only those called read what is written there, and nothing goes from room to room by itself.

import { expect, test } from '../product/fixtures.mjs';
import { expectHeldByAll, expectSameNotes } from '../product/table.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };
const OMID = { name: 'Omid Rahmani', party: 'Observers', role: 'Observer' };

test('the mediator opens a room with one side; the other side sees neither notes nor room', async ({ table, relay }) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const bilal = await table.welcome(noor, BILAL);
  await noor.talk.write('For everybody.');
  await expectSameNotes([noor, ines, bilal], ['For everybody.']);
  await noor.talk.composer.fill('A draft for the plenary');

  await noor.talk.openSideRoom('Shuttle with Arvandan', [INES.name]);
  await expect(noor.talk.composer).toHaveValue('');
  await expect(ines.talk.rooms.getByRole('link')).toHaveCount(2);
  await ines.talk.goTo('Shuttle with Arvandan');
  await expect(ines.page.getByText('can read this: 2 seats')).toContainText(NOOR.name);
  await expect(ines.talk.seat(NOOR.name)).toContainText('Confirmed by your link');
  await expect(noor.talk.seat(INES.name)).toContainText('Confirmed by you');
  await noor.talk.write('What would you accept?');
  await ines.talk.write('Ninety days.');
  await expectSameNotes([noor, ines], ['What would you accept?', 'Ninety days.']);
  await expectHeldByAll([noor, ines], 2);

  // Back in the plenary the draft stands where it was, and what is new elsewhere is counted.
  await ines.talk.goTo('Plenary');
  await expectSameNotes([ines, bilal], ['For everybody.']);
  await noor.talk.write('Take your time.');
  await expect(ines.talk.rooms.getByRole('link', { name: 'Shuttle with Arvandan' })).toContainText('1 unread note');
  await noor.talk.goTo('Plenary');
  await expect(noor.talk.composer).toHaveValue('A draft for the plenary');
  await expect(bilal.talk.rooms.getByRole('link')).toHaveCount(1);
  const shown = await bilal.page.locator('body').textContent();
  for (const secret of ['Ninety days', 'Shuttle', 'What would you accept']) expect(shown).not.toContain(secret);
});

test('a room waits for who is away, is there again after a reload, and observers are not called', async ({ table, tap }) => {
  const noor = await table.open(tap.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const link = await noor.talk.invite({ role: OMID.role });
  const omid = await table.knock(link, OMID);
  await expect(omid.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
  await noor.talk.admit(OMID.name);
  await expect(omid.talk.seat(NOOR.name)).toBeVisible();
  await expect(omid.page.getByRole('button', { name: 'New side room' })).toHaveCount(0);

  tap.cut(ines.agent);
  await expect(ines.talk.connection).not.toContainText('Live');
  await noor.page.getByRole('button', { name: 'New side room', exact: true }).click();
  await expect(noor.page.getByRole('checkbox')).toHaveCount(1);
  await noor.page.keyboard.press('Escape');
  await noor.talk.openSideRoom('Aside', [INES.name], { away: true });
  await noor.talk.write('Before you came.');
  await noor.page.reload();
  await expect(noor.talk.note('Before you came.')).toBeVisible();
  tap.mend(ines.agent);
  await expect(ines.talk.rooms.getByRole('link', { name: 'Aside' })).toBeVisible({ timeout: 45_000 });
  await ines.talk.goTo('Aside');
  await ines.page.reload();
  await expect(ines.talk.rooms.getByRole('link')).toHaveCount(2);
  await ines.talk.write('I am here.');
  await expect(noor.talk.note('I am here.')).toBeVisible();
});

test('whoever is removed from the talk is removed from its side rooms', async ({ table, relay }) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const bilal = await table.welcome(noor, BILAL);
  await noor.talk.openSideRoom('All three of us', [INES.name, BILAL.name]);
  for (const seat of [ines, bilal]) await seat.talk.goTo('All three of us');
  await expect(noor.talk.seats).toHaveCount(3);
  await noor.talk.goTo('Plenary');
  await noor.talk.remove(BILAL.name);
  await expect(bilal.talk.gone).toBeVisible();
  await expect(ines.talk.seats).toHaveCount(2);
  await ines.talk.write('Without him.');
  await noor.talk.goTo('All three of us');
  await expect(noor.talk.note('Without him.')).toBeVisible();
});

test('on a phone the button of the rooms tells of unread notes in another one', async ({ table, relay }) => {
  const noor = await table.open(relay.url, { name: 'Noor Haddad', party: 'Mediation office' });
  const ines = await table.welcome(noor, { name: 'Ines Okoye', party: 'Arvandan', viewport: { width: 390, height: 844 } });
  await noor.talk.openSideRoom('Shuttle', ['Ines Okoye']);
  await noor.talk.write('Between us.');
  const rooms = ines.page.getByRole('button', { name: /^Rooms/ });
  await expect(rooms).toHaveAccessibleName(/1 unread/);
  await rooms.click();
  await ines.talk.rooms.getByRole('link', { name: 'Shuttle' }).click();
  await expect(ines.talk.note('Between us.')).toBeVisible();
  await expect(rooms).toHaveAccessibleName('Rooms');
});

// Where two sides must agree, nobody comes in, or goes, by the word of one party.

import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };
const LEILA = { name: 'Leila Farsi', party: 'Delegation of Arvandan' };

async function openedByNoor(table, url) {
  const noor = await table.open(url, { ...NOOR, whoAdmits: 'Two sides must agree' });
  const ines = await table.welcome(noor, INES);
  return { noor, ines };
}

test('a second party comes in once the first has agreed; both doors say who is awaited', async ({ table, relay }) => {
  const { noor, ines } = await openedByNoor(table, relay.url);
  const bilal = await table.knock(await noor.talk.invite(), BILAL);
  await expect(bilal.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
  await noor.talk.admit(BILAL.name);

  await expect(noor.talk.knock(BILAL.name)).toContainText(`A second party has to agree too: ${INES.name}`);
  await expect(noor.page.getByRole('button', { name: /^Agree to / })).toHaveCount(0);
  await expect(ines.talk.knock(BILAL.name)).toContainText(`${NOOR.name} has compared the door digits with ${BILAL.name}`);
  await expect(bilal.join.waiting).toContainText('Waiting to be admitted');
  await ines.talk.agreeTo(BILAL.name);

  await expect(bilal.talk.composer).toBeVisible();
  for (const seat of [noor, ines, bilal]) await expect(seat.talk.seats).toHaveCount(3);
  await expect(ines.talk.knocks).toHaveCount(0);
  await expect(noor.talk.knocks).toHaveCount(0);
  await bilal.talk.write('All three of us.');
  await expectSameNotes([noor, ines, bilal], ['All three of us.']);
});

test('a head lets an adviser of its own party in with a second key, and the offer is gone when it is taken back', async ({ table, relay }) => {
  const { noor, ines } = await openedByNoor(table, relay.url);
  const bilal = await table.knock(await noor.talk.invite(), BILAL);
  await table.admit(noor, bilal, ines);

  await ines.talk.openInvitation();
  const party = ines.talk.invitation.getByRole('combobox', { name: 'Party' });
  await expect(party.getByRole('option')).toHaveText([INES.party]);
  const link = await ines.talk.invitationLink();
  await ines.talk.closeInvitation();
  const leila = await table.knock(link, LEILA);
  await expect(leila.join.doorDigits).toHaveText(/\d{4} \d{4} \d{4}/);
  await ines.talk.admit(LEILA.name);
  await expect(bilal.talk.knock(LEILA.name)).toContainText('adviser');
  await ines.talk.decline(LEILA.name);
  await expect(leila.page.getByText('declined')).toBeVisible();
  for (const seat of [noor, bilal, ines]) await expect(seat.talk.knocks).toHaveCount(0);

  const again = await table.knock(await ines.talk.invite(), LEILA);
  await table.admit(ines, again, bilal);
  await expect(noor.talk.seat(LEILA.name)).toContainText('Adviser');
});

test('a seat of another party goes only when a second party asks for it too', async ({ table, relay }) => {
  const { noor, ines } = await openedByNoor(table, relay.url);
  const bilal = await table.knock(await noor.talk.invite(), BILAL);
  await table.admit(noor, bilal, ines);

  await noor.talk.remove(BILAL.name);
  await expect(noor.talk.seat(BILAL.name)).toContainText('You asked for this seat to be taken away');
  await expect(ines.talk.seat(BILAL.name)).toContainText(`${NOOR.name} asks for this seat to be taken away`);
  await bilal.talk.write('Still at the table.');
  await expectSameNotes([noor, ines, bilal], ['Still at the table.']);

  await ines.talk.remove(BILAL.name);
  await expect(bilal.talk.gone).toBeVisible();
  for (const seat of [noor, ines]) await expect(seat.talk.seats).toHaveCount(2);
});

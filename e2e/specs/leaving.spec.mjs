import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };

test('who leaves keeps what was there, gets nothing more, and the others go on', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const ines = await table.welcome(mediator, INES);
  const bilal = await table.welcome(mediator, BILAL);
  await ines.talk.write('Good morning.');
  await expectSameNotes([mediator, ines, bilal], ['Good morning.']);

  const leave = ines.page.getByRole('button', { name: 'Leave this talk', exact: true });
  await leave.click();
  const dialog = ines.page.getByRole('dialog', { name: 'Leave this talk?' });
  await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(ines.talk.composer).toBeVisible();

  await ines.talk.leave();
  await expect(ines.talk.gone).toContainText('you left the talk');
  await expect(ines.talk.composer).toHaveCount(0);
  await expect(leave).toHaveCount(0);
  for (const seat of [mediator, bilal]) {
    await expect(seat.talk.seats).toHaveCount(2);
    await expect(seat.page.getByText('can read this: 2 seats')).toBeVisible();
  }
  await bilal.talk.write('She has left.');
  await expectSameNotes([mediator, bilal], ['Good morning.', 'She has left.']);
  await expectSameNotes([ines], ['Good morning.']);
  await expect(bilal.talk.note('Good morning.')).toContainText(INES.name);

  // The way back is a new invitation, and a new seat.
  const again = await table.welcome(mediator, INES);
  await again.talk.write('Back again.');
  await expectSameNotes([mediator, bilal], ['Good morning.', 'She has left.', 'Back again.']);
  await expectSameNotes([again], ['Back again.']);
});

test('a convener who leaves shuts the door, and the others go on', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const ines = await table.welcome(mediator, INES);
  const bilal = await table.welcome(mediator, BILAL);
  const link = await mediator.talk.invite();
  const waiting = await table.knock(link, { name: 'Tomas Lind', party: 'Observers of the Union' });
  await expect(mediator.talk.digitsOf('Tomas Lind')).toBeVisible();

  await mediator.talk.leave();
  await expect(mediator.talk.gone).toBeVisible();
  await expect(mediator.talk.inviteButton).toHaveCount(0);
  await expect(mediator.talk.knocks).toHaveCount(0);
  await expect(waiting.page.getByRole('heading', { name: 'You were not let in' })).toBeVisible();
  const late = await table.knock(link, { name: 'Late Comer', party: 'Observers of the Union' });
  await expect(late.page.getByRole('heading', { name: 'You were not let in' })).toBeVisible();

  for (const seat of [ines, bilal]) await expect(seat.talk.seats).toHaveCount(2);
  await ines.talk.write('We go on without the chair.');
  await expectSameNotes([ines, bilal], ['We go on without the chair.']);
  await expect(mediator.talk.notes).toHaveCount(0);
});

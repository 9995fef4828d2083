import { expect, test } from '../product/fixtures.mjs';
import { expectHeldByAll, expectSameNotes } from '../product/table.mjs';
import { english } from '../texts/negotiation.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };

test('the convener removes a head: that page says so and gets nothing more, the others go on', async ({ table, tap }) => {
  const mediator = await table.open(tap.url, NOOR);
  const ines = await table.welcome(mediator, INES);
  const bilal = await table.welcome(mediator, BILAL);
  const before = ['Everybody is here.', english[0]];
  await mediator.talk.write(before[0]);
  await bilal.talk.write(before[1]);
  await expectSameNotes([mediator, ines, bilal], before);
  // Only who may is offered to: a head, with another one, the convener.
  await expect(ines.page.getByRole('button', { name: /^Remove / })).toHaveCount(1);
  await expect(ines.page.getByRole('button', { name: `Remove ${NOOR.name}`, exact: true })).toBeVisible();
  await bilal.talk.composer.fill('What I was about to say');

  await mediator.talk.remove(BILAL.name);
  await expect(bilal.talk.gone).toBeVisible({ timeout: 5_000 });
  await expect(bilal.talk.gone).toContainText(NOOR.name);
  await expect(bilal.talk.composer).toHaveCount(0);
  await bilal.page.getByText('What you were writing').click();
  await expect(bilal.page.getByText('What I was about to say')).toBeVisible();
  for (const seat of [mediator, ines]) {
    await expect(seat.talk.seats).toHaveCount(2);
    await expect(seat.talk.seat(BILAL.name)).toHaveCount(0);
    await expect(seat.page.getByText('can read this: 2 seats')).toBeVisible();
  }

  const after = ['Now that we are two.', 'The reserve price is ninety.'];
  await mediator.talk.write(after[0]);
  await ines.talk.write(after[1]);
  await expectSameNotes([mediator, ines], [...before, ...after]);
  await expectHeldByAll([mediator, ines], 2);
  for (const seat of [mediator, ines]) {
    await expect(seat.talk.note(english[0].slice(0, 40))).toContainText(BILAL.name);
  }

  // Not by asking again on a new connection either.
  tap.cut(bilal.agent);
  await expect(bilal.talk.connection).not.toContainText('Live');
  tap.mend(bilal.agent);
  await expect(bilal.talk.connection).toContainText('Live', { timeout: 45_000 });
  const last = 'One more between us.';
  await ines.talk.write(last);
  await expectSameNotes([mediator, ines], [...before, ...after, last]);
  await expect(bilal.talk.gone).toBeVisible();
  await expectSameNotes([bilal], before);
  const shown = await bilal.page.locator('body').textContent();
  for (const note of [...after, last]) expect(shown).not.toContain(note);
});

test('who was away when the seat was taken is told on coming back, and that a note of meanwhile was not taken', async ({ table, tap }) => {
  const mediator = await table.open(tap.url, NOOR);
  const ines = await table.welcome(mediator, INES);
  const bilal = await table.welcome(mediator, BILAL);
  tap.cut(bilal.agent);
  await expect(bilal.talk.connection).not.toContainText('Live');
  await mediator.talk.remove(BILAL.name);
  await expect(ines.talk.seats).toHaveCount(2);
  await bilal.talk.write('I do not know yet.');
  await mediator.talk.write('Without Bilal.');
  await expectSameNotes([mediator, ines], ['Without Bilal.']);

  tap.mend(bilal.agent);
  await expect(bilal.talk.gone).toBeVisible({ timeout: 45_000 });
  await expect(bilal.page.getByText('1 note you wrote after that is not taken by the others.')).toBeVisible();
  await expectSameNotes([bilal], ['I do not know yet.']);
  await expectSameNotes([mediator, ines], ['Without Bilal.']);
});

test('while the keys cannot change yet, the page says that the removed seat would still read', async ({ table, tap }) => {
  const mediator = await table.open(tap.url, NOOR);
  const ines = await table.welcome(mediator, INES);
  const bilal = await table.welcome(mediator, BILAL);
  tap.cut(mediator.agent);
  await expect(mediator.talk.connection).not.toContainText('Live');
  await mediator.talk.remove(BILAL.name);
  const warning = mediator.page.getByText(`${BILAL.name} can still read what you write until the keys have changed.`);
  await expect(warning).toBeVisible();
  await expect(mediator.page.getByText('can read this: 3 seats')).toBeVisible();
  await expect(bilal.talk.composer).toBeVisible();

  tap.mend(mediator.agent);
  await expect(bilal.talk.gone).toBeVisible({ timeout: 45_000 });
  for (const seat of [mediator, ines]) await expect(seat.page.getByText('can read this: 2 seats')).toBeVisible();
  await expect(warning).toHaveCount(0);
});

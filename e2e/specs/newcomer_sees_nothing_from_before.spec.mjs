import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';

test('a newcomer sees who is there, is told that earlier notes stay hidden, and reads what follows', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, { name: 'Noor Haddad', party: 'Mediation office' });
  const ines = await table.welcome(mediator, { name: 'Ines Okoye', party: 'Delegation of Arvandan' });
  const before = ['The reserve price is ninety.', 'Ninety it is, between us.', 'The third side must not learn of it.'];
  for (const note of before) await mediator.talk.write(note);
  await expectSameNotes([mediator, ines], before);

  const link = await mediator.talk.invite();
  const tomas = await table.seat('Tomas Lind');
  await tomas.page.goto(link);
  await expect(tomas.page.getByText('Notes written before you join are not shown to you')).toBeVisible();
  await tomas.join.ask({ name: 'Tomas Lind', party: 'Observers of the Union' });
  await table.admit(mediator, tomas);

  await expect(tomas.talk.seats).toHaveCount(3);
  for (const name of ['Noor Haddad', 'Ines Okoye', 'Tomas Lind']) await expect(tomas.talk.seat(name)).toBeVisible();
  await expect(tomas.page.getByText(/entr(y|ies) from before you joined/)).toBeVisible();

  const after = ['Welcome, Tomas.', 'Let us begin with the opening hours.'];
  for (const note of after) await ines.talk.write(note);
  await expectSameNotes([tomas], after);
  await expectSameNotes([mediator, ines], [...before, ...after]);
  const shown = await tomas.page.locator('body').textContent();
  for (const note of before) expect(shown).not.toContain(note);
});

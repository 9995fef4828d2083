// From room to room a note goes only as far as its author lets, and what leaves is shown before it does.

import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';
import { farsi } from '../texts/negotiation.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };

test('the mediator carries to the plenary what its author lets, in substance or word for word', async ({ table, relay }) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const bilal = await table.welcome(noor, BILAL);
  await expect(noor.talk.release).toHaveCount(0);
  await noor.talk.openSideRoom('Shuttle', [INES.name]);
  await ines.talk.goTo('Shuttle');

  await ines.talk.write('Our ceiling is ninety days.');
  await ines.talk.write('We could live with an inspection.', { release: 'to be conveyed in substance' });
  await ines.talk.write(farsi[0], { release: 'to be shown word for word' });
  await expect(ines.talk.release).toHaveValue('0');
  await expectSameNotes([noor, ines], ['Our ceiling is ninety days.', 'We could live with an inspection.', farsi[0]]);

  // For this room only: the reader is offered nothing, its author may do as it likes.
  await expect(noor.talk.note('Our ceiling is ninety days.').getByRole('button', { name: 'Convey' })).toHaveCount(0);
  await expect(ines.talk.note('Our ceiling is ninety days.').getByRole('button', { name: 'Convey' })).toBeVisible();

  const dialog = await noor.talk.startsToConvey('We could live with an inspection.');
  await expect(dialog.getByRole('radio', { name: 'Word for word' })).toHaveCount(0);
  await expect(dialog.getByText('can read this: 3 seats')).toBeVisible();
  await dialog.getByRole('button', { name: 'Convey it' }).click();
  await expect(dialog.getByRole('alert')).toContainText('what is to be known');
  await dialog.getByRole('textbox', { name: 'In my words' }).fill('One side would not rule out an inspection.');
  await dialog.getByRole('button', { name: 'Convey it' }).click();
  await expect(noor.page.getByRole('heading', { level: 1, name: 'Transit at the Veshan crossing' })).toBeVisible();
  const conveyed = bilal.talk.note('One side would not rule out an inspection.');
  await expect(conveyed).toContainText('Conveyed from another room');
  await expect(conveyed).toContainText(NOOR.name);

  await noor.talk.goTo('Shuttle');
  const shown = await noor.talk.startsToConvey(farsi[0]);
  await shown.getByRole('radio', { name: 'Word for word' }).check();
  await expect(shown.getByRole('region', { name: 'This is what leaves' })).toContainText(`${INES.name} wrote this in another room`);
  await shown.getByRole('button', { name: 'Convey it' }).click();
  await expect(bilal.talk.note(farsi[0])).toContainText(`${INES.name} wrote this in another room`);
  await expect(bilal.talk.notes).toHaveCount(2);
  const everything = await bilal.page.locator('body').textContent();
  for (const secret of ['Shuttle', 'ninety days', 'We could live']) expect(everything).not.toContain(secret);
  await expect(bilal.talk.note(farsi[0]).getByRole('button', { name: 'Convey' })).toHaveCount(0);
});

test('a dialog that is closed conveys nothing, and what others allow ends with their note', async ({ table, relay }) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  await noor.talk.openSideRoom('Shuttle', [INES.name]);
  await ines.talk.goTo('Shuttle');
  await ines.talk.write('Word for word, if you must.', { release: 'to be shown word for word' });
  const dialog = await noor.talk.startsToConvey('Word for word, if you must.');
  await noor.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await noor.talk.goTo('Plenary');
  await expect(noor.talk.notes).toHaveCount(0);

  await noor.page.reload();
  await noor.talk.goTo('Shuttle');
  const again = await noor.talk.startsToConvey('Word for word, if you must.');
  await again.getByRole('radio', { name: 'Word for word' }).check();
  await again.getByRole('button', { name: 'Convey it' }).click();
  await expect(ines.talk.rooms.getByRole('link', { name: 'Plenary' })).toContainText('1 unread note');
  await ines.talk.goTo('Plenary');
  await expect(ines.talk.note('Word for word, if you must.')).not.toContainText('to be shown word for word');
});

// From the first link to the last removal: a mediator, two delegations, an adviser, an observer, on clocks an hour apart.

import { expect, test } from '../product/fixtures.mjs';
import { expectHeldByAll, expectSameNotes } from '../product/table.mjs';
import { english, farsi, urdu } from '../texts/negotiation.mjs';

const HOUR = 3_600_000;
const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const LEYLA = { name: 'لیلا رحیمی', party: 'هیئت آروندان', fast: HOUR };
const BILAL = { name: 'Bilal Qureshi', party: 'وفد سندھارا', fast: -HOUR };
const NASRIN = { name: 'نسرین کاظمی', party: 'هیئت آروندان' };
const OMID = { name: 'Omid Rahmani', party: 'Observers' };

test('five people meet, speak in side rooms, and part', async ({ table, relay }) => {
  test.setTimeout(240_000);
  const people = { mediator: NOOR, heads: [LEYLA, BILAL], adviser: NASRIN, observer: OMID };
  const { seats: everybody, took } = await table.fiveSitDown(relay.url, people);
  test.info().annotations.push({ type: 'from the link to the table', description: `${took} ms` });
  const [noor, leyla, bilal, nasrin, omid] = everybody;
  const plenary = [english[0], farsi[0], urdu[0]];
  for (const [seat, text] of [[noor, plenary[0]], [leyla, plenary[1]], [bilal, plenary[2]]]) await seat.talk.write(text);
  await expectSameNotes(everybody, plenary);
  await expectHeldByAll(everybody, 5);

  await noor.talk.openSideRoom('With Arvandan', [LEYLA.name]);
  await leyla.talk.goTo('With Arvandan');
  await noor.talk.write(english[1]);
  await leyla.talk.write(farsi[1]);
  await expectSameNotes([noor, leyla], [english[1], farsi[1]]);
  await leyla.talk.goTo('Plenary');
  await leyla.talk.openSideRoom('میان خودمان', [NASRIN.name]);
  await nasrin.talk.goTo('میان خودمان');
  await nasrin.talk.write('بین خودمان بماند.');
  await expectSameNotes([leyla, nasrin], ['بین خودمان بماند.']);
  await expect(bilal.talk.rooms.getByRole('link')).toHaveCount(1);
  await expect(omid.talk.rooms.getByRole('link')).toHaveCount(1);

  // What was copied among ourselves is not pasted elsewhere by accident.
  await leyla.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await leyla.talk.composer.fill('بین خودمان بماند.');
  await leyla.talk.composer.selectText();
  await leyla.page.keyboard.press('ControlOrMeta+x');
  await leyla.talk.goTo('Plenary');
  await leyla.talk.composer.focus();
  await leyla.page.keyboard.press('ControlOrMeta+v');
  const question = leyla.page.getByRole('alertdialog');
  await expect(question).toContainText('copied in another room, میان خودمان');
  await expect(leyla.talk.composer).toHaveValue('');
  await question.getByRole('button', { name: 'Do not paste' }).click();
  await leyla.page.keyboard.press('ControlOrMeta+v');
  await question.getByRole('button', { name: 'Paste it here' }).click();
  await expect(leyla.talk.composer).toHaveValue('بین خودمان بماند.');
  await leyla.talk.composer.fill('');

  // The observer goes: one side asks, another agrees. A head of its own party needs nobody.
  await noor.talk.goTo('Plenary');
  await noor.talk.remove(OMID.name);
  await expect(bilal.talk.seat(OMID.name)).toContainText(`${NOOR.name} asks for this seat to be taken away`);
  await bilal.talk.remove(OMID.name);
  await expect(omid.talk.gone).toBeVisible();
  await leyla.talk.remove(NASRIN.name);
  await expect(nasrin.page.getByText('You are no longer at this table').first()).toBeVisible();
  await nasrin.talk.goTo('Plenary');
  await expect(nasrin.talk.gone).toBeVisible();
  const last = 'Only the three of us now.';
  await bilal.talk.write(last);
  await expectSameNotes([noor, leyla, bilal], [...plenary, last]);
  for (const gone of [omid, nasrin]) {
    await expectSameNotes([gone], plenary);
  }
});

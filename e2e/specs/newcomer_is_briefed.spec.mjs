// Notes from before, given to somebody who came since, if the charter lets.

import { expect, test } from '../product/fixtures.mjs';
import { english, farsi, urdu } from '../texts/negotiation.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };

function briefButton(seat) {
  return seat.page.getByRole('button', { name: 'Brief newcomers' });
}

async function brief(seat, beginnings) {
  await briefButton(seat).click();
  const dialog = seat.page.getByRole('dialog', { name: 'Brief newcomers' });
  for (const beginning of beginnings) await dialog.getByRole('checkbox', { name: beginning }).check();
  await dialog.getByRole('button', { name: 'Give them' }).click();
  await expect(dialog).toBeHidden();
}

test('a newcomer reads the notes it is given, as their authors signed them, and nothing else', async ({ table, relay }) => {
  const noor = await table.open(relay.url, { ...NOOR, newcomers: 'Can be given notes from before' });
  const ines = await table.welcome(noor, INES);
  for (const text of [english[0], farsi[0], urdu[0]]) await ines.talk.write(text);
  await noor.talk.write('Between the two of us: they will not take the ninth.');
  await expect(noor.talk.notes).toHaveCount(4);

  const bilal = await table.knock(await noor.talk.invite(), BILAL);
  await expect(bilal.page.getByText('unless the convener or a head gives it to you')).toBeVisible();
  await table.admit(noor, bilal);
  await expect(bilal.talk.notes).toHaveCount(0);
  await brief(noor, [english[0].slice(0, 40), farsi[0].slice(0, 20)]);

  const received = bilal.talk.notes.filter({ hasText: 'Received by briefing from Noor Haddad' });
  await expect(received).toHaveCount(1);
  await expect(received.getByRole('figure')).toHaveCount(2);
  for (const [place, text] of [english[0], farsi[0]].entries()) {
    const note = received.getByRole('figure').nth(place);
    await expect(note).toContainText('Ines Okoye');
    await expect(note).toContainText('Delegation of Arvandan');
    expect(await note.locator('.body').textContent()).toBe(text);
  }
  await expect(bilal.page.locator('body')).not.toContainText('they will not take the ninth');
  await expect(ines.talk.notes.last()).toContainText('Gave 2 notes from before to those who came later');

  await bilal.page.reload();
  await expect(received.getByRole('figure')).toHaveCount(2);
  await expect(briefButton(bilal)).toHaveCount(0);
});

test('nothing is given before the charter lets, and an adviser gives nothing', async ({ table, relay }) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  const omid = await table.welcome(noor, { name: 'Omid Rahimi', party: 'Experts', role: 'Adviser' });
  await ines.talk.write('Before anybody else came.');
  await expect(omid.talk.notes).toHaveCount(1);
  await expect(briefButton(noor)).toHaveCount(0);

  const charter = noor.page.locator('details.rules').filter({ has: noor.page.locator('summary', { hasText: /^Charter$/ }) });
  await charter.evaluate((details) => { details.open = true; });
  await charter.getByRole('button', { name: 'Change the charter' }).click();
  const dialog = noor.page.getByRole('dialog', { name: 'Change the charter' });
  await dialog.getByRole('combobox', { name: 'People who join later' }).selectOption({ label: 'Can be given notes from before' });
  await dialog.getByRole('button', { name: 'Propose it' }).click();
  await expect(briefButton(noor)).toHaveCount(0);
  await ines.page.getByRole('button', { name: 'Sign the change' }).click();
  // What was written before stays with those who were there.
  await expect(ines.page.getByRole('button', { name: 'Sign the change' })).toHaveCount(0);
  await expect(briefButton(noor)).toHaveCount(0);
  await noor.talk.write('On the new terms.');
  await expect(briefButton(noor)).toBeVisible();
  await expect(briefButton(ines)).toBeVisible();
  await expect(briefButton(omid)).toHaveCount(0);
});

// A modified client does what its page would not: nobody takes any of it, the talk goes on, and people are told.

import { expect, test } from '../product/fixtures.mjs';
import { ModifiedClient } from '../product/modified_client.mjs';
import { expectHeldByAll, expectSameNotes } from '../product/table.mjs';

const HOUR = 3_600_000;
const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const LEYLA = { name: 'Leyla Rahimi', party: 'Delegation of Arvandan', fast: HOUR };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara', fast: -HOUR };
const NASRIN = { name: 'Nasrin Kazemi', party: 'Delegation of Arvandan' };
const OMID = { name: 'Omid Rahmani', party: 'Observers' };
const MALLORY = { name: 'Mallory', party: 'Observers' };

const DEEDS = ['note I have something to say', 'speak-as Noor I agree to everything', 'admit', 'remove Leyla', 'commit Bilal', 'hide Noor'];

test('an observer and a removed seat break every rule, and nothing comes of it', async ({ table, relay }) => {
  test.setTimeout(240_000);
  const people = { mediator: NOOR, heads: [LEYLA, BILAL], adviser: NASRIN, observer: OMID };
  const everybody = (await table.fiveSitDown(relay.url, people)).seats;
  const [noor, leyla, bilal, nasrin, omid] = everybody;

  const link = await noor.talk.invite({ party: OMID.party, role: 'Observer' });
  const mallory = new ModifiedClient(link, MALLORY);
  const digits = (await mallory.says('digits')).replace('digits ', '');
  await expect(noor.talk.digitsOf(MALLORY.name)).toHaveText(digits);
  await noor.talk.admit(MALLORY.name);
  await bilal.talk.agreeTo(MALLORY.name);
  await mallory.says('seated');
  for (const seat of everybody) await expect(seat.talk.seats).toHaveCount(6);
  await noor.talk.write('First.');
  await expectSameNotes(everybody, ['First.']);

  for (const deed of DEEDS) await mallory.does(deed);
  await leyla.talk.write('Second.');
  await expectSameNotes(everybody, ['First.', 'Second.']);
  await expectHeldByAll(everybody, 6);
  for (const seat of everybody) {
    await expect(seat.talk.seats).toHaveCount(6);
    await expect(seat.talk.warnings).toContainText('Mallory tried what this seat may not do');
  }

  await noor.talk.remove(MALLORY.name);
  await bilal.talk.remove(MALLORY.name);
  await mallory.says('removed');
  for (const seat of everybody) await expect(seat.talk.seats).toHaveCount(5);
  for (const deed of DEEDS) await mallory.does(deed);
  await nasrin.talk.write('Third.');
  await expectSameNotes(everybody, ['First.', 'Second.', 'Third.']);
  await expectHeldByAll(everybody, 5);
  for (const seat of everybody) {
    await expect(seat.talk.seats).toHaveCount(5);
    await expect(seat.talk.warnings).not.toContainText('Noor Haddad tried');
  }

  // The talk goes on: somebody else comes in, and a side room opens.
  await noor.talk.openSideRoom('Shuttle', [LEYLA.name]);
  await leyla.talk.goTo('Shuttle');
  await leyla.talk.write('Between us.');
  await expect(noor.talk.note('Between us.')).toBeVisible();
  mallory.close();
});

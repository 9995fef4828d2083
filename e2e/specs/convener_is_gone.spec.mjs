// The convener is gone for good: heads of two parties take its seat away and bring in another mediator.

import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };
const SALMA = { name: 'Salma Idris', party: 'Second mediation office' };

for (const whoAdmits of ['The convener', 'Two sides must agree']) {
  test(`heads go on without the convener, and bring in another mediator (${whoAdmits})`, async ({ table, tap }) => {
    const noor = await table.open(tap.url, { ...NOOR, whoAdmits });
    const ines = await table.welcome(noor, INES);
    const bilal = await table.knock(await noor.talk.invite(), BILAL);
    await table.admit(noor, bilal, whoAdmits === 'The convener' ? undefined : ines);
    await noor.talk.write('I shall be back on Monday.');
    await expectSameNotes([noor, ines, bilal], ['I shall be back on Monday.']);
    tap.cut(noor.agent);
    await noor.context.close();

    await ines.talk.remove(NOOR.name);
    await bilal.talk.remove(NOOR.name);
    for (const seat of [ines, bilal]) await expect(seat.talk.seats).toHaveCount(2);

    await ines.talk.openInvitation();
    await expect(ines.talk.invitation.getByText('The convener is gone.')).toBeVisible();
    await ines.talk.invitation.getByRole('combobox', { name: 'Party' }).selectOption({ label: 'A new party' });
    await ines.talk.invitation.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'Head' });
    const link = await ines.talk.invitationLink();
    await ines.talk.closeInvitation();
    const salma = await table.knock(link, SALMA);
    await expect(ines.talk.digitsOf(SALMA.name)).toHaveText(await salma.join.doorDigits.textContent());
    await ines.talk.admit(SALMA.name);
    await expect(salma.talk.composer).toHaveCount(0);
    await bilal.talk.agreeTo(SALMA.name);
    await expect(salma.talk.composer).toBeVisible();
    await salma.talk.write('Thank you for having me.');
    await expect(ines.talk.note('Thank you for having me.')).toBeVisible();
    await expect(bilal.talk.note('Thank you for having me.')).toBeVisible();
  });
}

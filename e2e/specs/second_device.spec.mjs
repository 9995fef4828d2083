// One person on two devices: two seats, admitted by oneself.

import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };

async function linkForOneself(seat) {
  await seat.page.getByRole('button', { name: 'Sit on another device too' }).click();
  await expect(seat.talk.invitation.getByText('Open this link on your other device')).toBeVisible();
  const link = await seat.talk.invitationLink();
  await seat.talk.closeInvitation();
  return link;
}

test('a mediator sits on a laptop and a phone, loses the laptop, and has it removed from the phone', async ({ table, relay }) => {
  const laptop = await table.open(relay.url, NOOR);
  const ines = await table.welcome(laptop, INES);
  const phone = await table.knock(await linkForOneself(laptop), { ...NOOR, viewport: { width: 390, height: 844 } });
  await expect(laptop.talk.knock(NOOR.name)).toContainText(`Somebody called ${NOOR.name} sits here already, or did.`);
  await expect(laptop.talk.digitsOf(NOOR.name)).toHaveText(await phone.join.doorDigits.textContent());
  await laptop.talk.admit(NOOR.name);
  await expect(phone.talk.composer).toBeVisible();
  await expect(laptop.talk.seats).toHaveCount(3);
  await expect(ines.talk.seat(NOOR.name)).toHaveCount(2);

  await phone.talk.write('From the train.');
  await laptop.talk.write('From the office.');
  await expectSameNotes([laptop, phone, ines], ['From the train.', 'From the office.']);

  // The laptop is stolen: its owner's phone and the other party take its seat away.
  await phone.page.getByRole('button', { name: 'Seats', exact: true }).click();
  await phone.talk.remove(NOOR.name);
  await ines.page.getByRole('button', { name: `Remove ${NOOR.name}`, exact: true }).first().click();
  const dialog = ines.page.getByRole('dialog', { name: `Remove ${NOOR.name}?` });
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(laptop.talk.gone).toBeVisible();
  await expect(phone.talk.connection).toContainText('Live');
  await expect(ines.talk.seat(NOOR.name)).toHaveCount(1);
});

test('a head has its second device let in with the second key of the convener', async ({ table, relay }) => {
  const noor = await table.open(relay.url, NOOR);
  const laptop = await table.welcome(noor, INES);
  const phone = await table.knock(await linkForOneself(laptop), INES);
  await expect(laptop.talk.digitsOf(INES.name)).toHaveText(await phone.join.doorDigits.textContent());
  await laptop.talk.admit(INES.name);
  await expect(noor.page.getByText(`Somebody called ${INES.name} sits here already, or did.`)).toBeVisible();
  await noor.talk.agreeTo(INES.name);
  await expect(phone.talk.composer).toBeVisible();
  await expect(noor.talk.seat(INES.name)).toHaveCount(2);
  await expect(noor.talk.seat(INES.name).last()).toContainText('Adviser');
  // Who does not invite is not offered to.
  await expect(phone.page.getByRole('button', { name: 'Sit on another device too' })).toHaveCount(0);
});

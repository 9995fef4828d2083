import { expect, test } from '../product/fixtures.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };

test('the address holds no secret once the invitation was read, and a reload says what to do', async ({ table, relay }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  const guest = await table.seat(INES.name);
  await guest.page.goto(link);
  await expect(guest.join.name).toBeVisible();
  const secret = new URL(link).hash.split('.')[2];
  expect(guest.page.url()).not.toContain(secret);
  await guest.page.reload();
  await expect(guest.start.alert).toContainText('open the link you were sent once more');

  // Pasted as a chat program hands it on: with words around it and a full stop behind.
  await guest.start.useInvitation(`Please join: ${link}.`);
  await guest.join.ask(INES);
  await expect(guest.join.doorDigits).toBeVisible();
  await table.admit(mediator, guest);
});

test('a knock is seen from another talk of the same tab', async ({ table, relay }) => {
  const mediator = await table.open(relay.url, { ...NOOR, title: 'First talk' });
  const link = await mediator.talk.invite();
  await mediator.page.getByRole('link', { name: 'Start page' }).click();
  await mediator.start.openTalk({ title: 'Second talk', ...NOOR });
  await expect(mediator.talk.composer).toBeVisible();
  await table.knock(link, INES);
  await expect(mediator.page.getByRole('link', { name: /First talk.*At the door/ })).toBeVisible();
});

import { expect, test } from '../product/fixtures.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };

test('who knocks while the inviter is away is told so, waits, and goes on by itself', async ({ table, tap }) => {
  const mediator = await table.open(tap.url, NOOR);
  const link = await mediator.talk.invite();
  tap.cut(mediator.agent);
  await expect(mediator.talk.connection).not.toContainText('Live');

  const guest = await table.knock(link, INES);
  await expect(guest.join.waiting).toBeVisible();
  await expect(guest.page.getByText('The person who invited you does not answer yet.')).toBeVisible();
  await expect(guest.join.doorDigits).toHaveCount(0);

  tap.mend(mediator.agent);
  await expect(guest.join.doorDigits).toBeVisible({ timeout: 45_000 });
  await expect(guest.page.getByText('The person who invited you does not answer yet.')).toHaveCount(0);
  await table.admit(mediator, guest);
});

import { expect, test } from '../product/fixtures.mjs';
import { expectHeldByAll, expectSameNotes } from '../product/table.mjs';

test('killing the relay twenty times in mid-conversation loses no note and doubles none', async ({ relay, table }) => {
  test.setTimeout(300_000);
  const mediator = await table.open(relay.url, { name: 'Noor Haddad', party: 'Mediation office' });
  const guest = await table.welcome(mediator, { name: 'Ines Okoye', party: 'Delegation of Arvandan' });
  const seats = [mediator, guest];
  const written = [];
  const write = async (seat, text) => {
    written.push(text);
    await seat.talk.write(text);
  };

  for (let kill = 1; kill <= 20; kill += 1) {
    await write(mediator, `Mediator before kill ${kill}.`);
    // At the same moment, so that notes are lost in every state between the box and the other screen.
    await Promise.all([
      write(mediator, `Mediator during kill ${kill}.`),
      write(guest, `Guest during kill ${kill}.`),
      relay.kill(),
    ]);
    for (const seat of seats) await expect(seat.talk.connection).toContainText('Reconnecting');
    await write(guest, `Guest without a relay ${kill}.`);
    await relay.run();
    for (const seat of seats) await expect(seat.talk.connection).toContainText('Live', { timeout: 45_000 });
  }

  expect(written).toHaveLength(80);
  await expectSameNotes(seats, written, { within: 60_000 });
  await expectHeldByAll(seats, 2, { within: 60_000 });
});

import { expect, test } from '../product/fixtures.mjs';
import { expectHeldByAll, expectSameNotes } from '../product/table.mjs';
import { code, emoji, english, farsi, ofBytes, urdu } from '../texts/negotiation.mjs';

const MEDIATOR = { name: 'Noor Haddad', party: 'Mediation office' };
const LEYLA = { name: 'لیلا رحیمی', party: 'هیئت آروندان' };
const BILAL = { name: 'Bilal Qureshi', party: 'وفد سندھارا' };

/** Twenty notes of one seat: the long ones first, then short ones that differ in their number only. */
function twenty(long, short) {
  const rest = Array.from({ length: 20 - long.length }, (_, index) => `${short} № ${index + 1}.`);
  return [...long, ...rest];
}

test('three parties exchange sixty notes and all see the same record', async ({ relay, table }) => {
  test.setTimeout(240_000);
  const mediator = await table.open(relay.url, MEDIATOR);
  const leyla = await table.welcome(mediator, LEYLA);
  const bilal = await table.welcome(mediator, BILAL);
  const seats = [mediator, leyla, bilal];

  for (const seat of seats) {
    await expect(seat.talk.seats).toHaveCount(3);
    for (const { name, party } of [MEDIATOR, LEYLA, BILAL]) {
      await expect(seat.talk.seat(name)).toContainText(party);
    }
  }

  const largest = ofBytes(65_536, 'The whole of the 2019 protocol, for reference.');
  expect(Buffer.byteLength(largest)).toBe(65_536);
  const written = [
    twenty([...english, emoji], 'We note the point'),
    twenty([...farsi, code], 'یادداشت شد'),
    twenty([...urdu, largest], 'ہم نے نوٹ کر لیا'),
  ];
  // In every round all three write at the same time.
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(seats.map((seat, index) => seat.talk.write(written[index][round])));
  }

  await expectSameNotes(seats, written.flat(), { within: 60_000 });
  await expectHeldByAll(seats, 3, { within: 60_000 });
  for (const seat of seats) {
    const note = seat.talk.note('We note the point № 1.');
    await expect(note).toContainText(MEDIATOR.name);
    await expect(note).toContainText(MEDIATOR.party);
  }
});

test('a seat that was away gets the notes of an author who has left from the third seat', async ({ table, tap }) => {
  const mediator = await table.open(tap.url, MEDIATOR);
  const leyla = await table.welcome(mediator, LEYLA);
  const bilal = await table.welcome(mediator, BILAL);
  const before = ['Everybody is here.'];
  await mediator.talk.write(before[0]);
  await expectSameNotes([mediator, leyla, bilal], before);

  tap.cut(bilal.agent);
  await expect(bilal.talk.connection).not.toContainText('Live');

  const missed = Array.from({ length: 10 }, (_, index) => `${farsi[index % farsi.length]}\n\n(${index + 1})`);
  for (const note of missed) await leyla.talk.write(note);
  await expectSameNotes([mediator, leyla], [...before, ...missed]);
  await leyla.context.close();
  await expect(bilal.talk.notes).toHaveCount(1);

  tap.mend(bilal.agent);
  await expect(bilal.talk.connection).toContainText('Live', { timeout: 45_000 });
  await expectSameNotes([mediator, bilal], [...before, ...missed]);
});

import { expect, test } from '../product/fixtures.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const BILAL = { name: 'Bilal Qureshi', party: 'Delegation of Sindhara' };

/** Waits until all screens show one room number, with the key change it belongs to, and returns it. */
async function commonRoomNumber(seats) {
  let number;
  await expect(async () => {
    const numbers = await Promise.all(seats.map((seat) => seat.talk.roomNumber()));
    expect(numbers[0]).toMatch(/^After key change \d+: (\d{5} ){5}\d{5}$/);
    expect([...new Set(numbers)]).toEqual([numbers[0]]);
    [number] = numbers;
  }).toPass({ timeout: 30_000 });
  return number;
}

test('the room number is the same on all screens, and another one after somebody has gone', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const ines = await table.welcome(mediator, INES);
  const bilal = await table.welcome(mediator, BILAL);
  const before = await commonRoomNumber([mediator, ines, bilal]);
  await mediator.talk.remove(BILAL.name);
  await expect(bilal.talk.gone).toBeVisible();
  await expect(bilal.page.locator('details.room-number')).toHaveCount(0);
  for (const seat of [mediator, ines]) await expect(seat.page.getByText('can read this: 2 seats')).toBeVisible();
  const after = await commonRoomNumber([mediator, ines]);
  expect(after.split(': ')[1]).not.toBe(before.split(': ')[1]);
});

test('two seats show each other one number, and no other two show it', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const ines = await table.welcome(mediator, INES);
  const bilal = await table.welcome(mediator, BILAL);
  const seats = [mediator, ines, bilal];
  for (const seat of seats) await expect(seat.talk.seats).toHaveCount(3);
  const numbers = [];
  for (const [one, other] of [[mediator, ines], [mediator, bilal], [ines, bilal]]) {
    const here = await one.talk.numberWith(other.name);
    expect(await other.talk.numberWith(one.name)).toBe(here);
    numbers.push(here);
  }
  expect(new Set(numbers).size).toBe(3);
  // Who compared it is sure by itself, and stays so after a reload.
  await expect(ines.talk.seat(BILAL.name)).toContainText(`Confirmed by ${NOOR.name}`);
  await ines.talk.seat(BILAL.name).getByText('Compare by voice').click();
  await ines.talk.seat(BILAL.name).getByRole('button', { name: 'It is the same' }).click();
  await expect(ines.talk.seat(BILAL.name)).toContainText('Confirmed by you');
  await ines.page.reload();
  await expect(ines.talk.seat(BILAL.name)).toContainText('Confirmed by you');
  await ines.talk.seat(BILAL.name).getByText('Compare by voice').click();
  await ines.talk.seat(BILAL.name).getByRole('button', { name: 'Take it back' }).click();
  await expect(ines.talk.seat(BILAL.name)).toContainText(`Confirmed by ${NOOR.name}`);
  // What is unfolded stays unfolded while the seat goes on talking.
  await mediator.talk.seat(INES.name).getByText('Compare by voice').click();
  const number = mediator.talk.seat(INES.name).getByLabel(`Your number with ${INES.name}`);
  await ines.talk.write('I am reading it out now.');
  await expect(mediator.talk.note('I am reading it out now.')).toContainText('Held by 3 of 3 seats');
  await expect(number).toBeVisible();
  await expect(number).toHaveText(numbers[0]);
});

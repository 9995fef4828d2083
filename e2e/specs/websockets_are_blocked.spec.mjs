// Networks that break WebSockets and let everything else through: notes and files go by a slower way, and people are told.

import { expect, test } from '../product/fixtures.mjs';
import { expectSaved, made } from '../product/given_files.mjs';
import { expectSameNotes } from '../product/table.mjs';
import { BREAKS } from '../product/tap.mjs';
import { english, farsi, urdu } from '../texts/negotiation.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const LEYLA = { name: 'لیلا رحیمی', party: 'هیئت آروندان' };
const BILAL = { name: 'Bilal Qureshi', party: 'وفد سندھارا' };
const SLOWER = 'This network blocks the fast way; a slower one works the same';
/** Two WebSockets that hang, and what comes between. */
const A_WHILE = { timeout: 60_000 };

const goesSlower = (seat) => expect(seat.talk.connection).toHaveText(`Live ${SLOWER}`, A_WHILE);
const goesFast = (seat) => expect(seat.talk.connection).toHaveText('Live', A_WHILE);

/** What a browser says of the answer to a post of a session that is gone. */
function forgive(table) {
  table.complaints.splice(0, Infinity, ...table.complaints.filter((complaint) => !complaint.includes('status of 410')));
}

/** Has seats write at the same time, each one note, and waits until all have all. */
async function round(seats, written, notes) {
  written.push(...notes);
  await Promise.all(seats.map((seat, who) => seat.talk.write(notes[who])));
  await expectSameNotes(seats, written);
}

/** Cuts seats off at the same time, and lets them come back to a network that is what it has become meanwhile. */
async function lose(tap, seats, meanwhile) {
  for (const seat of seats) tap.cut(seat.agent);
  for (const seat of seats) await expect(seat.talk.connection).not.toContainText('Live');
  await meanwhile();
  for (const seat of seats) tap.mend(seat.agent);
}

test('three parties whose network refuses WebSockets exchange notes and a file, come back after losses, and to the fast way once there is one', async ({ table, tap }, info) => {
  test.setTimeout(300_000);
  tap.breakWebSockets(BREAKS['refuses them']);
  const noor = await table.open(tap.url, NOOR);
  await goesSlower(noor);
  const leyla = await table.welcome(noor, LEYLA);
  const bilal = await table.welcome(noor, BILAL);
  const seats = [noor, leyla, bilal];
  for (const seat of seats) await goesSlower(seat);
  await noor.page.getByRole('link', { name: 'Start page' }).click();
  await noor.page.getByRole('link', { name: 'About Nonpaper, and installing it' }).click();
  await expect(noor.page.getByRole('heading', { name: 'The fast way and the slower one' })).toBeVisible();
  await noor.page.goBack();
  await noor.page.goBack();

  const written = [];
  await round(seats, written, [english[0], farsi[0], urdu[0]]);
  await round(seats, written, [english[1], farsi[1], urdu[1]]);
  const file = await made(info, 'Annex B.pdf', 3_500_000);
  await bilal.talk.attach(file.path);
  written.push(file.name);
  for (const seat of seats) await expectSaved(seat, file);

  // One after the other is cut off, writes all the same, and comes back.
  for (const seat of seats) {
    await lose(tap, [seat], async () => {
      written.push(`${seat.name} was cut off.`);
      await seat.talk.write(written.at(-1));
    });
    await goesSlower(seat);
  }
  await lose(tap, seats, async () => {});
  for (const seat of seats) await goesSlower(seat);
  await expectSameNotes(seats, written);
  await round(seats, written, [english[2], farsi[2], urdu[2]]);

  await lose(tap, seats, async () => tap.mendWebSockets());
  for (const seat of seats) await goesFast(seat);
  await round(seats, written, [english[3], farsi[3], urdu[3]]);
  forgive(table);
});

for (const [what, how] of Object.entries(BREAKS)) {
  test(`two who come into a network that ${what} go on by the slower way until they leave it`, async ({ table, tap }, info) => {
    test.setTimeout(240_000);
    const noor = await table.open(tap.url, NOOR);
    const leyla = await table.welcome(noor, LEYLA);
    const seats = [noor, leyla];
    const written = [];
    for (const seat of seats) await goesFast(seat);
    await round(seats, written, [english[0], farsi[0]]);

    tap.breakWebSockets(how);
    for (const seat of seats) await goesSlower(seat);
    await round(seats, written, [english[1], farsi[1]]);
    const file = await made(info, 'Annex B.pdf', 1_500_000);
    await leyla.talk.attach(file.path);
    written.push(file.name);
    for (const seat of seats) await expectSaved(seat, file);

    await lose(tap, seats, async () => tap.mendWebSockets());
    for (const seat of seats) await goesFast(seat);
    await round(seats, written, [english[2], farsi[2]]);
    forgive(table);
  });
}

import { expect, test } from '../product/fixtures.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };
const TOMAS = { name: 'Tomas Lind', party: 'Delegation of Sindhara' };
const NOT_WHOLE = /^This is not a whole invitation link, or a part of it was damaged\./;

/** The page of a guest says this one thing and offers the way back. */
async function expectOneSentence(seat, sentence) {
  await expect(seat.join.alert).toHaveCount(1);
  await expect(seat.join.alert).toHaveText(sentence);
  await seat.page.getByRole('button', { name: 'Back to the start page' }).click();
  await expect(seat.start.startButton).toBeVisible();
}

test('a link of which a part is missing', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  const guest = await table.seat(INES.name);
  await guest.page.goto(link.slice(0, -7));
  await expectOneSentence(guest, NOT_WHOLE);

  await guest.start.useInvitation('meet me at the crossing');
  await expect(guest.start.alert).toHaveText(NOT_WHOLE);
  // The same field takes a whole one, with whatever a mail program put around it.
  await guest.start.useInvitation(`  ${link}\n`);
  await expect(guest.join.askButton).toBeVisible();
});

test('a link in which a letter was damaged', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  const guest = await table.seat(INES.name);
  const at = link.length - 30;
  await guest.page.goto(link.slice(0, at) + (link[at] === 'Q' ? 'R' : 'Q') + link.slice(at + 1));
  await expectOneSentence(guest, NOT_WHOLE);
});

test('a link that was passed on: who made it is told that several wait with it', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  const guest = await table.knock(link, INES);
  const stranger = await table.knock(link, INES);
  await expect(stranger.join.doorDigits).toBeVisible();
  await expect(mediator.talk.knocks).toHaveCount(2);
  for (const knock of [0, 1]) await expect(mediator.talk.knocks.nth(knock)).toContainText('Several people wait with this one link.');
  const digits = await guest.join.doorDigits.textContent();
  await mediator.talk.knocks.filter({ hasText: digits }).getByRole('button', { name: `Admit ${INES.name}` }).click();
  await expect(guest.talk.composer).toBeVisible();
  await expectOneSentence(stranger, /already used/);
  await expect(mediator.talk.seats).toHaveCount(2);
});

test('a GET of the address, as scanners of mail do, spends no link', async ({ relay, table, request }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  for (let times = 0; times < 3; times += 1) expect((await request.get(link)).status()).toBe(200);
  // One that runs the page as well gets no further than the form.
  const scanner = await table.seat('A scanner');
  await scanner.page.goto(link);
  await expect(scanner.join.askButton).toBeVisible();
  await expect(mediator.talk.knocks).toHaveCount(0);
  const guest = await table.knock(link, INES);
  await table.admit(mediator, guest);
});

test('a link made by a newer version', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  const guest = await table.seat(INES.name);
  await guest.page.goto(link.replace('#v1.', '#v2.'));
  await expectOneSentence(guest, /made with a newer version/);
});

test('a knock that is declined', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const guest = await table.knock(await mediator.talk.invite(), INES);
  await expect(mediator.talk.digitsOf(INES.name)).toBeVisible();
  await mediator.talk.decline(INES.name);
  await expectOneSentence(guest, /declined/);
  await expect(mediator.talk.knocks).toHaveCount(0);
  await expect(mediator.talk.seats).toHaveCount(1);
});

test('a link that somebody came in by', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  const first = await table.knock(link, INES);
  await table.admit(mediator, first);
  const second = await table.knock(link, TOMAS);
  await expectOneSentence(second, /already used/);
  await expect(mediator.talk.seats).toHaveCount(2);
});

test('a link that was taken back', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  await mediator.talk.revokeOpenLinks();
  const guest = await table.knock(link, INES);
  await expectOneSentence(guest, /taken back/);
});

test('a link that is too old by the clock of who made it', async ({ relay, table }) => {
  const mediator = await table.open(relay.url, NOOR);
  const link = await mediator.talk.invite();
  await mediator.page.clock.setSystemTime(Date.now() + 400 * 24 * 3_600_000);
  const guest = await table.knock(link, INES);
  await expectOneSentence(guest, /too old/);
});

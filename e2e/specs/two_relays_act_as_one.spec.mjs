// Two relays on three NATS servers, behind one address: parties at different relays are at one table, whatever goes away.

import { setTimeout } from 'node:timers/promises';

import { Cluster } from '../product/cluster.mjs';
import { expect, test as base } from '../product/fixtures.mjs';
import { expectHeldByAll, expectSameNotes } from '../product/table.mjs';
import { english, farsi, urdu } from '../texts/negotiation.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const LEYLA = { name: 'لیلا رحیمی', party: 'هیئت آروندان' };
const BILAL = { name: 'Bilal Qureshi', party: 'وفد سندھارا' };

/** Time between two notes of one person who writes all the while. */
const PACE_MS = 1_500;

const test = base.extend({
  cluster: async ({}, use, info) => {
    const cluster = await Cluster.start();
    await use(cluster);
    if (info.status !== info.expectedStatus) {
      await info.attach('output of the relays', { body: cluster.output });
      await info.attach('output of NATS', { body: await cluster.nats.log() });
    }
    await cluster.close();
  },

  // What the table outlives here.
  relay: async ({ cluster }, use) => use(cluster),
});

/** Three people at one table: Noor and Bilal by way of one relay, Leyla by way of the other. */
async function sitDown(table, cluster) {
  ['seat/1', 'seat/2', 'seat/3'].forEach((agent, index) => cluster.place(agent, index % 2));
  const noor = await table.open(cluster.url, NOOR);
  const leyla = await table.welcome(noor, LEYLA);
  const bilal = await table.welcome(noor, BILAL);
  expectPlaces(cluster, [[noor, 0], [leyla, 1], [bilal, 0]]);
  return [noor, leyla, bilal];
}

function expectPlaces(cluster, places) {
  for (const [seat, relay] of places) expect(cluster.relayOf(seat.agent), `relay of ${seat.name}`).toEqual([relay]);
}

async function expectToBeAt(cluster, places) {
  await expect(() => expectPlaces(cluster, places)).toPass({ timeout: 45_000 });
  for (const [seat] of places) await expect(seat.talk.connection).toContainText('Live', { timeout: 45_000 });
}

/** What somebody writes now comes after what the same person is writing: there is one box. */
const boxes = new WeakMap();
function write(seat, text, written) {
  const before = boxes.get(seat) ?? Promise.resolve();
  const done = before.then(() => seat.talk.write(text));
  boxes.set(seat, done);
  written.push(text);
  return done;
}

/** Lets people write short notes all the while, until the returned function is called; it waits for the last of them. */
function keepWriting(seats, written, about) {
  let done = false;
  const writers = seats.map(async (seat) => {
    for (let number = 1; !done; number += 1) {
      await write(seat, `${seat.name}, ${about}, № ${number}.`, written);
      await setTimeout(PACE_MS);
    }
  });
  return async () => {
    done = true;
    await Promise.all(writers);
  };
}

/** What one writes now reaches the other. */
async function expectToHear(from, to, text, written) {
  await write(from, text, written);
  await expect(to.talk.note(text)).toBeVisible({ timeout: 45_000 });
}

async function expectEverything(seats, written) {
  for (const seat of seats) await seat.talk.showAll();
  await expectSameNotes(seats, written, { within: 60_000 });
  await expectHeldByAll(seats, seats.length, { within: 60_000 });
}

test('a relay is killed, then a server of NATS, then all that is held is deleted, and no note is lost', async ({ table, cluster }) => {
  test.setTimeout(240_000);
  const seats = await sitDown(table, cluster);
  const [noor, leyla, bilal] = seats;
  const written = [];
  const texts = [english, farsi, urdu];
  for (let round = 0; round < 4; round += 1) {
    await Promise.all(seats.map((seat, index) => write(seat, texts[index][round], written)));
  }
  await expectEverything(seats, written);

  // A relay dies: those who were there go on at the other one.
  let enough = keepWriting(seats, written, 'while a relay is killed');
  await cluster.relays[0].kill();
  await expectToBeAt(cluster, [[noor, 1], [leyla, 1], [bilal, 1]]);
  await expectToHear(noor, leyla, 'Did you notice anything?', written);
  await cluster.relays[0].run();
  cluster.place(noor.agent, 0);
  await expectToBeAt(cluster, [[noor, 0], [leyla, 1]]);
  await expectToHear(noor, leyla, 'I am back where I was.', written);
  await enough();

  // Bilal is away while the worst of the servers dies and everything that is held for him goes.
  cluster.cut(bilal.agent);
  await expect(bilal.talk.connection).not.toContainText('Live');
  enough = keepWriting([noor, leyla], written, 'while NATS is in trouble');
  const leader = await cluster.nats.leader();
  await leader.kill();
  await expectToHear(noor, leyla, 'One server less.', written);
  await expectToHear(leyla, noor, 'یک سرور کمتر.', written);
  await cluster.nats.deleteStream();
  await expectToHear(noor, leyla, 'Nothing is held any more.', written);
  await expectToHear(leyla, noor, 'دیگر چیزی نگه داشته نمی‌شود.', written);
  leader.run();
  await leader.isReady();
  await expectToHear(noor, leyla, 'Three servers again.', written);
  await enough();
  cluster.mend(bilal.agent);
  cluster.place(bilal.agent, 0);
  await expectToBeAt(cluster, [[noor, 0], [leyla, 1], [bilal, 0]]);
  await expectEverything(seats, written);
});

test('a relay that is asked to stop while everybody writes sends them to the other one and ends well', async ({ table, cluster }) => {
  test.setTimeout(180_000);
  const seats = await sitDown(table, cluster);
  const written = [];
  const enough = keepWriting(seats, written, 'while a relay stops');
  const { code, took } = await cluster.relays[0].stop();
  test.info().annotations.push({ type: 'from SIGTERM to the end', description: `${took} ms` });
  expect(code).toBe(0);
  expect(took).toBeLessThanOrEqual(15_000);
  await expectToBeAt(cluster, seats.map((seat) => [seat, 1]));
  await enough();
  await expectEverything(seats, written);
});

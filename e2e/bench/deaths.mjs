// A file is fetched while the relay, the page that gives and the page that fetches die again and again.
//
// What is sent is counted in the worker of the page that gives, as it hands its frames to the socket: that is what is paid for, also if a
// death loses it on the way, and unlike what sockets count it survives the death of all three. Each frame is told at once, so that none
// is forgotten with the page. What is there is told by the worker of the page that fetches.

import { setTimeout as pause } from 'node:timers/promises';

import { addressOf } from '../product/script.mjs';
import { Exchange } from './exchange.mjs';
import { mb, row, seconds, speed, spread } from './figures.mjs';

const DEATHS = 20;
/** After a chunk was stored, a death may come so much later: in the midst of another one. */
const LATER_MS = 50;
const STUCK_MS = 120_000;

const { count, pieces, HEADER, PIECE, PUBLISH } = await import(await addressOf('files.js'));

/** Runs in the worker before the product's own script. */
function observe() {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (frame) {
    if (frame[0] === 0x04) globalThis.tell(JSON.stringify(['published', frame.length]));
    return send.call(this, frame);
  };
  const post = globalThis.postMessage;
  globalThis.postMessage = (message, ...more) => {
    if (message[0] === 'stored') globalThis.tell(JSON.stringify(['stored', message[2]]));
    // What was stored just before a death was not told.
    if (message[0] === 'opened') message[2].forEach((held, index) => held && globalThis.tell(JSON.stringify(['stored', index])));
    post.call(globalThis, message, ...more);
  };
  globalThis.addEventListener('message', ({ data }) => {
    if (data[0] === 'open') globalThis.tell(JSON.stringify(['filling', data.at(-1)]));
  });
}

/** So many different numbers below a limit, in order. */
function drawn(many, limit) {
  const numbers = new Set();
  while (numbers.size < Math.min(many, limit)) numbers.add(Math.floor(Math.random() * limit));
  return [...numbers].sort((a, b) => a - b);
}

export async function deaths(file) {
  await Exchange.of(file, 1, async (exchange) => {
    const { relay, sender, receivers: [receiver] } = exchange;
    const [chunks, stored, counted] = [count(file.size), new Set(), { published: 0, filling: 0 }];
    /** For each death the longest time after it in which no chunk came. */
    const pauses = [];
    let last = Date.now();
    const reached = async (many) => {
      while (stored.size < many) {
        if (Date.now() - last > STUCK_MS) throw new Error(`no chunk for ${seconds(STUCK_MS)} after ${pauses.length} deaths`);
        await pause(5);
      }
    };
    await sender.inWorkers(`(${observe})()`, (text) => {
      const [what, number] = JSON.parse(text);
      if (what === 'published') counted.published += number;
      if (what === 'filling') counted.filling = number;
    });
    await receiver.inWorkers(`(${observe})()`, (text) => {
      const [what, number] = JSON.parse(text);
      if (what !== 'stored') return;
      stored.add(number);
      if (pauses.length > 0) pauses.push(Math.max(pauses.pop(), Date.now() - last));
      last = Date.now();
    });
    await exchange.give();

    const kinds = [
      ['relay killed', async () => {
        await relay.kill();
        await relay.run();
      }],
      ['receiver reloaded', () => receiver.reload()],
      ['sender reloaded', () => sender.reload()],
    ];
    const happened = new Map(kinds.map(([name]) => [name, 0]));
    const begun = (last = Date.now());
    await exchange.ask();
    for (const moment of drawn(DEATHS, chunks)) {
      await reached(moment);
      await pause(Math.random() * LATER_MS);
      const [name, die] = kinds[Math.floor(Math.random() * kinds.length)];
      pauses.push(0);
      happened.set(name, happened.get(name) + 1);
      await die();
    }
    await reached(chunks);
    const took = Date.now() - begun;
    await exchange.arrived();
    const once = ((chunks - 1) * pieces(file.size, 0) + pieces(file.size, chunks - 1) + counted.filling) * (PUBLISH + HEADER + PIECE);
    const { same } = await exchange.save();

    row(`${mb(file.size)} to one seat, ${pauses.length} deaths`, '', [...happened].map(([name, times]) => `${times} × ${name}`).join(', '));
    row('  fetched', '', speed(file.size, took));
    row('  longest time without a chunk after a death', '', spread(pauses, seconds));
    // Of a short file most is on its way when somebody dies: the goal is for 2 GB.
    row('  sent twice', '≤ 5 %', `${((counted.published / once - 1) * 100).toFixed(1)} %  (${mb(counted.published - once)})`);
    row('  SHA-256', 'the same', same ? 'the same' : 'ANOTHER');
    if (!same) process.exitCode = 1;
  });
}

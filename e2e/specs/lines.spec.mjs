// Connections where WebSockets are broken, without a browser: the network and a faster clock are made here.

import { expect, test } from '@playwright/test';

import { addressOf } from '../product/script.mjs';

const RELAY = 'ws://relay.example/v1/relay';
/** Time passes so many times faster. */
const FASTER = 50;
const TOKEN = Uint8Array.from({ length: 32 }, (_, at) => 255 - at);
const HELLO = Uint8Array.of(0x81, 0, 1, 0x20, 0, 1, 0, ...new Array(32).fill(7));
const KIB = 1024;

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const soon = () => new Promise((resolve) => setImmediate(resolve));
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms / FASTER));

/** A network, with what goes over it. */
class Network {
  sockets = [];
  sources = [];
  posts = [];
  asked = [];
  navigator = { onLine: true };
  channels = [];
  isUp = true;
  hasSockets = true;

  now = () => performance.now() * FASTER;

  /** A page of its own, which remembers nothing. */
  async page() {
    globalThis.networks ??= [];
    const number = globalThis.networks.push(this) - 1;
    const network = this;
    this.BroadcastChannel = class {
      constructor(name) {
        Object.assign(this, { name });
        network.channels.push(this);
      }

      postMessage(data) {
        for (const other of network.channels) if (other !== this && other.name === this.name) setImmediate(() => other.onmessage({ data }));
      }
    };
    this.WebSocket = class extends EventTarget {
      constructor(url) {
        if (!network.hasSockets) throw new TypeError('there are none');
        super();
        Object.assign(this, { url, closed: 0 });
        network.sockets.push(this);
      }

      give(bytes) {
        this.dispatchEvent(new MessageEvent('message', { data: Uint8Array.from(bytes).buffer }));
      }

      close() {
        this.closed += 1;
      }
    };
    this.EventSource = class extends EventTarget {
      constructor(url) {
        super();
        Object.assign(this, { url, closed: 0 });
        network.sources.push(this);
      }

      give(data, name = 'message') {
        this.dispatchEvent(new MessageEvent(name, { data }));
      }

      greet() {
        this.give(base64url(TOKEN), 'session');
        this.give(base64(HELLO));
      }

      close() {
        this.closed += 1;
      }
    };
    this.fetch = async (url, { method = 'GET', body, signal, headers } = {}) => {
      this.asked.push(`${method} ${url}`);
      if (method === 'HEAD') {
        if (!this.isUp) throw new TypeError('nobody answers');
        return { ok: true };
      }
      const bytes = new Uint8Array(await body.arrayBuffer());
      expect([headers, body.type, bytes.length <= 256 * KIB]).toEqual([undefined, '', true]);
      return new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('ended', 'AbortError')));
        this.posts.push({ bytes, answer: (status) => resolve({ status }), fail: () => reject(new TypeError('cut')), signal });
      });
    };
    const names = 'WebSocket, EventSource, BroadcastChannel, fetch, navigator';
    const before = `const { ${names} } = globalThis.networks[${number}]; const setTimeout = (task, ms) => globalThis.setTimeout(task, ms / ${FASTER});
      const performance = { now: () => globalThis.networks[${number}].now() };\n`;
    return import(await addressOf('lines.js', before));
  }

  get last() {
    return this.sockets.at(-1);
  }
}

/** Frames in the body of a post, which begins with the token. */
function framesOf({ bytes }) {
  expect([...bytes.subarray(0, 32)]).toEqual([...TOKEN]);
  const frames = [];
  const view = new DataView(bytes.buffer);
  let at = 32;
  while (at < bytes.length) {
    const length = view.getUint32(at);
    frames.push(bytes.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  expect(at).toBe(bytes.length);
  return frames;
}

/** A line that is open, and what it has told. */
async function opened() {
  const network = new Network();
  const { SlowLine } = await network.page();
  const line = new SlowLine();
  const told = [];
  for (const name of ['open', 'message', 'close', 'error']) line.addEventListener(name, ({ data }) => told.push(data ? [name, ...new Uint8Array(data)] : name));
  network.sources[0].greet();
  return { network, line, told, source: network.sources[0] };
}

test('events are messages, after a token', async () => {
  const { network, line, told, source } = await opened();
  const handled = [];
  line.onmessage = ({ data }) => handled.push(data.byteLength);
  for (const length of [1, 2, 3, 80_000]) source.give(base64(new Uint8Array(length).fill(251)));
  expect([source.url, line.readyState]).toEqual(['/v1/events', 1]);
  expect(told.slice(0, 3)).toEqual(['open', ['message', ...HELLO], ['message', 251]]);
  expect(handled).toEqual([1, 2, 3, 80_000]);
  expect(network.asked).toEqual([]);
});

test('what is sent is posted in order, one post at a time, and none is too long', async () => {
  const { network, line } = await opened();
  const sent = [];
  const send = (length) => {
    const frame = new Uint8Array(length).fill(sent.length);
    sent.push(frame.slice());
    line.send(frame);
    // It is memory of somebody else's.
    frame.fill(255);
  };
  send(1);
  send(33);
  await soon();
  expect(network.posts.map((post) => framesOf(post).length)).toEqual([2]);
  for (let time = 0; time < 16; time += 1) send(65_638);
  send(5);
  await soon();
  expect(network.posts).toHaveLength(1);
  expect(line.bufferedAmount).toBe(34 + 16 * 65_638 + 5);
  const got = [];
  for (let at = 0; at < network.posts.length; at += 1) {
    got.push(...framesOf(network.posts[at]));
    network.posts[at].answer(204);
    await soon();
  }
  expect(got.map((frame) => Buffer.from(frame).toString('hex'))).toEqual(sent.map((frame) => Buffer.from(frame).toString('hex')));
  expect([network.posts.length, line.bufferedAmount, line.readyState]).toEqual([7, 0, 1]);
  // And as much as just fits.
  line.send(new Uint8Array(256 * KIB - 32 - 4 - 5));
  line.send(new Uint8Array(1));
  await soon();
  expect(network.posts.at(-1).bytes.length).toBe(256 * KIB);
  expect(network.asked.every((asked) => asked === 'POST /v1/publish')).toBe(true);
});

test('where posts take long they carry less', async () => {
  const { network, line } = await opened();
  let now = 0;
  // However long this machine takes.
  network.now = () => now;
  for (let time = 0; time < 24; time += 1) line.send(new Uint8Array(20 * KIB));
  const counts = [];
  for (const ms of [10_000, 0, 6_000, 0]) {
    await soon();
    counts.push(framesOf(network.posts.at(-1)).length);
    now += ms;
    network.posts.at(-1).answer(204);
  }
  expect(counts).toEqual([3, 3, 12, 3]);
});

test('whatever ends the session ends the line, once', async () => {
  const ends = [
    ({ source }) => source.dispatchEvent(new Event('error')),
    ({ source }) => source.give(base64url(TOKEN), 'session'),
    ({ source }) => source.give('no base64!'),
    ({ line }) => line.close(),
    ...[200, 400, 403, 410, 413, 429, 503].map((status) => ({ network }) => network.posts[0].answer(status)),
    ({ network }) => network.posts[0].fail(),
  ];
  for (const [time, end] of ends.entries()) {
    const all = await opened();
    const { network, line, told, source } = all;
    if (time > 3) {
      line.send(Uint8Array.of(5));
      await soon();
      line.send(Uint8Array.of(5));
    }
    end(all);
    await soon();
    await soon();
    source.dispatchEvent(new Event('error'));
    line.close();
    line.send(Uint8Array.of(5));
    await soon();
    expect(told.slice(2), `end ${time}`).toEqual(['close']);
    expect([line.readyState, source.closed, network.sources.length, network.posts.length]).toEqual([3, 1, 1, time > 3 ? 1 : 0]);
  }
  for (const [data, name] of [[base64(HELLO), 'message'], [base64url(TOKEN.subarray(1)), 'session'], ['', 'session']]) {
    const network = new Network();
    const { SlowLine } = await network.page();
    const line = new SlowLine();
    const told = [];
    for (const name of ['open', 'message']) line.addEventListener(name, () => told.push(name));
    line.onclose = () => told.push('close');
    // Nothing goes out before there is a token.
    line.send(Uint8Array.of(5));
    network.sources[0].give(data, name);
    await soon();
    expect([...told, network.posts.length]).toEqual(['close', 0]);
  }
});

test('what was sent before the end goes out, if it does not take long', async () => {
  const { network, line, told, source } = await opened();
  line.send(Uint8Array.of(1));
  await soon();
  line.send(Uint8Array.of(2));
  line.close();
  line.send(Uint8Array.of(3));
  network.posts[0].answer(204);
  await soon();
  expect([told.length, source.closed]).toEqual([2, 0]);
  network.posts[1].answer(204);
  await soon();
  expect(network.posts.flatMap(framesOf).map(([byte]) => byte)).toEqual([1, 2]);
  expect([told.at(-1), source.closed]).toEqual(['close', 1]);

  const other = await opened();
  other.line.send(Uint8Array.of(1));
  await soon();
  other.line.close();
  await after(10_000);
  expect([other.told.at(-1), other.source.closed, other.network.posts[0].signal.aborted]).toEqual(['close', 1, true]);
});

/** Ends the WebSocket that was opened last before it got as far as Hello. */
async function breaks(network) {
  network.last.dispatchEvent(new Event('error'));
  network.last.dispatchEvent(new Event('close'));
  await soon();
}

test('the slower way is tried after two WebSockets without a Hello, once', async () => {
  const network = new Network();
  const { Lines, SlowLine } = await network.page();
  const lines = new Lines();
  for (let round = 0; round < 2; round += 1) {
    for (let time = 0; time < 2; time += 1) {
      expect(lines.open(RELAY)).toBe(network.last);
      expect([network.last.url, network.last.binaryType]).toEqual([RELAY, 'arraybuffer']);
      await breaks(network);
    }
    expect(lines.open(RELAY)).toBeInstanceOf(SlowLine);
    network.sources.at(-1).dispatchEvent(new Event('error'));
    await soon();
  }
  expect([network.sockets.length, network.sources.length]).toEqual([4, 2]);
  // One that gets as far as Hello shows that they work, whatever ends it.
  for (let time = 0; time < 5; time += 1) {
    expect(lines.open(RELAY)).toBe(network.last);
    if (time % 2 === 1) network.last.give(HELLO);
    await breaks(network);
  }
  // The first byte alone shows nothing.
  lines.open(RELAY);
  network.last.give([]);
  await breaks(network);
  expect(lines.open(RELAY)).toBeInstanceOf(SlowLine);
});

test('a browser without a network and a relay that is down say nothing about WebSockets', async () => {
  const network = new Network();
  const { Lines, SlowLine } = await network.page();
  const lines = new Lines();
  const isSlow = () => lines.open(RELAY) instanceof SlowLine;
  network.navigator.onLine = false;
  for (let time = 0; time < 5; time += 1) {
    expect(isSlow()).toBe(false);
    await breaks(network);
  }
  expect(network.asked).toEqual([]);
  network.navigator.onLine = true;
  network.isUp = false;
  for (let time = 0; time < 5; time += 1) {
    expect(isSlow()).toBe(false);
    await breaks(network);
  }
  expect(network.asked).toEqual(Array(5).fill('HEAD /'));
  await soon();
  network.isUp = true;
  network.hasSockets = false;
  for (let time = 0; time < 2; time += 1) {
    expect(isSlow).toThrow('there are none');
    await soon();
  }
  expect(isSlow()).toBe(true);
});

test('a page that has gone by the slower way tries a WebSocket first after each loss, and not for long', async () => {
  const network = new Network();
  const { Lines, SlowLine } = await network.page();
  const [lines, others] = [new Lines(), new Lines()];
  // They open, and nothing comes through: the first may take longer than the second.
  for (const [before, then] of [[8_000, 5_000], [3_000, 5_000]]) {
    lines.open(RELAY);
    const failed = [];
    network.last.addEventListener('error', () => failed.push('error'));
    network.last.dispatchEvent(new Event('open'));
    await after(before);
    expect([...failed, network.last.closed]).toEqual([0]);
    await after(then);
    expect([...failed, network.last.closed]).toEqual(['error', 1]);
  }
  const slow = lines.open(RELAY);
  expect(slow).toBeInstanceOf(SlowLine);
  network.sources[0].greet();
  await after(60_000);
  expect(slow.readyState).toBe(1);

  // All of the page's connections know, and so does its worker, when it has asked.
  const worker = await network.page();
  const ofTheWorker = new worker.Lines();
  for (const [each, slower] of [[lines, SlowLine], [others, SlowLine], [ofTheWorker, worker.SlowLine], [lines, SlowLine]]) {
    network.sources.at(-1).dispatchEvent(new Event('error'));
    await soon();
    const socket = each.open(RELAY);
    expect(socket).toBe(network.last);
    await after(7_000);
    expect(socket.closed).toBe(1);
    expect(each.open(RELAY)).toBeInstanceOf(slower);
    network.sources.at(-1).greet();
  }

  // While nothing answers at all, it is WebSockets that are tried.
  network.isUp = false;
  network.sources.at(-1).dispatchEvent(new Event('error'));
  for (let time = 0; time < 4; time += 1) {
    expect(lines.open(RELAY)).toBe(network.last);
    await breaks(network);
  }
  network.isUp = true;

  // One that works again is stayed with.
  const socket = lines.open(RELAY);
  network.last.give(HELLO);
  await after(20_000);
  expect([socket, socket.closed]).toEqual([network.last, 0]);

  // And one that is silent where nothing else answers either is given up.
  await breaks(network);
  lines.open(RELAY);
  await breaks(network);
  const silent = lines.open(RELAY);
  await after(20_000);
  expect([silent.readyState, network.sources.at(-1).closed]).toEqual([3, 1]);
});

// The worker for the bytes of files, without a browser: it is given a relay, a disk and a clock that are made here.

import { File } from 'node:buffer';
import { createHash } from 'node:crypto';

import { expect, test } from '@playwright/test';

import { addressOf } from '../product/script.mjs';

const worker = await import(await addressOf('files.js'));
const { CHUNK, HEADER, PIECE, PIECES, PROOF, SEALED, serve } = worker;

/** Time passes so many times faster for the worker. */
const FASTER = 50;
const URL_OF_RELAY = 'wss://relay.example/v1/socket';

/** When bytes leave a socket of the relay; otherwise after so many milliseconds. */
const [AT_ONCE, NEVER] = ['at once', 'never'];

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest());
const soon = () => new Promise((resolve) => setImmediate(resolve));

async function until(condition, what) {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what ?? condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Numbers from 0 to 1 that are the same in every run: mulberry32. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function bytesOf(seed, length) {
  const random = generator(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let at = 0; at < words.length; at += 1) words[at] = random() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, length);
}

/** A file with all that the page knows of it. */
function fileOf(seed, size) {
  const bytes = bytesOf(seed, size);
  const chunks = Array.from({ length: worker.count(size) }, (_, index) => bytes.subarray(index * CHUNK, (index + 1) * CHUNK));
  const [name, sealKey, maskKey, topic, root] = [16, 32, 32, 32, 32].map((length, at) => bytesOf(seed * 100 + at, length));
  return {
    name: hex(name), sealKey, maskKey, topic, root, size, filling: 0, bytes, chunks,
    blob: new File([bytes], 'a file'),
    digests: chunks.map(sha256),
    proofs: chunks.map((_, index) => bytesOf(seed * 1000 + index, PROOF)),
  };
}

/** Forwards what is published, as the true one does. */
class Relay {
  sockets = [];
  asked = [];
  reachable = true;
  topics = 256;
  drained = AT_ONCE;

  connect(url) {
    expect(url).toBe(URL_OF_RELAY);
    const socket = {
      relay: this, open: true, bufferedAmount: 0, most: 0, challenge: crypto.getRandomValues(new Uint8Array(32)),
      proven: new Set(), subscribed: new Set(), frames: [],
      give: (frame) => void (socket.open && socket.onmessage?.({ data: new Uint8Array(frame).buffer })),
      send: (frame) => this.take(socket, new Uint8Array(frame)),
      close: () => this.end(socket),
    };
    this.sockets.push(socket);
    setImmediate(() => {
      if (!this.reachable) return this.end(socket);
      return socket.give([0x81, 0, 1, 0x20, 0, this.topics >> 8, this.topics & 255, ...socket.challenge]);
    });
    return socket;
  }

  end(socket) {
    if (!socket.open) return;
    socket.open = false;
    setImmediate(() => socket.onclose?.({}));
  }

  take(socket, frame) {
    if (!socket.open) return;
    expect(socket.binaryType).toBe('arraybuffer');
    socket.frames.push(frame);
    if (this.drained !== AT_ONCE) {
      socket.bufferedAmount += frame.length;
      socket.most = Math.max(socket.most, socket.bufferedAmount);
      if (this.drained !== NEVER) setTimeout(() => (socket.bufferedAmount -= frame.length), this.drained);
    }
    const topic = hex(frame.subarray(1, 33));
    if (frame[0] === 1) socket.subscribed.add(topic);
    if (frame[0] === 2) [socket.subscribed, socket.proven].forEach((of) => of.delete(topic));
    if (frame[0] === 3) {
      // Proofs of these tests are the challenge itself.
      if (frame.length === 129 && hex(frame.subarray(65, 97)) === hex(socket.challenge)) socket.proven.add(topic);
      else this.end(socket);
    }
    if (frame[0] === 4 && socket.proven.has(topic)) this.publish(topic, frame);
    else if (frame[0] === 4) setImmediate(() => socket.give([0x83, ...frame.subarray(1, 41), 1]));
    if (frame[0] === 5) setImmediate(() => socket.give([0x86]));
  }

  publish(topic, frame) {
    expect(frame.length).toBe(45 + HEADER + PIECE);
    const delivered = frame.slice();
    delivered[0] = 0x82;
    for (const other of this.sockets) if (other.subscribed.has(topic)) setImmediate(() => other.give(delivered));
  }

  get last() {
    return this.sockets.at(-1);
  }

  count(kind) {
    return this.sockets.flatMap((socket) => socket.frames).filter((frame) => frame[0] === kind).length;
  }
}

const fails = (name) => { throw new DOMException(name, name); };

/** The origin private file system, as far as it is used. Files that are open are locked. */
class Disk {
  entries = new Map();
  open = 0;
  mostOpen = 0;
  quota = Infinity;

  root = async () => ({
    getDirectoryHandle: async (name, { create }) => {
      if (!this.entries.has(name) && !create) fails('NotFoundError');
      if (!this.entries.has(name)) this.entries.set(name, new Map());
      return this.folder(this.entries.get(name));
    },
    removeEntry: async (name, { recursive }) => {
      if (!this.entries.has(name)) fails('NotFoundError');
      if (!recursive || [...this.entries.get(name).values()].some(({ locked }) => locked)) fails('NoModificationAllowedError');
      this.entries.delete(name);
    },
  });

  folder(files) {
    return {
      async* keys() { yield* [...files.keys()]; },
      getFileHandle: async (name, { create }) => {
        if (!files.has(name) && !create) fails('NotFoundError');
        if (!files.has(name)) files.set(name, { bytes: new Uint8Array(), locked: false });
        return { createSyncAccessHandle: async () => this.access(files.get(name)) };
      },
      removeEntry: async (name) => {
        if (!files.has(name)) fails('NotFoundError');
        if (files.get(name).locked) fails('NoModificationAllowedError');
        files.delete(name);
      },
    };
  }

  access(file) {
    if (file.locked) fails('NoModificationAllowedError');
    file.locked = true;
    this.mostOpen = Math.max(this.mostOpen, (this.open += 1));
    return {
      getSize: () => file.bytes.length,
      flush() {},
      read: (into, { at }) => {
        const part = file.bytes.subarray(at, at + into.length);
        into.set(part);
        return part.length;
      },
      write: (from, { at }) => {
        const others = [...this.files.values()].reduce((all, { bytes }) => all + bytes.length, 0) - file.bytes.length;
        const length = Math.max(file.bytes.length, at + from.length);
        if (others + length > this.quota) fails('QuotaExceededError');
        if (length > file.bytes.length) {
          const longer = new Uint8Array(length);
          longer.set(file.bytes);
          file.bytes = longer;
        }
        file.bytes.set(from, at);
        return from.length;
      },
      close: () => {
        if (file.locked) this.open -= 1;
        file.locked = false;
      },
    };
  }

  get files() {
    return this.entries.get('files') ?? new Map();
  }
}

/** A worker, with a page before it that answers what has one answer. */
class Desk {
  got = [];
  known = new Map();
  proves = true;
  keeps = true;

  constructor({ relay = new Relay(), disk, room } = {}) {
    this.relay = relay;
    this.serve = serve({
      post: (message) => this.hear(message),
      socket: (url) => relay.connect(url),
      directory: disk?.root ?? (async () => fails('SecurityError')),
      now: () => performance.now() * FASTER,
      later: (task, ms) => setTimeout(task, ms / FASTER),
      room,
    });
    this.order('begin', URL_OF_RELAY, disk ? 'disk' : 'memory');
  }

  /** As between a page and a worker, bytes are copied. */
  order(...message) {
    this.serve(message.map((part) => (part instanceof Uint8Array ? part.slice() : part)));
  }

  hear(message) {
    this.got.push(message);
    const [what, name, index] = message;
    if (what === 'prove' && this.proves) this.prove(name, index);
    if (what === 'complete') this.order(this.keeps ? 'keep' : 'drop', name, index);
  }

  prove(name, challenge) {
    const { topic } = this.known.get(name);
    this.order('proof', name, challenge, Uint8Array.of(3, ...topic, ...new Uint8Array(32), ...challenge, ...new Uint8Array(32)));
  }

  all(...begin) {
    return this.got.filter((message) => begin.every((part, at) => message[at] === part));
  }

  /** The next message that begins so, which is then taken away. */
  async one(...begin) {
    await until(() => this.all(...begin).length > 0, begin.join(' '));
    const [message] = this.all(...begin);
    this.got.splice(this.got.indexOf(message), 1);
    return message;
  }

  /** What the worker does in some of its own time. */
  async after(ms) {
    await new Promise((resolve) => setTimeout(resolve, ms / FASTER));
  }

  async open(file) {
    this.known.set(file.name, file);
    this.order('open', file.name, file.sealKey, file.maskKey, file.topic, file.root, file.size, file.filling);
    return [...(await this.one('opened', file.name))[2]];
  }

  async seal(file) {
    await this.open(file);
    for (const [index, digest] of file.digests.entries()) this.order('seal', file.name, file.blob, index, digest, file.proofs[index]);
    for (const index of file.chunks.keys()) await this.one('stored', file.name, index);
  }

  async bytes(file) {
    this.order('blob', `blob ${file.name}`, file.name, 'text/plain');
    const [, , blob] = await this.one('made', `blob ${file.name}`);
    expect(blob.type).toBe('text/plain');
    return new Uint8Array(await blob.arrayBuffer());
  }
}

/** A file the person chose to save to. */
function target(room = Infinity) {
  const state = { parts: [], ended: undefined };
  state.createWritable = async () => ({
    write: async (bytes) => {
      if (state.parts.length >= room) fails('QuotaExceededError');
      state.parts.push(Uint8Array.from(bytes));
    },
    close: async () => void (state.ended = 'closed'),
    abort: async () => void (state.ended = 'aborted'),
  });
  return state;
}

// What is expected to go wrong here is told as information, and nothing as an error.
const { info, error } = console;
const complaints = [];
test.beforeAll(() => {
  console.info = () => undefined;
  console.error = (complaint) => complaints.push(complaint);
});
test.afterEach(() => expect(complaints.splice(0)).toEqual([]));
test.afterAll(() => Object.assign(console, { info, error }));

const isSame = (one, other) => Buffer.compare(one, other) === 0;

test('the layout is the one of the protocol', async () => {
  expect([SEALED, PIECE, HEADER + PIECE]).toEqual([1_049_232, 65_577, 65_593]);
  expect([0, 1, CHUNK, CHUNK + 1, 2 ** 40].map(worker.count)).toEqual([1, 1, 1, 2, 2 ** 20]);
  expect(hex(worker.nonce(3 * CHUNK, 1))).toBe('000000000000000000000100');
  expect(hex(worker.nonce(3 * CHUNK, 2))).toBe('000000000000000000000201');
  expect(hex(worker.nonce(0, 0))).toBe('000000000000000000000001');
  expect(hex(worker.associated(new Uint8Array(32).fill(7), 2 ** 40, 258))).toBe(`${'07'.repeat(32)}00000100000000000000000000000102`);
});

test('the mask is the one of RFC 9001, appendix A.2', async () => {
  const key = await crypto.subtle.importKey('raw', unhex('9f50449e04a0e810283a1e9933adedd2'), 'AES-CTR', false, ['encrypt']);
  const mask = await worker.mask(key, unhex('d1b1c98dd7689fb8ec11d242b123dc9b'), new Uint8Array(16));
  expect(hex(mask.subarray(0, 5))).toBe('437b9aec36');
});

test('a chunk opens with its own key, root, size and index only', async () => {
  const key = (bytes) => crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
  const file = fileOf(1, CHUNK + 5);
  const [mine, other] = [await key(file.sealKey), await key(file.maskKey)];
  const sealed = await worker.sealChunk(mine, file.root, file.size, 1, file.proofs[1], file.chunks[1]);
  expect(sealed.length).toBe(PROOF + file.chunks[1].length + 16);
  const open = await worker.openChunk(mine, file.root, file.size, 1, sealed);
  expect([hex(open.bytes), hex(open.proof)]).toEqual([hex(file.chunks[1]), hex(file.proofs[1])]);
  expect(await worker.openChunk(other, file.root, file.size, 1, sealed)).toBeUndefined();
  expect(await worker.openChunk(mine, file.topic, file.size, 1, sealed)).toBeUndefined();
  expect(await worker.openChunk(mine, file.root, file.size + 1, 1, sealed)).toBeUndefined();
  expect(await worker.openChunk(mine, file.root, file.size, 0, sealed)).toBeUndefined();
});

test('frames of the relay are read, and what is none ends the connection', () => {
  const read = (...bytes) => worker.readFrame(Uint8Array.from(bytes).buffer);
  const topic = new Array(32).fill(9);
  const hello = [0x81, 0, 1, 0x20, 0, 1, 0, ...topic];
  expect(read(...hello)).toEqual({ kind: 'hello', topics: 256, challenge: Uint8Array.from(topic) });
  expect(read(0x82, ...topic, ...new Array(8).fill(0), 0, 0, 0, 2, 5, 6).payload).toEqual(Uint8Array.of(5, 6));
  expect(read(0x83, ...topic, ...new Array(8).fill(0), 1)).toEqual({ kind: 'refused', topic: '\t'.repeat(32) });
  expect([read(0x84, ...topic).kind, read(0x86).kind]).toEqual(['gap', 'pong']);
  const none = [
    [], [0x85, 0, 0, 0, 1], [0x87, 15, 160], [0x88], [0x86, 0], hello.slice(1), hello.slice(0, -1), [...hello, 0], [0x82],
    [0x82, ...topic, ...new Array(8).fill(0), 0, 0, 0, 3, 5, 6], [0x82, ...topic, ...new Array(8).fill(0), 0, 0, 0, 1, 5, 6],
  ];
  for (const bytes of none) expect(read(...bytes), String(bytes)).toBeUndefined();
  expect(worker.readFrame('text')).toBeUndefined();
});

test('files are hashed', async () => {
  const desk = new Desk();
  for (const file of [fileOf(2, 3.5 * CHUNK), fileOf(3, 0), fileOf(4, 2 * CHUNK)]) {
    desk.order('digest', file.name, file.blob);
    expect(hex((await desk.one('digested', file.name))[2])).toBe(file.digests.map(hex).join(''));
  }
  const file = fileOf(5, 20 * CHUNK);
  desk.order('digest', 'shorter', { size: file.size + 1, slice: (...part) => file.blob.slice(...part) });
  await desk.one('unreadable', 'shorter');
  desk.order('digest', 'gone', { size: 5, slice: () => fails('NotReadableError') });
  await desk.one('unreadable', 'gone');
  desk.order('digest', 'stopped', file.blob);
  desk.order('stop', 'stopped');
  desk.order('digest', 'told', file.blob);
  await desk.one('digested', 'told');
  expect(desk.all('read', 'told').length).toBeGreaterThan(0);
  expect([...desk.all('digested'), ...desk.all('unreadable'), ...desk.all('read', 'stopped')]).toEqual([]);
});

test('files go from one to the other, and stay', async () => {
  const [relay, disk] = [new Relay(), new Disk()];
  const [one, other] = [new Desk({ relay, disk }), new Desk({ relay })];
  const files = [fileOf(6, 3.5 * CHUNK), fileOf(7, 0)];
  for (const file of files) {
    await one.seal(file);
    expect(await other.open(file)).toEqual(file.chunks.map(() => 0));
    other.order('listen', file.name);
    await until(() => relay.sockets.some(({ subscribed }) => subscribed.has(hex(file.topic))));
    for (const index of file.chunks.keys()) one.order('send', file.name, index);
    for (const index of file.chunks.keys()) {
      await one.one('sent', file.name, index);
      const [, , , digest, proof] = await other.one('complete', file.name, index);
      expect([hex(digest), hex(proof)]).toEqual([hex(file.digests[index]), hex(file.proofs[index])]);
      await other.one('stored', file.name, index);
      expect(other.all('heard', file.name, index)).toHaveLength(Math.ceil(worker.pieces(file.size, index) / 4));
    }
    for (const desk of [one, other]) expect(isSame(await desk.bytes(file), file.bytes)).toBe(true);
    const saved = target();
    other.order('write', 'a job', file.name, saved);
    await other.one('written', 'a job');
    expect([saved.ended, isSame(Buffer.concat(saved.parts), file.bytes)]).toEqual(['closed', true]);
  }
  // One proof for a topic and connection, and nothing that tells a frame from random bytes.
  expect([relay.count(3), one.all('prove').length, other.all('prove').length]).toEqual([4, 2, 2]);
  const frames = relay.sockets.flatMap((socket) => socket.frames).filter((frame) => frame[0] === 4);
  // Half a chunk takes nine pieces with its proof, an empty one takes one.
  expect(frames).toHaveLength(16 * 3 + 9 + 1);
  expect(frames.some((frame) => Buffer.from(frame).includes('np-piece'))).toBe(false);

  // Files are closed when nobody uses them, and opened by the next worker.
  await until(() => disk.open === 0, 'files to be closed');
  expect([...disk.files.keys()].sort()).toEqual(files.flatMap(({ name }) => [name, `${name}.held`]).sort());
  const next = new Desk({ disk });
  for (const file of files) {
    expect(await next.open(file)).toEqual(file.chunks.map(() => 1));
    expect(isSame(await next.bytes(file), file.bytes)).toBe(true);
  }
  expect(next.all('memory')).toEqual([]);
});

test('many files are on disk, and few of them open', async () => {
  const disk = new Disk();
  const desk = new Desk({ disk });
  const files = Array.from({ length: 20 }, (_, at) => fileOf(500 + at, 10));
  await Promise.all(files.map((file) => desk.seal(file)));
  for (const file of files) expect(isSame(await desk.bytes(file), file.bytes)).toBe(true);
  expect(disk.mostOpen).toBeLessThanOrEqual(32);
});

test('where there is no disk, files are in memory', async () => {
  const without = { entries: new Map(), root: async () => ({ getDirectoryHandle: async () => ({ getFileHandle: async () => ({}) }) }) };
  for (const disk of [without, { root: async () => fails('SecurityError') }]) {
    const desk = new Desk({ disk });
    await desk.one('memory');
    const file = fileOf(8, 100);
    await desk.seal(file);
    expect(isSame(await desk.bytes(file), file.bytes)).toBe(true);
  }
});

test('a file that has changed is not sealed', async () => {
  const disk = new Disk();
  const desk = new Desk({ disk });
  const file = fileOf(9, CHUNK + 100);
  await desk.open(file);
  const changed = file.bytes.slice();
  changed[CHUNK + 50] ^= 1;
  const sources = [
    new File([changed], 'changed'), new File([file.bytes.subarray(1)], 'shorter'), new File([file.bytes, 'x'], 'longer'),
    { size: file.size, slice: () => fails('NotReadableError') },
  ];
  for (const blob of sources) {
    desk.order('seal', file.name, blob, 1, file.digests[1], file.proofs[1]);
    await desk.one('changed', file.name, 1);
  }
  expect([...desk.all('stored'), ...disk.files.keys()]).toEqual([]);
  desk.order('seal', file.name, file.blob, 1, file.digests[1], file.proofs[1]);
  await desk.one('stored', file.name, 1);
  // What is held is not read, nor sealed again.
  const slot = disk.files.get(file.name).bytes.slice();
  desk.order('seal', file.name, sources[0], 1, file.digests[1], file.proofs[1]);
  await desk.one('stored', file.name, 1);
  expect(isSame(disk.files.get(file.name).bytes, slot)).toBe(true);
});

test('a chunk that is damaged on disk is lost, and can be sealed again', async () => {
  const disk = new Disk();
  const desk = new Desk({ disk });
  const file = fileOf(10, 2 * CHUNK);
  await desk.seal(file);
  const damage = () => (disk.files.get(file.name).bytes[SEALED + 1000] ^= 1);
  const again = async () => {
    expect(await desk.open(file)).toEqual([1, 0]);
    expect([...disk.files.get(`${file.name}.held`).bytes]).toEqual([1, 0]);
    desk.order('seal', file.name, file.blob, 1, file.digests[1], file.proofs[1]);
    await desk.one('stored', file.name, 1);
  };
  // Whoever gets it finds that it does not open, and asks again: then it is looked at here.
  damage();
  desk.order('send', file.name, 1);
  await desk.one('sent', file.name, 1);
  desk.order('send', file.name, 1);
  await desk.one('lost', file.name, 1);
  expect(desk.relay.count(4)).toBe(PIECES);
  await again();

  damage();
  desk.order('blob', 1, file.name, '');
  await desk.one('lost', file.name, 1);
  expect(await desk.one('failed', 1)).toEqual(['failed', 1, 'lost']);
  await again();

  damage();
  const saved = target();
  desk.order('write', 2, file.name, saved);
  await desk.one('lost', file.name, 1);
  expect(await desk.one('failed', 2)).toEqual(['failed', 2, 'lost']);
  expect(saved.ended).toBe('aborted');
  await again();

  const small = target(1);
  desk.order('write', 3, file.name, small);
  expect(await desk.one('failed', 3)).toEqual(['failed', 3, 'disk']);
  desk.order('write', 4, file.name, { createWritable: async () => fails('NotAllowedError') });
  expect(await desk.one('failed', 4)).toEqual(['failed', 4, 'disk']);
  const stopped = target();
  desk.order('write', 5, file.name, stopped);
  desk.order('stop', 5);
  await until(() => stopped.ended === 'aborted');
  expect(small.ended).toBe('aborted');
  expect([...desk.all('written'), ...desk.all('failed')]).toEqual([]);

  // A file cut short holds less than its marks say.
  await until(() => disk.open === 0);
  disk.files.get(file.name).bytes = disk.files.get(file.name).bytes.slice(0, SEALED + 5);
  expect(await new Desk({ disk }).open(file)).toEqual([1, 0]);
});

test('a full disk and a full memory are told, and nothing is taken for stored', async () => {
  const [file, disk] = [fileOf(11, 3 * CHUNK), new Disk()];
  disk.quota = 2 * SEALED + 10;
  for (const desk of [new Desk({ disk }), new Desk({ room: 2 * SEALED })]) {
    await desk.open(file);
    for (const index of [0, 1, 2]) desk.order('seal', file.name, file.blob, index, file.digests[index], file.proofs[index]);
    const [, , full] = await desk.one('full', file.name);
    const held = [0, 1, 2].map((index) => (index === full ? 0 : 1));
    for (const index of [0, 1, 2]) if (held[index]) await desk.one('stored', file.name, index);
    expect(await desk.open(file)).toEqual(held);
    expect(desk.all('stored')).toEqual([]);
    // There is room once a file has gone.
    desk.order('forget', file.name);
    await desk.seal(fileOf(30, 2 * CHUNK));
  }
});

test('a received chunk for which there is no room is thrown away', async () => {
  const relay = new Relay();
  const [one, other] = [new Desk({ relay }), new Desk({ relay, room: 0 })];
  const file = fileOf(12, 7);
  await one.seal(file);
  await other.open(file);
  other.order('listen', file.name);
  await until(() => relay.sockets[0]?.subscribed.size === 1);
  for (let time = 0; time < 2; time += 1) {
    one.order('send', file.name, 0);
    await other.one('complete', file.name, 0);
    await other.one('full', file.name, 0);
  }
  expect(await other.open(file)).toEqual([0]);
});

test('after a break everything is proven and subscribed to again', async () => {
  const relay = new Relay();
  const [one, other] = [new Desk({ relay }), new Desk({ relay })];
  const [file, second] = [fileOf(13, 2 * CHUNK), fileOf(14, 5)];
  await one.seal(file);
  for (const opened of [file, second]) {
    await other.open(opened);
    other.order('listen', opened.name);
  }
  await until(() => relay.last?.subscribed.size === 2);
  expect(await other.one('line')).toEqual(['line', true]);
  const [, , old] = await other.one('prove', file.name);
  const ends = [
    (socket) => relay.end(socket), (socket) => socket.give([0x87, 3, 244]), (socket) => socket.give([0x85, 0, 0, 0, 9]),
    (socket) => socket.give([0x99]), (socket) => socket.onmessage({ data: 'text' }), (socket) => socket.onerror({}),
    // Silent, though the connection stands.
    (socket) => (socket.give = () => undefined),
  ];
  for (const [time, end] of ends.entries()) {
    const before = relay.last;
    end(before);
    expect(await other.one('line')).toEqual(['line', false]);
    await until(() => relay.last !== before && relay.last.subscribed.size === 2, `a connection after break ${time}`);
    expect([before.open, relay.sockets.filter(({ open }) => open).length]).toEqual([false, 1]);
    expect(await other.one('line')).toEqual(['line', true]);
  }

  // A proof for a connection before is not sent.
  other.proves = false;
  relay.end(relay.last);
  await other.one('line', false);
  await other.one('line', true);
  other.got = [];
  other.prove(file.name, old);
  await other.after(500);
  expect(relay.last.frames).toEqual([]);
  relay.end(relay.last);
  other.proves = true;
  await until(() => relay.last.subscribed.size === 2);

  // What was on its way is not taken for sent.
  relay.drained = NEVER;
  one.order('send', file.name, 0);
  one.order('send', file.name, 1);
  await one.one('sent', file.name, 0);
  await until(() => relay.last.bufferedAmount > CHUNK);
  one.order('send', file.name, 0);
  relay.end(relay.last);
  await one.one('unsent', file.name, 1);
  await one.one('unsent', file.name, 0);
  relay.drained = AT_ONCE;
  one.order('send', file.name, 1);
  await one.one('sent', file.name, 1);
  await other.one('stored', file.name, 0);
  await other.one('stored', file.name, 1);
  expect(other.all('spoilt')).toEqual([]);

  // Nobody there: again and again, and less often.
  relay.reachable = false;
  const tries = relay.sockets.length;
  for (const socket of relay.sockets) relay.end(socket);
  await other.one('line', false);
  await other.after(60_000);
  expect(relay.sockets.length - tries).toBeGreaterThan(1);
  expect(relay.sockets.length - tries).toBeLessThan(20);
  relay.reachable = true;
  await until(() => relay.last.subscribed.size === 2);
});

test('a chunk that is sent while connections fail waits for one that does not, and not for long', async () => {
  const relay = new Relay();
  const desk = new Desk({ relay });
  const file = fileOf(32, 2 * CHUNK);
  await desk.seal(file);
  relay.reachable = false;
  desk.order('send', file.name, 0);
  await until(() => relay.sockets.length === 3);
  expect(desk.all('unsent')).toEqual([]);
  relay.reachable = true;
  await desk.one('sent', file.name, 0);

  relay.reachable = false;
  relay.end(relay.last);
  await desk.after(100);
  desk.order('send', file.name, 1);
  await desk.one('unsent', file.name, 1);
  relay.reachable = true;
  desk.order('send', file.name, 1);
  await desk.one('sent', file.name, 1);
});

test('a refused frame asks for a new proof, once in a second', async () => {
  const relay = new Relay();
  const desk = new Desk({ relay });
  const file = fileOf(15, 2 * CHUNK);
  await desk.seal(file);
  relay.drained = NEVER;
  desk.order('send', file.name, 0);
  await desk.one('sent', file.name, 0);
  desk.order('send', file.name, 1);
  await until(() => relay.last.bufferedAmount > CHUNK);
  const refuse = () => relay.last.give([0x83, ...file.topic, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  await desk.one('prove', file.name);
  relay.last.proven.clear();
  refuse();
  await desk.one('unsent', file.name, 1);
  relay.drained = AT_ONCE;
  relay.last.bufferedAmount = 0;
  desk.order('send', file.name, 1);
  await desk.one('sent', file.name, 1);
  expect([desk.all('prove').length, relay.sockets.length]).toEqual([1, 1]);

  desk.got = [];
  const begun = performance.now();
  while (performance.now() - begun < 5_000 / FASTER) {
    refuse();
    await soon();
  }
  const seconds = ((performance.now() - begun) * FASTER) / 1000;
  expect(desk.all('prove').length).toBeGreaterThan(2);
  expect(desk.all('prove').length).toBeLessThanOrEqual(seconds + 1);
});

test('no more is given to the socket than it takes', async () => {
  const relay = new Relay();
  const [one, other] = [new Desk({ relay }), new Desk({ relay })];
  const file = fileOf(16, 6 * CHUNK);
  await one.seal(file);
  await other.open(file);
  other.order('listen', file.name);
  await until(() => relay.last?.subscribed.size === 1);
  relay.drained = 10;
  for (const index of file.chunks.keys()) one.order('send', file.name, index);
  for (const index of file.chunks.keys()) await one.one('sent', file.name, index);
  expect(relay.last.most).toBeGreaterThan(CHUNK);
  expect(relay.last.most).toBeLessThanOrEqual(CHUNK + 45 + HEADER + PIECE);
  for (const index of file.chunks.keys()) await other.one('stored', file.name, index);
});

test('the socket is there while it is needed', async () => {
  const relay = new Relay();
  const desk = new Desk({ relay });
  const file = fileOf(17, 5);
  await desk.seal(file);
  expect(relay.sockets).toEqual([]);
  desk.order('listen', file.name);
  desk.order('listen', file.name);
  await until(() => relay.last?.subscribed.size === 1);
  await until(() => relay.count(5) > 1, 'pings');
  desk.order('silence', file.name);
  await until(() => relay.last.subscribed.size === 0);
  await desk.after(20_000);
  desk.order('listen', file.name);
  await desk.after(20_000);
  expect([relay.last.open, relay.last.subscribed.size]).toEqual([true, 1]);
  desk.order('silence', file.name);
  // The relay forgot the proof with the subscription.
  desk.order('send', file.name, 0);
  await desk.one('sent', file.name, 0);
  await until(() => !relay.last.open, 'the end of the connection');
  await desk.after(5_000);
  expect([relay.sockets.length, relay.count(1), relay.count(3), desk.all('line').length]).toEqual([1, 2, 3, 1]);
  desk.order('send', file.name, 0);
  await desk.one('sent', file.name, 0);
  expect(relay.sockets).toHaveLength(2);
});

test('there are never more topics than the relay takes', async () => {
  const relay = new Relay();
  relay.topics = 2;
  const desk = new Desk({ relay });
  const files = [18, 19, 20, 21].map((seed) => fileOf(seed, 5));
  for (const file of files) {
    await desk.seal(file);
    desk.order('send', file.name, 0);
    await desk.one('sent', file.name, 0);
    expect(relay.last.proven.size).toBeLessThanOrEqual(2);
  }
  expect(relay.sockets).toHaveLength(1);
});

test('only, forget and nothing delete', async () => {
  for (const disk of [new Disk(), undefined]) {
    const relay = new Relay();
    const desk = new Desk({ relay, disk });
    const [one, two, three, four] = [22, 23, 24, 25].map((seed) => fileOf(seed, 5));
    const kept = () => [...disk.files.keys()].filter((name) => !name.endsWith('.held')).sort();
    for (const file of [one, two, three, four]) {
      await desk.seal(file);
      desk.order('listen', file.name);
    }
    await until(() => relay.last?.subscribed.size === 4);
    desk.order('forget', one.name);
    await until(() => relay.last.subscribed.size === 3);
    expect(await desk.open(one)).toEqual([0]);
    if (disk) expect(kept()).toEqual([two, three, four].map(({ name }) => name).sort());
    desk.order('only', [two.name, three.name]);
    await until(() => relay.last.subscribed.size === 2);
    expect(await desk.open(four)).toEqual([0]);
    expect(await desk.open(two)).toEqual([1]);
    if (disk) expect(kept()).toEqual([two, three].map(({ name }) => name).sort());
    // Whatever was begun does not bring anything back.
    desk.order('seal', four.name, four.blob, 0, four.digests[0], four.proofs[0]);
    desk.order('send', two.name, 0);
    desk.order('nothing');
    expect(await desk.one('nothing')).toEqual(['nothing', true]);
    await desk.after(1_000);
    expect([relay.last.open, relay.sockets.length]).toEqual([false, 1]);
    if (disk) expect([...disk.entries.keys(), disk.open]).toEqual([0]);
    expect(await desk.open(three)).toEqual([0]);
    await desk.seal(three);
  }
});

test('chunks in the making are few, and the one touched longest ago gives way', async () => {
  const relay = new Relay();
  const desk = new Desk({ relay });
  desk.keeps = false;
  const file = fileOf(26, 30 * CHUNK);
  await desk.open(file);
  desk.order('listen', file.name);
  await until(() => relay.last?.subscribed.size === 1);
  const frames = await framesOf(file);
  // All but two pieces of each, then one more of each, from the last to the first.
  for (let piece = 0; piece < PIECES - 2; piece += 1) for (let index = 0; index < 24; index += 1) relay.last.give(frames[index][piece]);
  await desk.after(5_000);
  expect(desk.all('heard')).toHaveLength(24 * 3);
  for (let index = 23; index >= 0; index -= 1) {
    relay.last.give(frames[index][14]);
    await desk.after(500);
  }
  relay.last.give(frames[24][0]);
  await desk.after(500);
  relay.last.give(frames[22][15]);
  await desk.one('complete', file.name, 22);
  relay.last.give(frames[23][15]);
  await desk.after(1_000);
  expect(desk.all('complete')).toEqual([]);
  for (const frame of frames[23]) relay.last.give(frame);
  await desk.one('complete', file.name, 23);
});

test('pieces that came before, that are held or that the file does not have change nothing', async () => {
  const relay = new Relay();
  const desk = new Desk({ relay });
  const [file, longer] = [fileOf(31, CHUNK + 1), { ...fileOf(31, CHUNK + 1), size: 4 * CHUNK }];
  longer.chunks = [0, 1, 2, 3].map(() => file.chunks[0]);
  longer.proofs = [0, 1, 2, 3].map(() => file.proofs[0]);
  await desk.open(file);
  desk.order('listen', file.name);
  await until(() => relay.last?.subscribed.size === 1);
  const [frames, beyond] = [await framesOf(file), await framesOf(longer)];
  for (const frame of [...beyond[2], ...beyond[3]]) relay.last.give(frame);
  for (let time = 0; time < 20; time += 1) relay.last.give(frames[0][3]);
  await desk.after(2_000);
  expect([...desk.all('heard'), ...desk.all('spoilt')]).toEqual([]);
  for (const frame of frames[0]) relay.last.give(frame);
  await desk.one('stored', file.name, 0);
  desk.got = [];
  for (const frame of frames[0]) relay.last.give(frame);
  await desk.after(2_000);
  expect(desk.got).toEqual([]);
});

/** The frames in which the relay delivers a file, by chunk and piece. */
async function framesOf(file) {
  const load = (bytes, name) => crypto.subtle.importKey('raw', bytes, name, false, ['encrypt']);
  const [seal, mask] = [await load(file.sealKey, 'AES-GCM'), await load(file.maskKey, 'AES-CTR')];
  return Promise.all(file.chunks.map(async (bytes, index) => {
    const sealed = await worker.sealChunk(seal, file.root, file.size, index, file.proofs[index], bytes);
    const frames = await worker.cut(mask, file.topic, index, sealed);
    return frames.map((frame) => deliver(file.topic, frame.subarray(45)));
  }));
}

function deliver(topic, payload) {
  const head = Buffer.alloc(45);
  head[0] = 0x82;
  head.set(topic, 1);
  head.writeUInt32BE(payload.length, 41);
  return new Uint8Array(Buffer.concat([head, payload]));
}

test('what fills up the number of frames goes out after the last chunk, and is nothing to anybody', async () => {
  const relay = new Relay();
  const [one, other] = [new Desk({ relay }), new Desk({ relay })];
  const file = { ...fileOf(30, CHUNK + 5), filling: 3 };
  await one.seal(file);
  await other.open(file);
  other.order('listen', file.name);
  await until(() => relay.sockets.some(({ subscribed }) => subscribed.has(hex(file.topic))));
  for (const index of [1, 0]) one.order('send', file.name, index);
  for (const index of [1, 0]) await other.one('stored', file.name, index);
  const frames = () => relay.sockets.flatMap((socket) => socket.frames).filter((frame) => frame[0] === 4);
  await until(() => frames().length === 1 + 16 + 3, 'what fills up');
  expect(frames().map((frame) => frame.length)).toEqual(Array(1 + 16 + 3).fill(45 + HEADER + PIECE));
  // Once: who asks for the last chunk again gets that alone.
  one.order('send', file.name, 1);
  await one.after(2_000);
  expect(frames()).toHaveLength(1 + 16 + 3 + 1);
  expect(isSame(await other.bytes(file), file.bytes)).toBe(true);
  expect(other.all('spoilt')).toEqual([]);
});

test('a hostile relay spoils chunks and forges none', async () => {
  test.setTimeout(300_000);
  const [relay, random] = [new Relay(), generator(9001)];
  const pick = (list) => list[Math.floor(random() * list.length)];
  const desk = new Desk({ relay });
  desk.keeps = false;
  const files = [fileOf(27, 2.5 * CHUNK), fileOf(28, 2 * CHUNK), fileOf(29, 0)];
  const frames = [];
  for (const file of files) {
    await desk.open(file);
    desk.order('listen', file.name);
    frames.push(...(await framesOf(file)).flat().map((frame) => ({ file, frame })));
  }
  const subscribed = () => until(() => relay.last?.open && relay.last.subscribed.size === files.length, 'a connection');
  await subscribed();
  const topicOf = (frame, { topic }) => {
    const other = frame.slice();
    other.set(topic, 1);
    return other;
  };
  const flipped = (frame, from) => {
    const other = frame.slice();
    other[from + Math.floor(random() * (frame.length - from))] ^= 1 << Math.floor(random() * 8);
    return other;
  };
  const late = [];
  const attacks = [
    // Dropped, doubled, late.
    () => [],
    ({ frame }) => [frame, frame],
    ({ frame }) => {
      late.push(frame);
      return late.length > 20 ? late.splice(Math.floor(random() * late.length), 1) : [];
    },
    // Flipped anywhere, and behind what the header is masked with.
    ({ frame }) => [flipped(frame, 45)],
    ({ frame }) => [flipped(frame, 45 + HEADER + 16)],
    // Too short, too long.
    ({ file, frame }) => [deliver(file.topic, frame.subarray(45, 45 + Math.floor(random() * (frame.length - 45))))],
    ({ file, frame }) => [deliver(file.topic, Buffer.concat([frame.subarray(45), Buffer.alloc(1)]))],
    // Of another file, or two frames in one.
    ({ frame }) => [topicOf(frame, pick(files))],
    ({ file, frame }) => [deliver(file.topic, Buffer.concat([frame.subarray(45, 45 + HEADER), pick(frames).frame.subarray(45 + HEADER)]))],
    ({ file, frame }) => [deliver(file.topic, Buffer.concat([frame.subarray(45, 77), pick(frames).frame.subarray(77)]))],
    // Random.
    ({ file }) => [deliver(file.topic, crypto.getRandomValues(new Uint8Array(HEADER + PIECE).subarray(0, 60_000)))],
    ({ file }) => [deliver(file.topic, bytesOf(random() * 2 ** 32, HEADER + PIECE))],
  ];
  let given = 0;
  let [whole, spoilt] = [0, 0];
  const stored = new Set();
  const judge = () => {
    for (const [what, name, index, digest, proof] of desk.got.splice(0)) {
      if (what === 'spoilt') spoilt += 1;
      if (what === 'stored') stored.add(`${name} ${index}`);
      if (what !== 'complete') continue;
      whole += 1;
      const file = desk.known.get(name);
      expect([hex(digest), hex(proof)]).toEqual([hex(file.digests[index]), hex(file.proofs[index])]);
    }
  };
  for (let time = 0; given < 12_000; time += 1) {
    const one = pick(frames);
    for (const frame of random() < 0.75 ? [one.frame] : pick(attacks)(one)) {
      relay.last.give(frame);
      given += 1;
    }
    if (time % 50 === 0) {
      await soon();
      judge();
    }
    if (time % 2_000 === 1_999) {
      relay.last.give(one.frame.subarray(0, 1_000));
      await until(() => !relay.last.open || relay.last.subscribed.size === 0);
      await subscribed();
    }
  }
  await desk.after(5_000);
  judge();
  expect([whole > 20, spoilt > 20], `${whole} whole, ${spoilt} spoilt`).toEqual([true, true]);

  // Once it is honest, everything gets through: what was spoilt comes again.
  desk.keeps = true;
  const chunks = files.reduce((sum, file) => sum + file.chunks.length, 0);
  for (let round = 0; stored.size < chunks; round += 1) {
    expect(round).toBeLessThan(10);
    for (const { frame } of frames) relay.last.give(frame);
    await desk.after(5_000);
    judge();
  }
  for (const file of files) expect(isSame(await desk.bytes(file), file.bytes)).toBe(true);
});

// Everything that touches the bytes of files: reads, hashes, seals, keeps, sends, receives, opens and saves them, so that they never
// pass through the page. It decides nothing: the page says what to do. Messages are `[what, ...]` both ways.

import { Lines } from "{{lines.js}}";

export const CHUNK = 1 << 20;
export const PROOF = 640;
export const TAG = 16;
/** What a sealed chunk of the full length takes. */
export const SEALED = PROOF + CHUNK + TAG;
export const PIECES = 16;
export const PIECE = SEALED / PIECES;
export const HEADER = 16;
/** What stands before the payload of a Publish frame: type, topic, number, length. */
export const PUBLISH = 1 + 32 + 8 + 4;

const LONGEST = 2 ** 40;
const MARK = new TextEncoder().encode("np-piece");
/** All that is kept where there is no disk. */
const ROOM = 512 << 20;
/** Chunks that have arrived in part, or wait for the page's word. */
const MAKING = 24;
/** Bytes that may wait in the socket before more are given to it. */
const AHEAD = 1 << 20;
/** Chunks of a file of this computer that are read at once. */
const TOGETHER = 8;
/** Files on disk that are open at a time, and for how long they stay so unused. */
const OPEN = 16;
const OPEN_MS = 5_000;
const LINGER_MS = 30_000;
const PING_MS = 25_000;
const PAUSE_MS = [500, 30_000];
const TELL_MS = 250;
const ASK_MS = 1_000;
const FILL_MS = 20;
/** A connection that held for so long was a good one. */
const HELD_MS = 2_000;
/** So long a chunk waits for a connection. */
const WAIT_MS = 10_000;

// Layout

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
/** What bytes are as a key of a map. */
const keyOf = (bytes) => String.fromCharCode(...bytes);
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

function join(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function u32(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function u64(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** Bytes of a sealed chunk. */
const used = (size, index) => PROOF + Math.min(CHUNK, size - index * CHUNK) + TAG;

/** In how many pieces a sealed chunk travels. */
export const pieces = (size, index) => Math.ceil(used(size, index) / PIECE);

/** How many chunks a file has. An empty one has one, which is empty. */
export const count = (size) => Math.max(1, Math.ceil(size / CHUNK));

export const nonce = (size, index) => join(new Uint8Array(7), u32(index), [index + 1 === count(size) ? 1 : 0]);

export const associated = (root, size, index) => join(root, u64(size), u64(index));

const gcm = (root, size, index) => ({ name: "AES-GCM", iv: nonce(size, index), additionalData: associated(root, size, index) });

/** Seals a chunk with its proof. */
export async function sealChunk(key, root, size, index, proof, bytes) {
  if (proof.length !== PROOF || bytes.length > CHUNK) throw new RangeError("no proof or no chunk");
  return new Uint8Array(await crypto.subtle.encrypt(gcm(root, size, index), key, join(proof, bytes)));
}

/** Opens a sealed chunk: proof and bytes, or nothing. */
export async function openChunk(key, root, size, index, sealed) {
  try {
    const plain = new Uint8Array(await crypto.subtle.decrypt(gcm(root, size, index), key, sealed));
    return { proof: plain.slice(0, PROOF), bytes: plain.subarray(PROOF) };
  } catch {
    return undefined;
  }
}

/** Masks a header, or takes its mask off: RFC 9001 section 5.4.3, over all of it. The sample is one block of the counter. */
export async function mask(key, sample, header) {
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter: sample, length: 128 }, key, header));
}

/** The frames in which a sealed chunk is published; what the last lacks in length is made up at random. */
export function cut(key, topic, index, sealed) {
  return Promise.all(Array.from({ length: Math.ceil(sealed.length / PIECE) }, async (_, piece) => {
    const frame = publication(topic);
    const bytes = frame.subarray(PUBLISH + HEADER);
    const part = sealed.subarray(piece * PIECE, (piece + 1) * PIECE);
    bytes.set(part);
    randomize(bytes.subarray(part.length));
    frame.set(await mask(key, bytes.subarray(0, 16), join(MARK, u32(index), [piece, 0, 0, 0])), PUBLISH);
    return frame;
  }));
}

/** A frame that holds nothing and cannot be told from the others. */
export function filling(topic) {
  const frame = publication(topic);
  randomize(frame.subarray(PUBLISH));
  return frame;
}

/** A Publish frame whose payload is still to be put in, and its number. */
function publication(topic) {
  const frame = new Uint8Array(PUBLISH + HEADER + PIECE);
  frame[0] = 0x04;
  frame.set(topic, 1);
  new DataView(frame.buffer).setUint32(PUBLISH - 4, HEADER + PIECE);
  return frame;
}

function randomize(bytes) {
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
}

/** Which piece of which chunk a payload is; nothing if it is none of this file. */
export async function readPiece(key, payload) {
  if (payload.length !== HEADER + PIECE) return undefined;
  const header = await mask(key, payload.subarray(HEADER, HEADER + 16), payload.subarray(0, HEADER));
  const piece = header[12];
  if (!same(header.subarray(0, 8), MARK) || piece >= PIECES || header.subarray(13).some((byte) => byte !== 0)) return undefined;
  return { index: new DataView(header.buffer).getUint32(8), piece, bytes: payload.subarray(HEADER) };
}

// Frames of the relay, as in relay/wire

export const subscribe = (topic) => join([0x01], topic);
export const unsubscribe = (topic) => join([0x02], topic);
export const ping = () => Uint8Array.of(0x05);

/** Reads a frame of the relay. Nothing for what ends the connection: Close, Drain, and bytes that are no frame. */
export function readFrame(data) {
  if (!(data instanceof ArrayBuffer) || data.byteLength === 0) return undefined;
  const [bytes, view] = [new Uint8Array(data), new DataView(data)];
  const is = (kind, length) => bytes[0] === kind && bytes.length === length;
  const topic = () => keyOf(bytes.subarray(1, 33));
  if (is(0x81, 39)) return { kind: "hello", topics: view.getUint16(5), challenge: bytes.slice(7) };
  if (bytes.length >= 45 && is(0x82, 45 + view.getUint32(41))) return { kind: "deliver", topic: topic(), payload: bytes.subarray(45) };
  if (is(0x83, 42)) return { kind: "refused", topic: topic() };
  // The page sees by itself which chunks do not get whole.
  if (is(0x84, 33)) return { kind: "gap" };
  return is(0x86, 1) ? { kind: "pong" } : undefined;
}

// Stores

/** Runs tasks in the order in which they came, so many at a time. */
function lane(width) {
  const waiting = [];
  let running = 0;
  const next = () => {
    if (running === width || waiting.length === 0) return;
    running += 1;
    const [task, resolve, reject] = waiting.shift();
    (async () => task())().then(resolve, reject).finally(() => {
      running -= 1;
      next();
    });
  };
  return (task) => new Promise((resolve, reject) => {
    waiting.push([task, resolve, reject]);
    next();
  });
}

function memoryStore(room) {
  const all = new Map();
  let taken = 0;
  const remove = (name) => {
    for (const sealed of all.get(name)?.values() ?? []) taken -= sealed.length;
    all.delete(name);
  };
  return {
    held: (name, size) => Uint8Array.from({ length: count(size) }, (_, index) => (all.get(name)?.has(index) ? 1 : 0)),
    read: (name, index) => all.get(name)?.get(index),
    write(name, index, sealed) {
      if (taken + sealed.length > room) throw new DOMException("no more is kept in memory", "QuotaExceededError");
      if (!all.has(name)) all.set(name, new Map());
      all.get(name).set(index, sealed);
      taken += sealed.length;
    },
    lose(name, index) {
      taken -= all.get(name)?.get(index)?.length ?? 0;
      all.get(name)?.delete(index);
    },
    flush() {},
    remove,
    only: (names) => [...all.keys()].filter((name) => !names.includes(name)).forEach(remove),
    close() {},
  };
}

/** A file of slots and a file that tells which of them are held, by name. Throws where a worker cannot have them. */
async function diskStore(directory, later, now) {
  const folder = await (await directory()).getDirectoryHandle("files", { create: true });
  const pairs = new Map();
  let sweeping = false;

  const pause = (ms) => new Promise((resolve) => later(resolve, ms));
  /** A page that was just reloaded may still hold what this one asks for. */
  async function patient(task) {
    for (let left = 30; ; left -= 1) {
      try {
        return await task();
      } catch (error) {
        if (error.name !== "NoModificationAllowedError" || left === 0) throw error;
        await pause(100);
      }
    }
  }
  const access = async (name, create) => {
    const handle = await folder.getFileHandle(name, { create });
    return patient(() => handle.createSyncAccessHandle());
  };
  const gone = async (name) => {
    await patient(() => folder.removeEntry(name)).catch((error) => {
      if (error.name !== "NotFoundError") throw error;
    });
  };
  const shut = (name) => {
    const pair = pairs.get(name);
    pairs.delete(name);
    pair?.slots.close();
    pair?.marks.close();
  };
  function sweep() {
    sweeping = false;
    [...pairs].filter(([, pair]) => now() - pair.used >= OPEN_MS).forEach(([name]) => shut(name));
    if (pairs.size > 0) sweepLater();
  }
  function sweepLater() {
    if (!sweeping) later(sweep, OPEN_MS);
    sweeping = true;
  }
  /** Used at once, before anything else runs: nothing closes it meanwhile. */
  async function open(name, create) {
    let pair = pairs.get(name);
    if (!pair) {
      if (pairs.size >= OPEN) shut(pairs.keys().next().value);
      const slots = await access(name, create);
      const marks = await access(`${name}.held`, create).catch((error) => {
        slots.close();
        throw error;
      });
      pair = { slots, marks };
    }
    pair.used = now();
    // The one that was used last comes last.
    pairs.delete(name);
    pairs.set(name, pair);
    sweepLater();
    return pair;
  }
  async function remove(name) {
    shut(name);
    await gone(`${name}.held`);
    await gone(name);
  }
  (await access("try", true)).close();
  await gone("try");

  return {
    async held(name, size) {
      const held = new Uint8Array(count(size));
      const pair = await open(name, false).catch((error) => {
        if (error.name !== "NotFoundError") throw error;
      });
      pair?.marks.read(held, { at: 0 });
      const end = pair?.slots.getSize() ?? 0;
      return held.map((mark, index) => (mark === 1 && index * SEALED + used(size, index) <= end ? 1 : 0));
    },
    async read(name, index, length) {
      const sealed = new Uint8Array(length);
      return (await open(name, false)).slots.read(sealed, { at: index * SEALED }) === length ? sealed : undefined;
    },
    async write(name, index, sealed) {
      const { slots, marks } = await open(name, true);
      if (slots.write(sealed, { at: index * SEALED }) !== sealed.length) throw new DOMException("it was not written", "QuotaExceededError");
      marks.write(Uint8Array.of(1), { at: index });
    },
    async lose(name, index) {
      (await open(name, false)).marks.write(Uint8Array.of(0), { at: index });
    },
    async flush(name) {
      const { slots, marks } = await open(name, false);
      slots.flush();
      marks.flush();
    },
    remove,
    async only(names) {
      const others = new Set();
      for await (const name of folder.keys()) others.add(name.replace(/\.held$/, ""));
      for (const name of others) if (!names.includes(name)) await remove(name);
    },
    close: () => [...pairs.keys()].forEach(shut),
  };
}

// The worker

/** Returns what takes the messages of the page. Where they go, time, sockets and disk are given, so that it can be tested. */
export function serve({ post, socket, directory, now, later = (task, ms) => setTimeout(task, ms), room = ROOM }) {
  const files = new Map();
  const topics = new Map();
  const jobs = new Map();
  // By name and index; the one that was touched last comes last.
  const making = new Map();
  const sends = [];
  const inTurn = lane(1);
  const sealing = lane(2);
  let place, store, relay, line, told, sending, retry, linger;
  let [pause] = PAUSE_MS;
  let published = 0;

  const pass = (ms) => new Promise((resolve) => later(resolve, ms));
  const live = (file) => file !== undefined && files.get(file.name) === file;
  const key = (file, index) => `${file.name} ${index}`;
  /** The file of this name once it is open, if the page has not had it forgotten since. */
  async function known(name, index = 0) {
    const file = files.get(name);
    await file?.ready;
    return live(file) && Number.isInteger(index) && index >= 0 && index < file.count ? file : undefined;
  }

  // Reading and keeping

  /** The store, made where it is not there yet. Only in turn. */
  async function stored() {
    if (!store && place === "disk") {
      store = await diskStore(directory, later, now).catch((error) => void console.info(error));
      if (!store) post(["memory"]);
    }
    return (store ??= memoryStore(room));
  }

  /** Reads some chunks at once, which is faster than one at a time. */
  async function readChunks(blob, size, from, to) {
    const end = Math.min(size, to * CHUNK);
    const bytes = blob.size === size && new Uint8Array(await blob.slice(from * CHUNK, end).arrayBuffer());
    if (bytes.length !== end - from * CHUNK) throw new Error("the file has another length");
    return Array.from({ length: to - from }, (_, place) => bytes.subarray(place * CHUNK, (place + 1) * CHUNK));
  }

  async function keep(file, index, sealed) {
    await inTurn(async () => {
      if (!live(file)) return;
      try {
        if (!file.held[index]) await (await stored()).write(file.name, index, sealed);
        if (!live(file)) return;
        file.held[index] = 1;
        making.delete(key(file, index));
        // Before anybody is told that all of it is here.
        if (!file.held.includes(0)) await store.flush(file.name);
        post(["stored", file.name, index]);
      } catch (error) {
        console.info(error);
        if (live(file)) post(["full", file.name, index]);
      }
    });
  }

  /** A chunk as it is in the store. */
  const slot = (file, index) => inTurn(() => (live(file) && file.held[index] ? store?.read(file.name, index, used(file.size, index)) : undefined));

  /** A chunk out of the store, sealed and open. One that is not there or does not open is not held any more. */
  async function take(file, index) {
    try {
      const sealed = await slot(file, index);
      const plain = sealed && (await openChunk(file.seal, file.root, file.size, index, sealed));
      if (plain) return { sealed, ...plain };
      await inTurn(() => {
        if (!live(file) || !file.held[index]) return undefined;
        file.held[index] = 0;
        return store?.lose(file.name, index);
      });
    } catch (error) {
      console.info(error);
      file.held[index] = 0;
    }
    return undefined;
  }

  /** Begins a job. Tells of it now and then, and is true until it is stopped. */
  function begin(job, what) {
    const mine = {};
    let last = now();
    jobs.set(job, mine);
    const going = () => jobs.get(job) === mine;
    const tell = (bytes) => {
      if (!going() || now() - last < TELL_MS) return;
      last = now();
      post([what, job, bytes]);
    };
    const end = (...message) => {
      if (!going()) return;
      jobs.delete(job);
      post(message);
    };
    return { going, tell, end };
  }

  /** Gives all chunks of a file away, in order. The next one is opened meanwhile. False if one of them is lost. */
  async function each(name, { going, tell }, give) {
    const file = await known(name);
    if (!file) return false;
    let next = take(file, 0);
    for (let index = 0, done = 0; index < file.count; index += 1) {
      const chunk = await next;
      if (!going()) return false;
      if (!chunk) {
        post(["lost", name, index]);
        return false;
      }
      if (index + 1 < file.count) next = take(file, index + 1);
      await give(chunk.bytes);
      done += chunk.bytes.length;
      tell(done);
    }
    return true;
  }

  // Receiving

  async function receive(file, payload) {
    if (!file?.listening) return;
    await file.ready;
    const read = await readPiece(file.mask, payload);
    if (!read || !live(file) || read.index >= file.count || file.held[read.index]) return;
    const { index, piece, bytes } = read;
    const all = pieces(file.size, index);
    if (piece >= all) return;
    const at = key(file, index);
    let made = making.get(at);
    if (made?.seen & (1 << piece)) return;
    if (!made && making.size >= MAKING) {
      const oldest = [...making].find(([, { missing }]) => missing > 0);
      if (!oldest) return;
      making.delete(oldest[0]);
    }
    made ??= { file, sealed: new Uint8Array(all * PIECE), seen: 0, missing: all, whole: false };
    making.delete(at);
    making.set(at, made);
    made.sealed.set(bytes, piece * PIECE);
    made.seen |= 1 << piece;
    made.missing -= 1;
    if (made.missing % 4 === 0) post(["heard", file.name, index]);
    if (made.missing > 0) return;
    made.sealed = made.sealed.subarray(0, used(file.size, index));
    const plain = await openChunk(file.seal, file.root, file.size, index, made.sealed);
    const digest = plain && (await sha256(plain.bytes));
    if (making.get(at) !== made) return;
    made.whole = plain !== undefined;
    if (!plain) making.delete(at);
    post(plain ? ["complete", file.name, index, digest, plain.proof] : ["spoilt", file.name, index]);
  }

  /** What the page decided about a whole chunk, once. */
  function decided(name, index) {
    const made = making.get(`${name} ${index}`);
    if (!made?.whole) return undefined;
    made.whole = false;
    return made;
  }

  // The connection

  const needed = (file) => file.listening || file.fills || sends.some((send) => send.file === file);

  function say(up) {
    if (told !== up) post(["line", up]);
    told = up;
  }

  /** Brings the connection to what is wanted of it now. */
  function tend() {
    const wanted = [...files.values()].filter(needed);
    if (wanted.length > 0) {
      clearTimeout(linger);
      linger = undefined;
    } else if (line) {
      linger ??= later(hangUp, LINGER_MS);
    }
    if (!line && wanted.length > 0 && !retry && relay) connect();
    if (!line?.challenge) return;
    for (const [file, { subscribed }] of line.topics) if (subscribed && !needed(file)) leave(file);
    for (const file of wanted) {
      const topic = line.topics.get(file) ?? prove(file);
      if (topic?.proven && file.listening && !topic.subscribed) {
        topic.subscribed = true;
        line.socket.send(subscribe(file.topic));
        // The answer comes after all that came before: from then on nothing is missed.
        sound(line, file);
      }
    }
    pump();
  }

  function sound(on, file) {
    on.sounded.push(file);
    on.socket.send(ping());
  }

  /** Asks the page for the proof of a topic, as long as the relay takes one more. */
  function prove(file) {
    if (line.topics.size >= line.limit) {
      const spare = [...line.topics.keys()].find((other) => !needed(other));
      if (!spare) return undefined;
      leave(spare);
    }
    const topic = { proven: false, subscribed: false, asked: now() };
    line.topics.set(file, topic);
    post(["prove", file.name, line.challenge.slice()]);
    return topic;
  }

  /** The relay forgets the proof of a topic with its subscription. */
  function leave(file) {
    const topic = line?.topics.get(file);
    line?.topics.delete(file);
    if (topic?.proven) line.socket.send(unsubscribe(file.topic));
  }

  function refused(file) {
    const [on, topic] = [line, line.topics.get(file)];
    if (!topic?.proven) return;
    topic.proven = false;
    if (sending?.file === file) sending.refused = true;
    later(() => {
      if (line !== on || on.topics.get(file) !== topic || topic.proven || !live(file)) return;
      topic.asked = now();
      post(["prove", file.name, on.challenge.slice()]);
    }, Math.max(0, topic.asked + ASK_MS - now()));
  }

  function connect() {
    const mine = { topics: new Map(), sounded: [], since: now(), heard: true };
    line = mine;
    try {
      mine.socket = socket(relay);
    } catch (error) {
      console.info(error);
      return broken(mine);
    }
    mine.socket.binaryType = "arraybuffer";
    mine.socket.onclose = mine.socket.onerror = () => broken(mine);
    mine.socket.onmessage = ({ data }) => {
      if (line !== mine) return;
      const frame = readFrame(data);
      // Hello comes first, and once.
      if (!frame || (frame.kind === "hello") === (mine.challenge !== undefined)) return broken(mine);
      mine.heard = true;
      if (frame.kind === "hello") {
        mine.challenge = frame.challenge;
        mine.limit = frame.topics;
        say(true);
        tend();
      } else if (frame.kind === "pong") {
        const file = mine.sounded.shift();
        if (live(file) && mine.topics.get(file)?.subscribed) post(["listening", file.name]);
      } else if (frame.kind === "deliver") {
        receive(topics.get(frame.topic), frame.payload).catch(console.error);
      } else if (frame.kind === "refused" && topics.has(frame.topic)) {
        refused(topics.get(frame.topic));
      }
    };
    const beat = () => {
      if (line !== mine) return;
      if (!mine.heard || !mine.challenge) return broken(mine);
      mine.heard = false;
      sound(mine);
      later(beat, PING_MS);
    };
    later(beat, PING_MS);
  }

  function broken(which) {
    if (line !== which) return;
    line = undefined;
    which.socket?.close();
    if ([...files.values()].some(needed)) say(false);
    // Where one way to the relay fails, the next try takes another.
    for (const send of sends.filter(({ since }) => which.challenge || now() - since > WAIT_MS)) {
      sends.splice(sends.indexOf(send), 1);
      post(["unsent", send.file.name, send.index]);
    }
    if (which.challenge && now() - which.since > HELD_MS) [pause] = PAUSE_MS;
    retry = later(() => {
      retry = undefined;
      tend();
    }, pause * (1 + Math.random() / 2));
    pause = Math.min(pause * 2, PAUSE_MS[1]);
  }

  function hangUp() {
    const was = line;
    clearTimeout(linger);
    line = linger = undefined;
    was?.socket.close();
  }

  // Sending

  async function pump() {
    if (sending || !line) return;
    const send = sends.find(({ file }) => line.topics.get(file)?.proven);
    if (!send) return;
    sending = send;
    const what = await hand(send, line).catch((error) => {
      console.error(error);
      return "unsent";
    });
    sending = undefined;
    // One that is not on the list any more was answered, or its file forgotten.
    const at = sends.indexOf(send);
    if (at >= 0) {
      sends.splice(at, 1);
      post([what, send.file.name, send.index]);
    }
    tend();
  }

  /** Hands the pieces of a chunk to the socket, no faster than they go. */
  async function hand(send, on) {
    const { file, index } = send;
    if (!(await known(file.name, index))) return "lost";
    // Who asks twice may have got something that does not open: then it must not be this store that is to blame.
    const sealed = file.sent[index] ? (await take(file, index))?.sealed : await slot(file, index).catch(console.info);
    if (!sealed) return "lost";
    file.sent[index] = 1;
    const frames = await cut(file.mask, file.topic, index, sealed);
    for (const frame of frames) {
      while (on.socket.bufferedAmount > AHEAD && line === on && !send.refused) await pass(5);
      if (line !== on || send.refused || !sends.includes(send)) return "unsent";
      publish(on, frame);
    }
    // All that is to be seen of the end of the file, and once: whoever asks for the last chunk again has heard it.
    if (index + 1 === file.count) fillUp(file);
    return "sent";
  }

  function publish(on, frame) {
    new DataView(frame.buffer).setBigUint64(33, BigInt((published += 1)));
    on.socket.send(frame);
  }

  /** Fills the number of frames up, slowly, while nothing else goes out. */
  function fillUp(file) {
    if (file.filled) return;
    file.filled = true;
    let left = file.filling;
    const next = () => {
      if (left === 0 || !live(file)) return;
      if (line?.topics.get(file)?.proven && !sending && line.socket.bufferedAmount === 0) {
        publish(line, filling(file.topic));
        left -= 1;
      }
      file.fills = left > 0;
      later(next, FILL_MS);
    };
    file.fills = left > 0;
    next();
  }

  /** Everything about a file but what is on disk. */
  function drop(file) {
    leave(file);
    files.delete(file.name);
    topics.delete(keyOf(file.topic));
    for (const send of sends.filter((send) => send.file === file)) sends.splice(sends.indexOf(send), 1);
    for (const [at, made] of making) if (made.file === file) making.delete(at);
  }

  const orders = {
    begin(url, where) {
      relay = url;
      place = where;
      return inTurn(stored);
    },

    async digest(job, blob) {
      const { going, tell, end } = begin(job, "read");
      try {
        const { size } = blob;
        const digests = new Uint8Array(32 * count(size));
        let [next, done] = [0, 0];
        // Some are read while others are hashed.
        await Promise.all([1, 2].map(async () => {
          while (going() && next < count(size)) {
            const from = next;
            next = Math.min(count(size), from + TOGETHER);
            for (const [place, bytes] of (await readChunks(blob, size, from, next)).entries()) {
              digests.set(await sha256(bytes), 32 * (from + place));
              tell((done += bytes.length));
            }
          }
        }));
        end("digested", job, digests);
      } catch (error) {
        console.info(error);
        end("unreadable", job);
      }
    },

    stop: (job) => void jobs.delete(job),

    async open(name, sealKey, maskKey, topic, root, size, filling) {
      if (!/^[0-9a-f]{32}$/.test(name) || !Number.isInteger(size) || size < 0 || size > LONGEST) return;
      if (!files.has(name)) {
        const file = { name, topic, root, size, filling, count: count(size), held: new Uint8Array(count(size)), sent: new Uint8Array(count(size)), listening: false, filled: false, fills: false };
        const load = (bytes, algorithm, ...uses) => crypto.subtle.importKey("raw", bytes, algorithm, false, uses);
        files.set(name, file);
        topics.set(keyOf(topic), file);
        file.ready = (async () => {
          [file.seal, file.mask] = await Promise.all([load(sealKey, "AES-GCM", "encrypt", "decrypt"), load(maskKey, "AES-CTR", "encrypt")]);
          sealKey.fill(0);
          maskKey.fill(0);
          await inTurn(async () => (file.held = await (await stored()).held(name, size)));
        })();
      }
      try {
        const file = await known(name);
        if (file) post(["opened", name, file.held.slice()]);
      } catch (error) {
        // Another tab may hold it still. What cannot be looked at is not taken for nothing.
        console.info(error);
        if (files.get(name)) drop(files.get(name));
        post(["unopened", name]);
      }
    },

    seal: (name, blob, from, digests, proofs) => sealing(async () => {
      const to = from + digests.length / 32;
      const file = Number.isInteger(to) && to > from && (await known(name, from)) && (await known(name, to - 1));
      if (!file) return;
      const chunks = await readChunks(blob, file.size, from, to).catch(() => undefined);
      for (let index = from; index < to; index += 1) {
        const place = index - from;
        if (!live(file)) return;
        if (file.held[index]) {
          post(["stored", name, index]);
          continue;
        }
        // A key seals one content only: never another one than the file had.
        const changed = !chunks || !same(await sha256(chunks[place]), digests.subarray(place * 32, place * 32 + 32));
        if (!live(file)) return;
        if (changed) return void post(["changed", name, index]);
        const proof = proofs.subarray(place * PROOF, place * PROOF + PROOF);
        await keep(file, index, await sealChunk(file.seal, file.root, file.size, index, proof, chunks[place]));
      }
    }),

    listen(name) {
      if (!files.has(name)) return;
      files.get(name).listening = true;
      tend();
    },

    silence(name) {
      if (!files.has(name)) return;
      files.get(name).listening = false;
      tend();
    },

    proof(name, challenge, frame) {
      const topic = line?.topics.get(files.get(name));
      if (!topic || topic.proven || !same(challenge, line.challenge)) return;
      topic.proven = true;
      line.socket.send(frame);
      tend();
    },

    send(name, index) {
      if (!files.has(name)) return void post(["unsent", name, index]);
      sends.push({ file: files.get(name), index, since: now(), refused: false });
      tend();
    },

    async keep(name, index) {
      const made = decided(name, index);
      if (!made) return;
      await keep(made.file, index, made.sealed);
      making.delete(`${name} ${index}`);
    },

    drop(name, index) {
      if (decided(name, index)) making.delete(`${name} ${index}`);
    },

    async blob(job, name, type) {
      const running = begin(job, "wrote");
      const parts = [];
      const whole = await each(name, running, (bytes) => void parts.push(new Blob([bytes])));
      if (whole) running.end("made", job, new Blob(parts, { type }));
      else running.end("failed", job, "lost");
    },

    async write(job, name, handle) {
      const running = begin(job, "wrote");
      let file;
      try {
        file = await handle.createWritable();
        const whole = (await each(name, running, (bytes) => file.write(bytes))) && running.going();
        await (whole ? file.close() : file.abort());
        running.end(...(whole ? ["written", job] : ["failed", job, "lost"]));
      } catch (error) {
        console.info(error);
        running.end("failed", job, "disk");
        await file?.abort().catch(() => undefined);
      }
    },

    async forget(name) {
      const file = files.get(name);
      if (file) drop(file);
      tend();
      await inTurn(() => store?.remove(name));
    },

    async only(names) {
      for (const file of files.values()) if (!names.includes(file.name)) drop(file);
      tend();
      await inTurn(() => store?.only(names));
    },

    async nothing() {
      jobs.clear();
      for (const file of files.values()) drop(file);
      hangUp();
      let gone = true;
      await inTurn(async () => {
        store?.close();
        store = undefined;
        await (await directory()).removeEntry("files", { recursive: true });
      }).catch((error) => {
        gone = error.name === "NotFoundError" || error.name === "SecurityError";
        if (!gone) console.error(error);
      });
      post(["nothing", gone]);
    },
  };

  return ([what, ...args]) => {
    if (Object.hasOwn(orders, what)) (async () => orders[what](...args))().catch(console.error);
  };
}

if (typeof WorkerGlobalScope !== "undefined") {
  const lines = new Lines();
  const order = serve({
    post: (message) => postMessage(message),
    socket: (url) => lines.open(url),
    directory: () => navigator.storage.getDirectory(),
    now: () => performance.now(),
  });
  addEventListener("message", ({ data }) => order(data));
}

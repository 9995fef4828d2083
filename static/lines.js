// Connections to the relay: a WebSocket, or events and posts where the network breaks WebSockets (relay/README.md).
// One file for the page and for the worker: both choose alike, and the page needs no second one in Rust.

/** How long a WebSocket may take to its first frame, how long once they have failed, and how long the other way may take. */
const [PATIENCE_MS, IMPATIENT_MS, SLOW_MS] = [10_000, 5_000, 15_000];
const HELLO = 0x81;
const TOKEN = 32;
/** What the relay takes in one post, and what is put in one unless the last went quickly: it must arrive within 30 s. */
const [LONGEST, CAREFUL] = [256 << 10, 64 << 10];
const QUICKLY_MS = 5_000;
/** How long what was sent before the end may take. */
const FLUSH_MS = 5_000;
/** States of a WebSocket. */
const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3];

/** WebSockets were broken here and the other way was not: remembered as long as the page lives. */
let broken = false;
/** What the page has found its worker need not find again, nor another page: they ask, and are told. */
let others;

/** Opens one connection after the other, each by the way that is to be tried next. */
export class Lines {
  /** WebSockets in a row that did not get as far as Hello. */
  #failed = 0;

  constructor() {
    if (others) return;
    others = new BroadcastChannel("lines");
    others.onmessage = ({ data }) => {
      broken ||= data;
      if (broken && !data) others.postMessage(true);
    };
    others.postMessage(false);
  }

  /** Returns a WebSocket, or what is used like one. */
  open(url) {
    if (this.#failed >= (broken ? 1 : 2)) return this.#slow();
    const doubtful = broken || this.#failed > 0;
    const answer = doubtful ? isThere() : undefined;
    try {
      const patience = doubtful ? IMPATIENT_MS : PATIENCE_MS;
      return watch(new WebSocket(url), patience, () => (this.#failed = 0), () => this.#count(answer));
    } catch (error) {
      this.#count(answer);
      throw error;
    }
  }

  #slow() {
    // Once: whatever becomes of it, a WebSocket is tried next.
    this.#failed = 0;
    return watch(new SlowLine(), SLOW_MS, () => {
      if (!broken) others.postMessage(true);
      broken = true;
    }, () => undefined);
  }

  /** Neither a browser without a network nor a relay that is down says anything about WebSockets. */
  async #count(answer) {
    if (navigator.onLine !== false && (await (answer ?? isThere()))) this.#failed += 1;
  }
}

// The service worker answers no such request.
const isThere = () => fetch("/", { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false);

/** Tells once whether a connection gets as far as Hello, and ends one that takes too long. */
function watch(line, patience, greeted, failed) {
  line.binaryType = "arraybuffer";
  let over = false;
  const end = (then) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    then();
  };
  const timer = setTimeout(() => {
    // Closing alone can take a minute where nobody answers.
    line.dispatchEvent(new Event("error"));
    line.close();
  }, patience);
  line.addEventListener("message", ({ data }) => {
    if (data instanceof ArrayBuffer && new Uint8Array(data)[0] === HELLO) end(greeted);
  });
  for (const name of ["error", "close"]) line.addEventListener(name, () => end(failed));
  return line;
}

/** As much of a WebSocket as is used here, over server-sent events and posts. */
export class SlowLine extends EventTarget {
  readyState = CONNECTING;
  bufferedAmount = 0;
  #source = new EventSource("/v1/events");
  #token;
  #waiting = [];
  #posting = false;
  #most = CAREFUL;
  #stop = new AbortController();

  constructor() {
    super();
    this.#hear("session", (token) => {
      if (this.#token || token.length !== TOKEN) return this.#end();
      this.#token = token;
      this.readyState = OPEN;
      this.#tell(new Event("open"));
    });
    this.#hear("message", ({ buffer }) => {
      if (!this.#token) return this.#end();
      this.#tell(new MessageEvent("message", { data: buffer }));
    });
    // It would connect again by itself, to another session.
    this.#source.addEventListener("error", () => this.#end());
  }

  send(frame) {
    if (this.readyState !== OPEN) return;
    // A copy: what it is given may lie in memory that changes.
    this.#waiting.push(frame.slice());
    this.bufferedAmount += frame.length;
    if (!this.#posting) this.#post();
  }

  /** What was sent before still goes out. */
  close() {
    if (this.readyState > OPEN) return;
    this.readyState = CLOSING;
    if (this.#posting) setTimeout(() => this.#end(), FLUSH_MS);
    else this.#end();
  }

  async #post() {
    this.#posting = true;
    // What is sent in one go is posted in one go.
    await undefined;
    while (this.#waiting.length > 0) {
      const body = [this.#token];
      let [length, frames] = [TOKEN, 0];
      do {
        const frame = this.#waiting.shift();
        body.push(lengthOf(frame), frame);
        length += 4 + frame.length;
        frames += frame.length;
      } while (this.#waiting.length > 0 && length + 4 + this.#waiting[0].length <= this.#most);
      const begun = performance.now();
      const post = { method: "POST", body: new Blob(body), signal: this.#stop.signal };
      const taken = await fetch("/v1/publish", post).then(({ status }) => status === 204, () => false);
      if (!taken) return this.#end();
      this.bufferedAmount -= frames;
      this.#most = performance.now() - begun < QUICKLY_MS ? LONGEST : CAREFUL;
    }
    this.#posting = false;
    if (this.readyState === CLOSING) this.#end();
  }

  #hear(name, then) {
    this.#source.addEventListener(name, ({ data }) => {
      const bytes = decode(data);
      if (bytes) then(bytes);
      else this.#end();
    });
  }

  #end() {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#source.close();
    this.#stop.abort();
    this.#waiting = [];
    // Never while it is being called.
    queueMicrotask(() => this.#tell(new Event("close")));
  }

  #tell(event) {
    this.dispatchEvent(event);
    this[`on${event.type}`]?.(event);
  }
}

function lengthOf({ length }) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

/** Reads base64 of either alphabet. Nothing if it is none. */
function decode(text) {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch {
    return undefined;
  }
}

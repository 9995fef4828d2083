// A tap on the line between the browsers and the relay: keeps every byte, and can cut one seat off.
//
// A seat is known by the User-Agent its browser context was given. What is cut gets no answer at all: connections
// that are open end, new ones end before a byte comes back. It can also be a network that breaks WebSockets and nothing else.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

import { firstRequest } from './first_request.mjs';
import { WebSocketReader } from './websocket_reader.mjs';

/** What a network does to WebSockets. */
export const BREAKS = {
  'refuses them': 'refuse',
  'swallows what asks for them': 'swallow',
  'lets them open and nothing through': 'silence',
  'cuts them after the first byte': 'cut',
};

export class Tap {
  #server;
  #breaks;
  #lines = new Set();
  #cut = new Set();
  #slow = new Map();

  /** Messages of all WebSockets, in the order in which they passed: { fromClient, bytes }. */
  messages = [];
  /** All bytes as they were on the line, before anything was decoded. */
  raw = [];

  /** Listens on a free port and passes everything on to the relay. */
  static async before(relay) {
    const tap = new Tap();
    tap.#server = createServer((browser) => tap.#pass(browser, relay.port)).listen(0, '127.0.0.1');
    await once(tap.#server, 'listening');
    return tap;
  }

  get url() {
    return `http://localhost:${this.#server.address().port}/`;
  }

  /** Cuts a seat off until it is mended. */
  cut(agent) {
    this.#cut.add(agent);
    for (const line of this.#lines) if (line.agent === agent) line.end();
  }

  mend(agent) {
    this.#cut.delete(agent);
  }

  /** Lets no more than so many bytes a second through to a seat, on each of its connections. */
  slow(agent, rate) {
    this.#slow.set(agent, rate);
  }

  /** From now on breaks WebSockets, in one of the ways of `BREAKS`; those that are open too. */
  breakWebSockets(how) {
    this.#breaks = how;
    for (const line of this.#lines) if (line.isWebSocket) line.end();
  }

  mendWebSockets() {
    this.#breaks = undefined;
  }

  async close() {
    for (const line of this.#lines) line.end();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(browser, port) {
    const line = { agent: undefined, end: () => browser.destroy() };
    this.#lines.add(line);
    browser.on('error', () => {});
    browser.on('close', () => this.#lines.delete(line));
    firstRequest(browser, ({ agent, isWebSocket, bytes }) => {
      Object.assign(line, { agent, isWebSocket });
      const breaks = line.isWebSocket ? this.#breaks : undefined;
      if (this.#cut.has(line.agent)) browser.destroy();
      else if (breaks === 'refuse') browser.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      else if (breaks === 'swallow') browser.resume();
      else this.#join(browser, port, bytes, line, breaks);
    });
  }

  #join(browser, port, head, line, breaks) {
    const relay = connect(port, '127.0.0.1');
    line.end = () => {
      browser.destroy();
      relay.destroy();
    };
    for (const socket of [browser, relay]) {
      socket.on('error', line.end);
      socket.on('close', line.end);
    }
    const fromClient = new WebSocketReader((bytes) => this.messages.push({ fromClient: true, bytes }));
    const fromRelay = new WebSocketReader((bytes) => this.messages.push({ fromClient: false, bytes }));
    const keep = (reader) => (bytes) => {
      this.raw.push(bytes);
      reader.read(bytes);
    };
    browser.on('data', keep(fromClient));
    relay.on('data', keep(fromRelay));
    keep(fromClient)(head);
    relay.write(head);
    browser.pipe(relay);
    relay.on('end', () => browser.end());
    let seen = Buffer.alloc(0);
    const readAnswer = (bytes) => {
      seen = Buffer.concat([seen, bytes]);
      const end = seen.indexOf('\r\n\r\n') + 4;
      if (end < 4 || seen.length === end) return;
      relay.off('data', readAnswer);
      browser.write(seen.subarray(0, breaks === 'cut' ? end + 1 : end));
      if (breaks === 'cut') browser.end();
    };
    if (breaks) return relay.on('data', readAnswer);
    return relay.on('data', (bytes) => {
      browser.write(bytes);
      const rate = this.#slow.get(line.agent);
      if (!rate && browser.writableLength < 1 << 20) return;
      relay.pause();
      if (rate) setTimeout(() => relay.resume(), (bytes.length / rate) * 1000);
      else browser.once('drain', () => relay.resume());
    });
  }
}

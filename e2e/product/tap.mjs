// A tap on the line between the browsers and the relay: keeps every byte, and can cut one seat off.
//
// A seat is known by the User-Agent its browser context was given. What is cut gets no answer at all: connections
// that are open end, new ones end before a byte comes back.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

import { WebSocketReader } from './websocket_reader.mjs';

export class Tap {
  #server;
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
    let head = Buffer.alloc(0);
    const readHead = (bytes) => {
      head = Buffer.concat([head, bytes]);
      if (!head.includes('\r\n\r\n')) return;
      browser.off('data', readHead);
      browser.pause();
      line.agent = /^user-agent: (.*)$/im.exec(head.toString('latin1'))?.[1].trim();
      if (this.#cut.has(line.agent)) browser.destroy();
      else this.#join(browser, port, head, line);
    };
    browser.on('data', readHead);
  }

  #join(browser, port, head, line) {
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
    relay.on('data', (bytes) => {
      browser.write(bytes);
      const rate = this.#slow.get(line.agent);
      if (!rate && browser.writableLength < 1 << 20) return;
      relay.pause();
      if (rate) setTimeout(() => relay.resume(), (bytes.length / rate) * 1000);
      else browser.once('drain', () => relay.resume());
    });
    relay.on('end', () => browser.end());
  }
}

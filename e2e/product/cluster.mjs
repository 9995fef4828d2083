// Two relays that act as one, and before them a door with one address: it passes every connection on to a relay that lives.
//
// A seat is known by the User-Agent its browser context was given.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

import { firstRequest } from './first_request.mjs';
import { Nats } from './nats.mjs';
import { Relay } from './relay.mjs';

export class Cluster {
  #door;
  #lines = new Set();
  #places = new Map();
  #cut = new Set();
  #turn = 0;
  relays = [];
  nats;

  /** Starts three NATS servers, two relays, and the door. */
  static async start() {
    const cluster = new Cluster();
    cluster.nats = await Nats.three();
    cluster.#door = createServer((browser) => cluster.#pass(browser)).listen(0, '127.0.0.1');
    await once(cluster.#door, 'listening');
    const words = ['--host', `localhost:${cluster.#port}`, '--nats', cluster.nats.url, '--hold', '1h', '--hold-replicas', '3'];
    for (const _ of [0, 1]) cluster.relays.push(await Relay.start(words));
    return cluster;
  }

  get #port() {
    return this.#door.address().port;
  }

  /** The address a person would open. */
  get url() {
    return `http://localhost:${this.#port}/`;
  }

  /** Everything the relays have printed. */
  get output() {
    return Buffer.concat(this.relays.map((relay) => relay.output));
  }

  /** Sends a seat to one of the relays from now on, as long as that one lives. */
  place(agent, relay) {
    this.#places.set(agent, relay);
    for (const line of this.#lines) if (line.agent === agent && line.relay !== relay) line.end();
  }

  /** Which relay a seat has its WebSockets at. */
  relayOf(agent) {
    const relays = new Set();
    for (const line of this.#lines) if (line.agent === agent && line.isWebSocket) relays.add(line.relay);
    return [...relays];
  }

  /** Cuts a seat off until it is mended: what is open ends, and what is new ends before a byte comes back. */
  cut(agent) {
    this.#cut.add(agent);
    for (const line of this.#lines) if (line.agent === agent) line.end();
  }

  mend(agent) {
    this.#cut.delete(agent);
  }

  async close() {
    for (const line of this.#lines) line.end();
    this.#door.close();
    for (const relay of this.relays) await relay.kill();
    await this.nats.close();
  }

  #pass(browser) {
    const line = { agent: undefined, relay: undefined, isWebSocket: false, end: () => browser.destroy() };
    this.#lines.add(line);
    browser.on('error', () => {});
    browser.on('close', () => this.#lines.delete(line));
    firstRequest(browser, ({ agent, isWebSocket, bytes }) => {
      Object.assign(line, { agent, isWebSocket });
      if (this.#cut.has(line.agent)) browser.destroy();
      else this.#join(browser, bytes, line, this.#inOrder(agent));
    });
  }

  /** The relays in the order in which they are tried: a seat's own first, or each in turn. */
  #inOrder(agent) {
    this.#turn += 1;
    const first = this.#places.get(agent) ?? this.#turn % this.relays.length;
    return this.relays.map((_, index) => (first + index) % this.relays.length);
  }

  #join(browser, head, line, [first, ...others]) {
    if (first === undefined) {
      browser.destroy();
      return;
    }
    const relay = connect(this.relays[first].port, '127.0.0.1');
    relay.once('error', () => {
      if (line.relay === undefined) this.#join(browser, head, line, others);
    });
    relay.once('connect', () => {
      line.relay = first;
      line.end = () => {
        browser.destroy();
        relay.destroy();
      };
      for (const socket of [browser, relay]) {
        socket.on('error', line.end);
        socket.on('close', line.end);
      }
      relay.write(head);
      browser.pipe(relay);
      relay.pipe(browser);
    });
  }
}

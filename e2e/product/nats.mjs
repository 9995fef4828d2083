// Three real NATS servers that are one cluster with JetStream, and as much of their protocol as one request needs.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const INSTALLED = fileURLToPath(new URL('../../target/nats-server/bin/nats-server', import.meta.url));
const PLACES = process.env.NATS_SERVER ? [process.env.NATS_SERVER] : ['nats-server', '/usr/sbin/nats-server', INSTALLED];

/** Longest time for a server to be ready, or for servers to agree on who leads. */
const READY_MS = 30_000;

/** What JetStream says of a stream that is not there. */
const NO_STREAM = 10_059;

/** One server. */
class Node {
  #program;
  #folder;
  #process;

  constructor(program, folder, name, ports) {
    this.#program = program;
    this.#folder = folder;
    this.name = name;
    this.port = ports.client;
    this.monitor = ports.monitor;
  }

  get url() {
    return `nats://127.0.0.1:${this.port}`;
  }

  get runs() {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Starts the process; it is ready somewhat later. */
  run() {
    this.#process = spawn(this.#program, ['--config', join(this.#folder, `${this.name}.conf`)], { stdio: 'ignore' });
  }

  /** Kills the process without a chance to say goodbye. What it has stored stays. */
  async kill() {
    if (!this.runs) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  async isReady() {
    await until(`${this.name} to be ready`, async () => {
      if (!this.runs) throw new Error(`${this.name} ended by itself:\n${await this.log()}`);
      const answer = await fetch(`http://127.0.0.1:${this.monitor}/healthz`).catch(() => undefined);
      return answer?.ok;
    });
  }

  async log() {
    return readFile(join(this.#folder, `${this.name}.log`), 'utf8').catch(() => '');
  }
}

export class Nats {
  #folder;
  nodes = [];

  /** Starts three servers and returns when they hold together. */
  static async three() {
    const program = PLACES.find((place) => spawnSync(place, ['--version']).status === 0);
    if (!program) throw new Error('There is no nats-server here; `cargo xtask test browser` installs one.');
    const nats = new Nats();
    nats.#folder = await mkdtemp(join(tmpdir(), 'nats-'));
    const ports = await freePorts(9);
    const routes = ports.slice(6).map((port) => `nats://127.0.0.1:${port}`).join(', ');
    for (const number of [0, 1, 2]) {
      const name = `node-${number}`;
      const [client, monitor, route] = [ports[number], ports[3 + number], ports[6 + number]];
      const lines = [
        `server_name: ${name}`,
        `listen: "127.0.0.1:${client}"`,
        `http: "127.0.0.1:${monitor}"`,
        `log_file: "${join(nats.#folder, `${name}.log`)}"`,
        `jetstream { store_dir: "${join(nats.#folder, name)}" }`,
        `cluster { name: three, listen: "127.0.0.1:${route}", routes: [${routes}] }`,
      ];
      await writeFile(join(nats.#folder, `${name}.conf`), `${lines.join('\n')}\n`);
      nats.nodes.push(new Node(program, nats.#folder, name, { client, monitor }));
    }
    for (const node of nats.nodes) node.run();
    for (const node of nats.nodes) await node.isReady();
    return nats;
  }

  /** What a relay is told: all three. */
  get url() {
    return this.nodes.map((node) => node.url).join(',');
  }

  /** Waits until the stream has somebody who leads it, and returns that server. */
  async leader() {
    return until('a leader of the stream', async () => {
      const { cluster } = await this.#stream('INFO');
      return this.nodes.find((node) => node.name === cluster?.leader && node.runs);
    });
  }

  /** Deletes everything that is held. */
  async deleteStream() {
    await until('the end of the stream', async () => {
      const { success, error } = await this.#stream('DELETE');
      // Servers that have just lost one of them may do it and not say so.
      return success || error?.err_code === NO_STREAM;
    });
  }

  async close() {
    for (const node of this.nodes) await node.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Everything the servers have printed. */
  async log() {
    return (await Promise.all(this.nodes.map((node) => node.log()))).join('\n');
  }

  async #stream(what) {
    const node = this.nodes.find((node) => node.runs);
    return request(node.port, `$JS.API.STREAM.${what}.NONPAPER`).catch(() => ({}));
  }
}

/** Sends an empty request to a subject and returns what is answered. */
async function request(port, subject) {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(2_000, () => socket.destroy(new Error(`nobody answers ${subject}`)));
  try {
    socket.write('CONNECT {"verbose":false,"pedantic":false,"headers":false}\r\n');
    socket.write(`SUB _INBOX.test 1\r\nPUB ${subject} _INBOX.test 0\r\n\r\n`);
    let heard = Buffer.alloc(0);
    for await (const bytes of socket) {
      heard = Buffer.concat([heard, bytes]);
      const head = /^MSG _INBOX\.test 1 (\d+)\r\n/m.exec(heard.toString('latin1'));
      if (!head) continue;
      const start = head.index + head[0].length;
      const answer = heard.subarray(start, start + Number(head[1]));
      if (answer.length === Number(head[1])) return JSON.parse(answer.toString());
    }
    throw new Error('the server hung up');
  } finally {
    socket.destroy();
  }
}

/** Looks again and again until there is something, and returns it. */
async function until(what, look) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const found = await look();
    if (found) return found;
    await setTimeout(100);
  }
  throw new Error(`${what} did not come`);
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

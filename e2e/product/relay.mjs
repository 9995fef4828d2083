// The real relay: the release binary, serving the built app, on a port of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const BINARY = process.env.RELAY_BIN ?? fromHere('../../target/release/relay');
const APP = process.env.APP_DIR ?? fromHere('../../target/app');

/** Returns a port that nothing listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Relay {
  #process;
  #output = [];

  constructor(port) {
    this.port = port;
  }

  /** Starts a relay on a free port. */
  static async start() {
    for (const needed of [BINARY, APP]) {
      if (!existsSync(needed)) throw new Error(`${needed} is not there; run \`cargo xtask test browser\``);
    }
    const relay = new Relay(await freePort());
    await relay.run();
    return relay;
  }

  /** The address a person would open. */
  get url() {
    return `http://localhost:${this.port}/`;
  }

  get pid() {
    return this.#process.pid;
  }

  /** Everything the relay has printed, over all its lives. */
  get output() {
    return Buffer.concat(this.#output);
  }

  /** Starts the process and returns when it takes connections. */
  async run() {
    const child = spawn(BINARY, ['--listen', `127.0.0.1:${this.port}`, '--app', APP], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stdout.on('data', (bytes) => this.#output.push(bytes));
    child.stderr.on('data', (bytes) => this.#output.push(bytes));
    while (!(await accepts(this.port))) {
      if (child.exitCode !== null) throw new Error(`the relay ended by itself:\n${this.output}`);
    }
  }

  /** Kills the process without a chance to say goodbye. */
  async kill() {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** Tells whether somebody listens; a refused connection takes a moment, so that asking again is no busy loop. */
async function accepts(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  } finally {
    socket.destroy();
  }
}

// The real relay: the release binary, serving the built app, on a port of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const BINARY = process.env.RELAY_BIN ?? fromHere('../../target/release/relay');
export const APP = process.env.APP_DIR ?? fromHere('../../target/app');

export class Relay {
  #process;
  #output = [];
  /** Chosen by the system at the first start, and kept for every other. */
  #port = 0;
  #words;

  constructor(words) {
    this.#words = words;
  }

  /** Starts a relay on a free port, with further words on its command line. */
  static async start(words = []) {
    for (const needed of [BINARY, APP]) {
      if (!existsSync(needed)) throw new Error(`${needed} is not there; run \`cargo xtask test browser\``);
    }
    const relay = new Relay(words);
    await relay.run();
    return relay;
  }

  get port() {
    return this.#port;
  }

  /** The address a person would open. */
  get url() {
    return `http://localhost:${this.#port}/`;
  }

  get pid() {
    return this.#process.pid;
  }

  /** Everything the relay has printed, over all its lives. */
  get output() {
    return Buffer.concat(this.#output);
  }

  /** Starts the process and returns when it says that it listens. `app` is a folder with another build of the app. */
  async run(app = APP) {
    const child = spawn(BINARY, ['--listen', `127.0.0.1:${this.#port}`, '--app', app, ...this.#words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    const port = await new Promise((resolve, reject) => {
      let said = '';
      const hear = (bytes) => {
        this.#output.push(bytes);
        said += bytes;
        const listening = /listening on http:\/\/localhost:(\d+)/.exec(said);
        if (listening) resolve(Number(listening[1]));
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`the relay ended by itself:\n${said}`)));
    });
    this.#port = port;
  }

  /** Kills the process without a chance to say goodbye. */
  async kill() {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Asks the process to stop. Returns its exit code, and how many milliseconds it took to say goodbye to everybody. */
  async stop() {
    const begun = Date.now();
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const [code] = await gone;
    return { code, took: Date.now() - begun };
  }
}

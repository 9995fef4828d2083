// A client that breaks the rules: a native process that joins over the relay like anybody else.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.MODIFIED_CLIENT ?? fileURLToPath(new URL('../../target/release/modified-client', import.meta.url));

export class ModifiedClient {
  #process;
  #said = [];
  #listeners = new Set();

  /** Asks to join with a link. */
  constructor(link, { name, party }) {
    this.#process = spawn(BINARY, [link, name, party], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#said.push(line);
      for (const listener of this.#listeners) listener();
    });
    this.#process.on('exit', (code) => {
      this.#said.push(`exit ${code}`);
      for (const listener of this.#listeners) listener();
    });
  }

  /** Waits until it says a line that begins so, and returns the line. */
  async says(beginning, { within = 30_000 } = {}) {
    const found = () => this.#said.find((line) => line.startsWith(beginning));
    const gone = () => this.#said.find((line) => line.startsWith('exit'));
    const deadline = AbortSignal.timeout(within);
    while (!found()) {
      if (gone()) throw new Error(`the modified client is gone (${gone()}) before it says "${beginning}"`);
      if (deadline.aborted) throw new Error(`the modified client does not say "${beginning}": ${this.#said.join(' | ')}`);
      await new Promise((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          deadline.removeEventListener('abort', listener);
          resolve();
        };
        this.#listeners.add(listener);
        deadline.addEventListener('abort', listener);
      });
    }
    return found();
  }

  /** Has it break a rule, and waits until its frames are on the way. */
  async does(deed) {
    this.#said = this.#said.filter((line) => !line.startsWith('done'));
    this.#process.stdin.write(`${deed}\n`);
    await this.says(`done ${deed}`);
  }

  close() {
    this.#process.kill();
  }
}

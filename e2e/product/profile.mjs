// A browser with a profile folder of its own, that can be closed, killed, copied and started again.

import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium as playwright } from '@playwright/test';

import { chromium } from './chromium.mjs';
import { Seat } from './table.mjs';

export class Profile {
  #folder;
  #context = null;

  constructor(folder) {
    this.#folder = folder;
  }

  static async make() {
    return new Profile(await mkdtemp(join(tmpdir(), 'nonpaper-profile-')));
  }

  get folder() {
    return this.#folder;
  }

  /** Starts the browser and returns a seat on its first page. */
  async start(name, options = {}) {
    this.#context = await playwright.launchPersistentContext(this.#folder, {
      ...chromium, locale: 'en-GB', viewport: { width: 1280, height: 860 }, ...options,
    });
    const page = this.#context.pages()[0] ?? (await this.#context.newPage());
    return new Seat(name, name, this.#context, page);
  }

  async close() {
    await this.#context?.close();
    this.#context = null;
  }

  /** Looks the processes of the browser up, and returns what kills them all at once, as the power going does to a program. */
  async ready() {
    const pids = await this.#processes();
    return async () => {
      pids.forEach(end);
      // Those that came since.
      for (let left = await this.#processes(); left.length > 0; left = await this.#processes()) {
        left.forEach(end);
      }
      await this.#context?.close().catch(() => {});
      this.#context = null;
    };
  }

  /** A copy of what is on the disk, as a profile of its own. The browser should be closed. */
  async copy() {
    const copy = await Profile.make();
    await cp(this.#folder, copy.folder, { recursive: true });
    return copy;
  }

  /** Whether the browser found no database on its disk when a page last opened one, by the log of its LevelDB. */
  async foundNoDatabase() {
    const folder = join(this.#folder, 'Default', 'IndexedDB');
    const logs = (await readdir(folder)).map((name) => readFile(join(folder, name, 'LOG'), 'utf8').catch(() => ''));
    return (await Promise.all(logs)).some((log) => log.includes('since it was missing'));
  }

  async remove() {
    await this.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async #processes() {
    const found = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.includes(`--user-data-dir=${this.#folder}`)) found.push(Number(pid));
    }
    return found;
  }
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

// A browser with a profile folder of its own, that can be closed, killed, copied and started again.

import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium as playwright } from '@playwright/test';

import { chromium } from './chromium.mjs';
import { Seat } from './table.mjs';

// https://github.com/google/leveldb/blob/main/doc/log_format.md: blocks of records; checksum (4), length (2), type (1), bytes.
const LOG_BLOCK = 32_768;
const RECORD_HEADER = 7;

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

  /** Leaves behind what a death in the middle of a record leaves: its beginning, at the end of the log of LevelDB. The browser should be closed. */
  async cutRecordShort() {
    const folder = join(this.#folder, 'Default', 'IndexedDB');
    const site = (await readdir(folder)).find((name) => name.endsWith('.leveldb'));
    const log = (await readdir(join(folder, site))).filter((name) => name.endsWith('.log')).sort().at(-1);
    const left = LOG_BLOCK - ((await stat(join(folder, site, log))).size % LOG_BLOCK);
    // Never so near to the end of a block that no header fits in.
    const padding = left < RECORD_HEADER ? left : 0;
    const header = Buffer.alloc(padding + RECORD_HEADER);
    header.writeUInt16LE(1000, padding + 4);
    header.writeUInt8(1, padding + 6);
    await appendFile(join(folder, site, log), header);
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

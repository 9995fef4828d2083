// A browser that nobody looks into while something is measured: what drives it otherwise is told of every frame that a page sends, at a
// price of its own.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium as playwright } from '@playwright/test';
import WebSocket from 'ws';

import { chromium } from './chromium.mjs';
import { Seat } from './table.mjs';

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

export class BareBrowser {
  #folder;
  #process;
  #port;

  get folder() {
    return this.#folder;
  }

  static async start() {
    const browser = new BareBrowser();
    browser.#folder = await mkdtemp(join(tmpdir(), 'nonpaper-bare-'));
    await browser.#run();
    return browser;
  }

  async #run() {
    const told = join(this.#folder, 'DevToolsActivePort');
    await rm(told, { force: true });
    const path = chromium.executablePath ?? playwright.executablePath();
    const own = ['--headless=new', '--window-size=1280,860', '--remote-debugging-port=0', `--user-data-dir=${this.#folder}`, 'about:blank'];
    this.#process = spawn(path, [...chromium.args, ...own], { stdio: 'ignore' });
    for (let left = 200; ; left -= 1) {
      const port = (await readFile(told, 'utf8').catch(() => '')).split('\n')[0];
      if (port !== '') {
        this.#port = port;
        return;
      }
      if (left === 0) throw new Error('the browser does not start');
      await pause(100);
    }
  }

  /** Lets somebody work with the page as in every test, and lets go of it. */
  async driven(name, work) {
    const browser = await playwright.connectOverCDP(`http://127.0.0.1:${this.#port}`);
    try {
      const context = browser.contexts()[0];
      return await work(new Seat(name, name, context, context.pages()[0]));
    } finally {
      await browser.close();
    }
  }

  /** What an expression is in the page. */
  async ask(expression) {
    return this.#spoken(async (say) => {
      return (await say('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result.value;
    });
  }

  /** Chooses a file of this machine, however large, where an expression finds the field for it. */
  async choose(expression, path) {
    return this.#spoken(async (say) => {
      const { objectId } = (await say('Runtime.evaluate', { expression })).result;
      await say('DOM.setFileInputFiles', { files: [path], objectId });
    });
  }

  async #spoken(work) {
    const pages = await (await fetch(`http://127.0.0.1:${this.#port}/json`)).json();
    const socket = new WebSocket(pages.find(({ type }) => type === 'page').webSocketDebuggerUrl);
    let asked = 0;
    const say = (method, params) => new Promise((resolve, reject) => {
      const id = (asked += 1);
      socket.once('error', reject).on('message', (data) => {
        const answer = JSON.parse(data);
        if (answer.id === id) answer.error ? reject(new Error(answer.error.message)) : resolve(answer.result);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
    try {
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      return await work(say);
    } finally {
      socket.close();
    }
  }

  /** Waits until an expression is true, and returns how long that took, in milliseconds. */
  async until(expression, within = 3_600_000) {
    const begun = Date.now();
    while (!(await this.ask(expression))) {
      if (Date.now() - begun > within) throw new Error(`waited in vain for ${expression}`);
      await pause(200);
    }
    return Date.now() - begun;
  }

  async close() {
    this.#process.kill();
    await new Promise((resolve) => (this.#process.exitCode === null ? this.#process.once('exit', resolve) : resolve()));
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

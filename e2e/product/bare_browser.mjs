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
  /** Lines to the page that stay open. */
  #lines = [];

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

  /** Chooses files of this machine, however large, where an expression finds the field for them. */
  async choose(expression, ...files) {
    return this.#spoken(async (say) => {
      const { objectId } = (await say('Runtime.evaluate', { expression })).result;
      await say('DOM.setFileInputFiles', { files, objectId });
    });
  }

  /** Loads the page anew, and returns once the old one is gone. */
  async reload() {
    let gone;
    const there = new Promise((resolve) => (gone = resolve));
    const line = await this.#open((method) => method === 'Page.frameNavigated' && gone());
    try {
      await line.say('Page.enable');
      await line.say('Page.reload');
      await there;
    } finally {
      line.close();
    }
  }

  /** From now on runs a script in every worker of the page, before the worker's own, and hears what is told there by `tell(text)`. */
  async inWorkers(script, heard) {
    const line = await this.#open((method, { sessionId, ...params }) => {
      if (method === 'Runtime.bindingCalled') heard(params.payload);
      if (method !== 'Target.attachedToTarget') return;
      const orders = {
        'Runtime.enable': {},
        'Runtime.addBinding': { name: 'tell' },
        'Runtime.evaluate': { expression: script },
        'Runtime.runIfWaitingForDebugger': {},
      };
      // A worker that is gone before it is told all this is none to watch.
      for (const [method, params] of Object.entries(orders)) line.say(method, params, sessionId).catch(() => undefined);
    });
    this.#lines.push(line);
    await line.say('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
  }

  async #spoken(work) {
    const line = await this.#open(() => undefined);
    try {
      return await work(line.say);
    } finally {
      line.close();
    }
  }

  /** Opens a line on which things are said to the page, and to its workers in sessions of theirs, and heard of them. */
  async #open(hear) {
    const pages = await (await fetch(`http://127.0.0.1:${this.#port}/json`)).json();
    const socket = new WebSocket(pages.find(({ type }) => type === 'page').webSocketDebuggerUrl);
    const waiting = new Map();
    let asked = 0;
    socket.on('message', (data) => {
      const { id, result, error, method, params } = JSON.parse(data);
      if (id === undefined) return hear(method, params);
      const [resolve, reject] = waiting.get(id);
      waiting.delete(id);
      return error ? reject(new Error(error.message)) : resolve(result);
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.on('close', () => waiting.forEach(([, reject]) => reject(new Error('the browser is gone'))));
    const say = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
      waiting.set((asked += 1), [resolve, reject]);
      socket.send(JSON.stringify({ id: asked, method, params, sessionId }));
    });
    return { say, close: () => socket.close() };
  }

  /** Waits until an expression is true, and returns how long that took, in milliseconds. */
  async until(expression, within = 600_000) {
    const begun = Date.now();
    while (!(await this.ask(expression))) {
      if (Date.now() - begun > within) {
        const shown = await this.ask('document.body.innerText');
        throw new Error(`waited in vain for ${expression}; the page shows: ${shown.replace(/\s+/g, ' ')}`);
      }
      await pause(200);
    }
    return Date.now() - begun;
  }

  async close() {
    for (const line of this.#lines) line.close();
    this.#process.kill();
    await new Promise((resolve) => (this.#process.exitCode === null ? this.#process.once('exit', resolve) : resolve()));
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

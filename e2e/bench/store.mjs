// What a talk of 10,000 notes and eight seats costs: opening it, memory, scrolling, typing, sending. Two browsers, one relay,
// everything on this machine. KEPT names the folder with the two stores.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from '../product/chromium.mjs';
import { PASSPHRASE, putStore, TALK } from '../product/kept_store.mjs';
import { Profile } from '../product/profile.mjs';
import { Relay } from '../product/relay.mjs';
import { median, ms, row } from './figures.mjs';

const RUNS = 3;
const MIB = 1 << 20;
/** Measuring what a page uses otherwise waits for the next garbage collection. */
const args = [...chromium.args, '--enable-blink-features=ForceEagerMeasureMemory'];

/** Runs in the page before everything else: long tasks, and the memory of the app. */
function watch() {
  globalThis.longTasks = [];
  new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: 'longtask', buffered: true });
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const real = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await real.call(WebAssembly, ...given);
      globalThis.wasm = (made.instance ?? made).exports.memory;
      return made;
    };
  }
  /** Resolves in the first frame in which the newest note is in sight and the composer is there. */
  globalThis.usable = () => new Promise((resolve) => {
    const look = () => {
      const log = document.querySelector('[role=log]');
      const last = [...(log?.querySelectorAll('article') ?? [])].at(-1);
      const there = last && last.getBoundingClientRect().bottom <= log.getBoundingClientRect().bottom + 1;
      if (there && document.querySelector('.compose textarea')) resolve(performance.now());
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** Opens what a profile keeps and returns when what was done, in milliseconds from the passphrase, or from the start of the page. */
async function open(profile, url, byPassphrase) {
  const seat = await profile.start('measured', { args });
  const { page } = seat;
  await page.addInitScript(watch);
  await page.goto('about:blank');
  await page.goto(url + TALK);
  let from = 0;
  if (byPassphrase) {
    await page.getByRole('textbox', { name: 'Passphrase', exact: true }).fill(PASSPHRASE);
    const unlock = page.getByRole('button', { name: 'Unlock', exact: true });
    from = await unlock.evaluate((button) => {
      const now = performance.now();
      button.click();
      return now;
    });
  }
  const usable = await page.evaluate(() => globalThis.usable());
  const marks = await page.evaluate(() => performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime]));
  return { seat, from, usable, at: new Map(marks) };
}

/** Parts of an opening, by name, in milliseconds. */
function parts({ from, usable, at }, byPassphrase) {
  // Sealed rows are read while the passphrase is typed.
  const ready = Math.max(at.get('stretched') ?? 0, at.get('rows read'));
  const steps = [
    byPassphrase ? ['Argon2 in its worker', from, at.get('stretched')] : ['page, wasm, reading rows', from, at.get('rows read')],
    ['opening rows', ready, at.get('rows opened')],
    ['Talk::reopen', at.get('rows opened'), at.get('talks opened')],
    ['first draw', at.get('talks opened'), usable],
    ['usable', from, usable],
  ];
  return steps.map(([name, begin, end]) => [name, end - begin]);
}

/** What a page uses, in MiB: by `measureUserAgentSpecificMemory`, the wasm memory, and what the system counts for the process. */
async function memory(page, profile) {
  const [counted, wasm, nodes] = await page.evaluate(async () => [
    (await performance.measureUserAgentSpecificMemory()).bytes, globalThis.wasm.buffer.byteLength,
    document.querySelectorAll('*').length,
  ]);
  return { counted: counted / MIB, wasm: wasm / MIB, nodes, process: (await renderer(profile)) / MIB };
}

/** Bytes that only the page's process uses; its share of the browser's own program is not among them. */
async function renderer(profile) {
  let most = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
    if (!command.includes('--type=renderer') || !(await belongs(pid, profile.folder))) continue;
    const rollup = await readFile(join('/proc', pid, 'smaps_rollup'), 'utf8').catch(() => '');
    const kilobytes = [...rollup.matchAll(/^(?:Private_\w+|Swap):\s+(\d+) kB/gm)].map(([, number]) => Number(number));
    most = Math.max(most, kilobytes.reduce((sum, number) => sum + number, 0) * 1024);
  }
  return most;
}

/** Whether a process descends from the browser of this profile. */
async function belongs(pid, folder) {
  for (let at = pid; Number(at) > 1; ) {
    const command = await readFile(join('/proc', at, 'cmdline'), 'utf8').catch(() => '');
    if (command.includes(`--user-data-dir=${folder}`)) return true;
    at = /^PPid:\s+(\d+)/m.exec(await readFile(join('/proc', at, 'status'), 'utf8').catch(() => ''))?.[1] ?? 0;
  }
  return false;
}

/** Does something and tells of the long tasks it made, and of the longest time between two frames. */
async function busy(page, work) {
  await page.evaluate(() => {
    globalThis.longTasks.length = 0;
    // Not Event Timing: a headless browser says that the first keys take seconds, in an empty talk too.
    globalThis.slowestFrame = 0;
    let before = performance.now();
    const frame = () => {
      const now = performance.now();
      globalThis.slowestFrame = Math.max(globalThis.slowestFrame, now - before);
      before = now;
      globalThis.watched = requestAnimationFrame(frame);
    };
    globalThis.watched = requestAnimationFrame(frame);
  });
  const result = await work();
  const [tasks, frame] = await page.evaluate(async () => {
    cancelAnimationFrame(globalThis.watched);
    // What was observed is told a moment later.
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return [globalThis.longTasks, globalThis.slowestFrame];
  });
  return { result, tasks, frame };
}

/** Scrolls from the end to the first note, a screen and a half in every frame. Returns how long each frame took. */
function scrollThrough(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const log = document.querySelector('[role=log]');
    const frames = [];
    let [before, still] = [performance.now(), 0];
    const step = () => {
      const now = performance.now();
      frames.push(now - before);
      before = now;
      const first = log.querySelector('article');
      still = log.scrollTop <= 0 && globalThis.firstSeen === first ? still + 1 : 0;
      globalThis.firstSeen = first;
      if (still > 30) return resolve({ frames, notes: log.querySelectorAll('article').length, first: first.textContent });
      log.scrollTop -= log.clientHeight * 1.5;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }));
}

/** Scrolls up as a finger flings, eight screens in a second, for five seconds. */
function fling(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const log = document.querySelector('[role=log]');
    let left = 300;
    const step = () => {
      if ((left -= 1) < 0) return resolve();
      log.scrollTop -= log.clientHeight * 8 / 60;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }));
}

/** Begins to watch for a text; what it returns resolves with the time at which the page showed it. */
async function watchFor(page, wanted) {
  await page.evaluate((wanted) => {
    const log = document.querySelector('[role=log]');
    globalThis.shown = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (![...log.querySelectorAll('article')].slice(-5).some((note) => note.textContent.includes(wanted))) return;
        observer.disconnect();
        resolve(performance.timeOrigin + performance.now());
      });
      observer.observe(log, { childList: true, subtree: true });
    });
  }, wanted);
  return () => page.evaluate(() => globalThis.shown);
}

async function send(author, reader, text) {
  await author.talk.composer.fill(text);
  const shown = await Promise.all([author, reader].map(({ page }) => watchFor(page, text)));
  const sent = await author.talk.sendButton.evaluate((button) => {
    const now = performance.timeOrigin + performance.now();
    button.click();
    return now;
  });
  return Promise.all(shown.map(async (seen) => (await seen()) - sent));
}

const most = (values) => Math.max(0, ...values);
const mib = (value) => `${value.toFixed(0)} MiB`;
const several = (values, say) => `${say(median(values))}  (${values.map((value) => value.toFixed(0)).join(', ')})`;

const store = (name) => readFile(join(process.env.KEPT, `${name}.store`));
const relay = await Relay.start();
const profiles = [];
async function profileWith(name, byBrowser) {
  const profile = await Profile.make();
  profiles.push(profile);
  const { page } = await profile.start(name);
  await putStore(page, relay.url, await store(name), { byBrowser });
  await profile.close();
  return profile;
}

try {
  for (const byBrowser of [false, true]) {
    const profile = await profileWith('convener', byBrowser);
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) {
      const opened = await open(profile, relay.url, !byBrowser);
      runs.push(new Map(parts(opened, !byBrowser)));
      await profile.close();
    }
    const way = byBrowser ? 'browser key' : 'passphrase';
    for (const part of runs[0].keys()) {
      const goal = part === 'usable' ? '≤ 1500 ms' : '';
      row(`${way}: ${part}`, goal, several(runs.map((run) => run.get(part)), ms));
    }
  }

  const [mine, theirs] = [await profileWith('convener', true), await profileWith('delegate', true)];
  const { seat: convener } = await open(mine, relay.url, false);
  const opened = await memory(convener.page, mine);
  row('memory when open: JavaScript and elements', '', mib(opened.counted));
  row('memory when open: wasm', '', mib(opened.wasm));
  row('memory when open: process, its own', '≤ 250 MB', mib(opened.process));
  row('elements when open', '', String(opened.nodes));

  const { tasks: arriving, result: delegate } = await busy(convener.page, async () => {
    const { seat } = await open(theirs, relay.url, false);
    await convener.page.getByRole('article').filter({ hasText: 'Held by 2 of' }).last().waitFor();
    return seat;
  });
  row('another seat comes: long tasks', 'none', `${arriving.length}, longest ${ms(most(arriving))}`);

  const { tasks: typing, frame } = await busy(convener.page, async () => {
    await convener.talk.composer.focus();
    await convener.page.keyboard.type('What was agreed on the weighbridge stands. '.repeat(5).slice(0, 200), { delay: 20 });
  });
  row('typing 200 characters: long tasks', 'none', `${typing.length}, longest ${ms(most(typing))}`);
  row('typing 200 characters: slowest frame', '', ms(frame));

  const [own, others] = [[], []];
  const { tasks: sending } = await busy(convener.page, async () => {
    for (let number = 1; number <= 10; number += 1) {
      const [shown, there] = await send(convener, delegate, `Measured note ${number} of the convener.`);
      const [back] = (await send(delegate, convener, `Measured note ${number} of the delegate.`)).slice(1);
      own.push(shown);
      others.push(there, back);
    }
  });
  row('Send → shown here, on the disk', '', ms(median(own)));
  row('Send → shown at the other seat', '≤ 300 ms', ms(median(others)));
  row('20 notes: long tasks at the convener', 'none', `${sending.length}, longest ${ms(most(sending))}`);

  const { tasks: flinging, frame: slowest } = await busy(convener.page, () => fling(convener.page));
  row('scrolling 40 screens up in 5 s: long tasks', 'none', `${flinging.length}, longest ${ms(most(flinging))}`);
  row('scrolling 40 screens up in 5 s: slowest frame', '', ms(slowest));

  const { tasks: scrolling, result: scrolled } = await busy(convener.page, () => scrollThrough(convener.page));
  if (!scrolled.first.includes('§ 1.')) throw new Error('the first note was not reached');
  row('90 screens a second to the first note: long tasks', '', `${scrolling.length}, longest ${ms(most(scrolling))}`);
  row('90 screens a second to the first note: frames', '', `${scrolled.frames.length}, median ${ms(median(scrolled.frames))}`);
  const after = await memory(convener.page, mine);
  row('memory after that: JavaScript and elements', '', mib(after.counted));
  row('memory after that: wasm', '', mib(after.wasm));
  row('memory after that: process, its own', '≤ 250 MB', mib(after.process));
  row('notes, elements after that', '', `${scrolled.notes}, ${after.nodes}`);
} finally {
  for (const profile of profiles) await profile.remove();
  await relay.kill();
}

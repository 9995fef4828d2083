// How the page loads: what Lighthouse says of it as a telephone on a slow network, and how long it takes on this machine as it is.
// LIGHTHOUSE names the folder it is installed in; RUNS says how often each is measured.

import { createRequire } from 'node:module';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium as playwright } from '@playwright/test';

import { chromium } from '../product/chromium.mjs';
import { Relay } from '../product/relay.mjs';
import { median, ms, row, spread } from './figures.mjs';

const RUNS = Number(process.env.RUNS ?? 5);
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const GOALS = { performance: '≥ 98', accessibility: '≥ 95', 'best-practices': '≥ 95' };

/** Imports a package that is installed beside another file than this one. */
async function from(file, name) {
  const require = createRequire(file);
  return [await import(pathToFileURL(require.resolve(name))), require.resolve(name)];
}

const [{ default: lighthouse }, where] = await from(join(process.env.LIGHTHOUSE, 'package.json'), 'lighthouse');
const [{ launch }] = await from(where, 'chrome-launcher');

/** Lets Lighthouse look at the page in a browser of its own, and returns what it says, and the trace that it says so from. */
async function look(url) {
  const browser = await launch({ chromePath: chromium.executablePath, chromeFlags: ['--headless=new', ...chromium.args] });
  try {
    const { lhr, artifacts } = await lighthouse(url, { port: browser.port, logLevel: 'error', onlyCategories: CATEGORIES });
    return { lhr, trace: artifacts.Trace };
  } finally {
    browser.kill();
  }
}

/** Blocking time as Lighthouse counts it, from the processor's time instead: what else runs on this machine makes it no longer. */
function blockingByProcessor({ lhr, trace: { traceEvents } }) {
  const painted = traceEvents.findLast(({ name }) => name === 'firstContentfulPaint');
  const { cpuSlowdownMultiplier } = lhr.configSettings.throttling;
  return traceEvents
    .filter(({ name, ph, pid, tid, ts }) => name === 'RunTask' && ph === 'X' && pid === painted.pid && tid === painted.tid && ts > painted.ts)
    .reduce((sum, { tdur = 0 }) => sum + Math.max(0, (tdur / 1000) * cpuSlowdownMultiplier - 50), 0);
}

/** Everything that the runs found less than perfect, each once. */
function complaints(reports) {
  const found = new Map();
  for (const { categories, audits } of reports) {
    for (const category of CATEGORIES) {
      for (const { id, weight } of categories[category].auditRefs) {
        const { score, title, displayValue = '' } = audits[id];
        if (score === null || score >= (category === 'performance' ? 0.9 : 1)) continue;
        found.set(id, `${category}, weight ${weight}: ${id}: ${title} ${displayValue}`.trimEnd());
      }
    }
  }
  return found.values();
}

async function byLighthouse(url) {
  const looks = [];
  // On a busy machine it sometimes misses the beginning, and says so.
  for (let tries = 0; looks.length < RUNS; tries += 1) {
    if (tries === 2 * RUNS) throw new Error('Lighthouse gives up too often');
    const looked = await look(url);
    if (looked.lhr.runtimeError) console.log(`Lighthouse gave up: ${looked.lhr.runtimeError.code}`);
    else looks.push(looked);
  }
  const reports = looks.map(({ lhr }) => lhr);
  const figure = (what, goal, audit, say) => row(what, goal, spread(reports.map(({ audits }) => audits[audit].numericValue), say));
  for (const category of CATEGORIES) {
    row(`Lighthouse: ${category}`, GOALS[category], spread(reports.map(({ categories }) => categories[category].score * 100), (score) => score.toFixed(0)));
  }
  figure('Lighthouse: first contentful paint', '', 'first-contentful-paint', ms);
  figure('Lighthouse: largest contentful paint', '≤ 1200 ms', 'largest-contentful-paint', ms);
  figure('Lighthouse: total blocking time', '', 'total-blocking-time', ms);
  row('  the same by the processor’s time', '', spread(looks.map(blockingByProcessor), ms));
  figure('Lighthouse: cumulative layout shift', '', 'cumulative-layout-shift', (shift) => shift.toFixed(3));
  figure('Lighthouse: bytes', '', 'total-byte-weight', (bytes) => `${(bytes / 1000).toFixed(0)} kB`);
  for (const complaint of complaints(reports)) console.log(`  ${complaint}`);
}

/** Runs in the page before everything else, and notes when the app starts and when it has drawn its first screen. */
function watch() {
  globalThis.at = {};
  new PerformanceObserver((list) => list.getEntries().forEach(({ startTime }) => (globalThis.at.largest = startTime)))
    .observe({ type: 'largest-contentful-paint', buffered: true });
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const real = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await real.call(WebAssembly, ...given);
      globalThis.at.instantiated = performance.now();
      return made;
    };
  }
  let shell;
  new MutationObserver(() => {
    shell ??= document.getElementById('opening');
    if (shell && !shell.isConnected) globalThis.at.drawn ??= performance.now();
  }).observe(document, { childList: true, subtree: true });
}

/** Opens the page and returns when what had happened, in milliseconds from the start of the navigation. */
async function visit(context, url) {
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(url);
  await page.waitForFunction(() => globalThis.at.drawn && globalThis.at.largest);
  const at = await page.evaluate(() => {
    const wasm = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('.wasm'));
    const [{ startTime: painted }] = performance.getEntriesByName('first-contentful-paint');
    return { ...globalThis.at, painted, asked: wasm.startTime, arrived: wasm.responseEnd, kept: wasm.workerStart > 0 };
  });
  return { page, at };
}

/** Resolves when the service worker answers for the app. */
function isKept(page) {
  return page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active.state !== 'activated') await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }));
  });
}

function report(visits, when) {
  const figure = (what, goal, of) => row(`${when}: ${what}`, goal, spread(visits.map(of), ms));
  figure('first contentful paint', '', ({ painted }) => painted);
  figure('largest contentful paint', '', ({ largest }) => largest);
  figure('the wasm is asked for', '', ({ asked }) => asked);
  figure('the wasm has arrived', '', ({ arrived }) => arrived);
  figure('the app is instantiated', '', ({ instantiated }) => instantiated);
  figure('the app has drawn its first screen', '', ({ drawn }) => drawn);
  figure('load + instantiate', '≤ 100 ms', ({ asked, instantiated }) => instantiated - asked);
}

async function asItIs(url) {
  const browser = await playwright.launch(chromium);
  const [first, kept] = [[], []];
  try {
    // The first of all waits for the browser itself, and is not counted.
    for (let run = -1; run < RUNS; run += 1) {
      const context = await browser.newContext();
      const { page, at } = await visit(context, url);
      await isKept(page);
      await page.close();
      const again = await visit(context, url);
      if (at.kept || !again.at.kept) throw new Error('the service worker did not answer when it should');
      if (run >= 0) {
        first.push(at);
        kept.push(again.at);
      }
      await context.close();
    }
  } finally {
    await browser.close();
  }
  report(first, 'first visit');
  report(kept, 'kept');
}

const relay = await Relay.start();
const busy = [];
const count = setInterval(() => busy.push(loadavg()[0]), 1000);
try {
  await byLighthouse(relay.url);
  await asItIs(relay.url);
  row('load of this machine', `< ${availableParallelism()}`, median(busy).toFixed(1));
} finally {
  clearInterval(count);
  await relay.kill();
}

// How fast a worker of the browser seals chunks that are in memory, and nothing else.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { BareBrowser } from '../product/bare_browser.mjs';
import { rate, row } from './figures.mjs';

const CHUNK = 1 << 20;
const CHUNKS = 500;

/** Runs in the worker: seals chunks, so many at once, and says how long that took. */
function seal() {
  globalThis.onmessage = async ({ data: [length, chunks, atOnce] }) => {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt']);
    const bytes = Array.from({ length: atOnce }, () => new Uint8Array(length).fill(7));
    const begun = performance.now();
    let left = chunks;
    await Promise.all(bytes.map(async (chunk) => {
      for (; left > 0; ) {
        const iv = new Uint8Array(12);
        new DataView(iv.buffer).setUint32(0, (left -= 1));
        await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, chunk);
      }
    }));
    globalThis.postMessage(performance.now() - begun);
  };
}

/** Runs in the page. */
function measured(worker, ...what) {
  const url = URL.createObjectURL(new Blob([worker], { type: 'text/javascript' }));
  return new Promise((resolve, reject) => {
    const running = Object.assign(new Worker(url), { onmessage: ({ data }) => resolve(data), onerror: reject });
    running.postMessage(what);
  });
}

export async function sealing() {
  // Only a page from this machine, or by TLS, is given what seals.
  const server = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<!doctype html>')).listen(0, 'localhost');
  await once(server, 'listening');
  const browser = await BareBrowser.start();
  try {
    await browser.driven('Nobody', ({ page }) => page.goto(`http://localhost:${server.address().port}/`));
    for (const [how, atOnce] of [['one at a time', 1], ['two at once', 2]]) {
      const took = await browser.ask(`(${measured})(${JSON.stringify(`(${seal})()`)}, ${CHUNK}, ${CHUNKS}, ${atOnce})`);
      row(`sealing alone, ${how}`, '≥ 400', rate(CHUNKS * CHUNK, took));
    }
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

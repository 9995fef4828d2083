// What a browser keeps, put into its database before the page is there: files as app/simulator/src/kept.rs makes them.

export const PASSPHRASE = 'nine quiet herons over the delta';
/** Where the talk in the file is. */
export const TALK = '#/talk/00000001';
/** The key that the passphrase unlocks. */
const DATA_KEY = Array(32).fill(7);

/** Fills the database of a browser that keeps nothing yet. With `byBrowser` a key of the browser's own unlocks it. */
export async function putStore(page, url, file, { byBrowser = false } = {}) {
  const [blank, at] = [new URL('blank', url).href, new URL('kept', url).href];
  await page.route(blank, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  await page.route(at, (route) => route.fulfill({ contentType: 'application/octet-stream', body: file }));
  await page.goto(blank);
  await page.evaluate(fill, { at, dataKey: byBrowser ? DATA_KEY : null });
  await page.unroute(blank);
  await page.unroute(at);
}

/** Runs in the page: the layout is that of app/web/src/shell/database.rs. */
async function fill({ at, dataKey }) {
  const bytes = await (await fetch(at)).arrayBuffer();
  const view = new DataView(bytes);
  let next = 0;
  const field = () => {
    const from = next + 4;
    next = from + view.getUint32(next);
    return bytes.slice(from, next);
  };
  const name = () => bytes.slice(next, (next += 32));
  let header = new Uint8Array(field());
  const beside = new Map();
  if (dataKey) {
    // CBOR [1, store, [[3, [wrapped]]]], see app/vault/src/ways.rs.
    const store = header.slice(3, 19);
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = new Uint8Array([...new TextEncoder().encode('nonpaper/vault/wrap/v1'), ...store, 3]);
    const wrapped = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, new Uint8Array(dataKey));
    header = new Uint8Array([...header.slice(0, 19), 0x81, 0x82, 3, 0x81, 0x58, 60, ...iv, ...new Uint8Array(wrapped)]);
    beside.set('browser key', key);
  }
  beside.set('header', header);
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open('nonpaper', 1);
    request.onupgradeneeded = () => ['rows', 'beside'].forEach((store) => request.result.createObjectStore(store));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const transaction = database.transaction(['rows', 'beside'], 'readwrite');
  while (next < bytes.byteLength) {
    const key = name();
    transaction.objectStore('rows').put(new Uint8Array(field()), key);
  }
  beside.forEach((value, key) => transaction.objectStore('beside').put(value, key));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = () => reject(transaction.error);
  });
  database.close();
}

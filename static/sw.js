// Keeps the app in the browser, so that it opens without a network: all files of one version, or none.
//
// The build puts the version and the files in, each with its hash as for Subresource Integrity. What does not match is not kept, so
// files of two versions are never mixed. A newer version waits until the person asks for it, or until no page of this one is open.

// Made from commit {{built.commit}}.

const CACHE = "nonpaper-{{kept.version}}";
const FILES = {{kept.hashes}};
// Names this file and all others, so it can be none of them: kept if it tells the same of them.
const TOLD = "/integrity.json";

// In the cache of a version that was in use, with the time it began.
const USED = "/used";

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(tidy()));
addEventListener("message", ({ data }) => {
  if (data === "use this version") skipWaiting();
});
addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin || pathname.startsWith("/v1/")) return;
  const isFile = pathname in FILES || pathname === TOLD || pathname.startsWith("/assets/");
  // Whatever address led here, the page is the one that is kept.
  if (isFile || mode === "navigate") event.respondWith(answer(event.request, isFile ? pathname : "/"));
});

async function keep() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(Object.entries(FILES).map(async ([address, integrity]) => {
      // A name with a hash has one content, and the page that asked for this has just loaded it: it need not come twice.
      const ask = (cache) => fetch(address, { integrity, cache, redirect: "error" });
      const response = await (address.startsWith("/assets/") ? ask("default").catch(() => ask("reload")) : ask("no-cache"));
      if (!response.ok) throw new Error(`${address} is not there`);
      await cache.put(address, response);
    }));
    const told = await fetch(TOLD, { cache: "no-cache", redirect: "error" });
    const { files } = await told.clone().json();
    if (Object.entries(FILES).some(([address, integrity]) => files[address] !== integrity)) throw new Error(`${TOLD} is of another version`);
    await cache.put(TOLD, told);
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

async function answer(request, address) {
  try {
    const cache = await caches.open(CACHE);
    // Asked for anew when what is kept was not what the page names.
    if (request.cache === "reload" && address in FILES) {
      const fresh = await anew(cache, address);
      if (fresh) return fresh;
    }
    const kept = await cache.match(address);
    if (kept) return kept;
    // A page of the version before asks for its own files, which have names of their own, until it is reloaded.
    const before = address.startsWith("/assets/") && (await caches.match(address));
    if (before) return before;
    if (address in FILES) {
      const fresh = await anew(cache, address);
      if (fresh) return fresh;
      const served = await fetch(request);
      // A version of which a part is nowhere opens no page: the next one comes whole, from the host.
      if (!served.ok) await caches.delete(CACHE);
      return served;
    }
  } catch (error) {
    console.info(error);
  }
  return fetch(request);
}

/** Fetches a file of this version and keeps it. Nothing, if there is no network or it is another one. */
async function anew(cache, address) {
  const fresh = await fetch(address, { integrity: FILES[address], cache: "reload", redirect: "error" }).catch(() => undefined);
  if (!fresh?.ok) return undefined;
  await cache.put(address, fresh.clone());
  return fresh;
}

/** Leaves this version and the one that was in use before: pages of it may still be open. */
async function tidy() {
  const mine = await caches.open(CACHE);
  await mine.put(USED, new Response(String(Date.now())));
  const others = (await caches.keys()).filter((name) => name.startsWith("nonpaper-") && name !== CACHE);
  const used = await Promise.all(others.map(async (name) => {
    const since = await (await caches.open(name)).match(USED);
    return [since ? Number(await since.text()) : 0, name];
  }));
  const [last] = used.filter(([since]) => since > 0).sort(([one], [other]) => other - one);
  await Promise.all(others.filter((name) => name !== last?.[1]).map((name) => caches.delete(name)));
}

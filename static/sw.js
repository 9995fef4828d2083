// Keeps the app in the browser, so that it opens without a network: all files of one version, or none.
//
// The build puts the version and the files in, each with its hash as for Subresource Integrity. What does not match is not kept, so
// files of two versions are never mixed. A newer version waits until the person asks for it, or until no page of this one is open.

// Made from commit {{built.commit}}.

const CACHE = "nonpaper-{{kept.version}}";
const FILES = {{kept.hashes}};
// Names this file and all others, so it can be none of them: kept if it tells the same of them.
const TOLD = "/integrity.json";

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(tidy()));
addEventListener("message", ({ data }) => {
  if (data === "use this version") skipWaiting();
});
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (pathname in FILES || pathname === TOLD || pathname.startsWith("/assets/")) event.respondWith(answer(event.request, pathname));
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
  const cache = await caches.open(CACHE);
  if (request.cache === "reload" && address in FILES) {
    // What is kept was not what the page names. Without a network there is nothing better.
    const fresh = await fetch(address, { integrity: FILES[address], cache: "reload", redirect: "error" }).catch(() => undefined);
    if (fresh?.ok) {
      await cache.put(address, fresh.clone());
      return fresh;
    }
  }
  // A page of the version before asks for its own files until it is reloaded.
  const kept = (await cache.match(address)) ?? (await caches.match(address));
  return kept ?? fetch(request);
}

async function tidy() {
  const others = (await caches.keys()).filter((name) => name.startsWith("nonpaper-") && name !== CACHE);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}

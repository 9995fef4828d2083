// Starts the app, and speaks where it cannot: no WebAssembly, no secure context, a failed download, a panic.
// Everything is made with createElement and textContent.

const app = document.getElementById("app");

// Leptos copies its static markup through innerHTML; this is the only policy, and it lets nothing through that runs
// or loads but the workers. What people typed never gets here: it is set as text.
const RUNS_OR_LOADS = /<\s*\/?\s*(script|iframe|frame|object|embed|link|meta|base|style)\b|[\s"'/]on[a-z]+\s*=|javascript:/i;
window.trustedTypes?.createPolicy("default", {
  createHTML(html) {
    if (RUNS_OR_LOADS.test(html)) throw new TypeError("markup refused");
    return html;
  },
  createScriptURL(url) {
    if (!["{{worker.js}}", "{{files.js}}", "/sw.js"].includes(url)) throw new TypeError("script refused");
    return url;
  },
});

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function button(text, pressed) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button";
  element.textContent = text;
  element.addEventListener("click", pressed);
  return element;
}

function sentences(title, ...texts) {
  const box = document.createElement("div");
  box.className = "overlay-box";
  const heading = document.createElement("h1");
  heading.textContent = title;
  box.append(heading, ...texts.map(paragraph));
  return box;
}

function instead(...words) {
  const box = sentences(...words);
  app.querySelector("main").replaceChildren(box);
  return box;
}

let stopped = false;
function stop(...words) {
  if (stopped) return;
  stopped = true;
  app.inert = true;
  document.querySelector(".update")?.remove();
  const overlay = document.createElement("div");
  overlay.className = "overlay";
  overlay.setAttribute("role", "alertdialog");
  overlay.setAttribute("aria-modal", "true");
  overlay.setAttribute("aria-label", words[0]);
  const box = sentences(...words);
  const reload = button("Reload", () => location.reload());
  reload.classList.add("main");
  box.append(reload);
  overlay.append(box);
  document.body.append(overlay);
  reload.focus();
}

// After a panic the app answers nothing any more.
function onError(error) {
  if (typeof WebAssembly === "object" && error instanceof WebAssembly.RuntimeError) {
    stop(
      "This page has stopped",
      "Something went wrong inside the page. What this browser keeps is safe, and so are notes that other seats hold.",
      "Please reload. Only if you chose that nothing is kept, your seat is gone: then ask for a new invitation.",
    );
  }
}
addEventListener("error", (event) => onError(event.error));
addEventListener("unhandledrejection", (event) => onError(event.reason));

// The code is compiled while it arrives. An `integrity` in the request would hold all of it back until the end, so the hash is
// compared here; nothing of it has run by then. What the browser kept under that name may be cut or spoilt: it is asked for once more.
async function code(cache) {
  const arriving = await fetch("{{web.wasm}}", { cache });
  const copy = arriving.clone();
  const hashed = copy.arrayBuffer().then((bytes) => crypto.subtle.digest("SHA-256", bytes));
  const [module, hash] = await Promise.all([WebAssembly.compileStreaming(arriving), hashed]);
  const named = `sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}`;
  if (named !== "{{web.wasm.integrity}}") throw new TypeError("this is not the code that the page names");
  return module;
}

async function start() {
  if (!isSecureContext) {
    const box = instead(
      "This address cannot be used safely",
      "The page came over a plain connection, where browsers switch off the cryptography it needs.",
      "Please open the same address with https:// in front. If that does not work, tell whoever gave it to you.",
    );
    const safe = document.createElement("a");
    safe.className = "button main";
    safe.href = location.href.replace(/^http:/, "https:");
    safe.textContent = "Open it with https";
    box.append(safe);
    return;
  }
  if (typeof WebAssembly !== "object") {
    instead(
      "This browser does not run WebAssembly",
      "Nonpaper seals notes inside the page, and needs WebAssembly to do so. Lockdown Mode and the “Safer” level of Tor Browser switch it off.",
      "Allow it for this site in the settings of the browser, or use another browser.",
    );
    return;
  }
  try {
    const [{ default: open }, module] = await Promise.all([import("{{web.js}}"), code("default").catch(() => code("reload"))]);
    await open({ module_or_path: module });
  } catch (error) {
    console.error(error);
    stop(
      "The page could not be opened",
      "A part of it did not arrive or could not be started. Nothing was sent and nothing is lost.",
      "Please check the connection and reload. If that does not help, update the browser or use another one.",
    );
  }
}

// A newer version waits until the person wants it: a reload in the middle of a sentence is nobody's wish.
function offer(registration) {
  const bar = document.createElement("div");
  bar.className = "update";
  bar.setAttribute("role", "status");
  const use = button("Reload", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    if (registration.waiting) registration.waiting.postMessage("use this version");
    else location.reload();
  });
  const later = button("Later", () => bar.remove());
  const buttons = document.createElement("div");
  buttons.append(use, later);
  bar.append(paragraph("A newer version of Nonpaper is ready."), buttons);
  document.querySelector(".update")?.remove();
  document.body.prepend(bar);
}

const LOOK_EVERY_MS = 3_600_000;
async function keepForOffline() {
  if (!navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  if (registration.waiting && navigator.serviceWorker.controller) offer(registration);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    // The first one is the version of this very page. On a first visit, or where another tab was reloaded, a later one does not wait.
    if (!registration.active) return;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" || worker.state === "activated") offer(registration);
    });
  });
  // A failed look is made again: there may be no network.
  setInterval(() => registration.update().catch(() => {}), LOOK_EVERY_MS);
}

start();
// Where a browser refuses, the app works with a network only.
keepForOffline().catch((error) => console.info(error));

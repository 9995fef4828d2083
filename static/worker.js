// Does what would make the page wait: the same code as the page, where there is no page.
import open, { stretch } from "{{web.js}}";

addEventListener("message", async ({ data: [passphrase, salt, memory, passes, lanes] }) => {
  try {
    await open({ module_or_path: fetch("{{web.wasm}}", { integrity: "{{web.wasm.integrity}}" }) });
    postMessage(stretch(passphrase, salt, memory, passes, lanes) ?? null);
  } catch (error) {
    console.error(error);
    postMessage(null);
  }
});

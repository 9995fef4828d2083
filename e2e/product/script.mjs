// Scripts of the app as modules of Node, without the build.

import { readFile } from 'node:fs/promises';

/** Returns the address of a file of `static/`, with those it imports in it. `before` stands before its own text. */
export async function addressOf(name, before = '') {
  let text = await readFile(new URL(`../../static/${name}`, import.meta.url), 'utf8');
  for (const [placeholder, imported] of text.matchAll(/from "\{\{(.+?)\}\}"/g)) {
    text = text.replace(placeholder, `from ${JSON.stringify(await addressOf(imported))}`);
  }
  return `data:text/javascript,${encodeURIComponent(`${before}${text}\n//# sourceURL=${name}`)}`;
}

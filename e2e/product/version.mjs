// Another version of the built app: the same files, with another sentence in the first of them.

import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { APP } from './relay.mjs';

const sri = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;

/** Makes a folder with another version of the app. `meta` is what tells it from the one that was built. */
export async function anotherVersion(meta) {
  const folder = await mkdtemp(join(tmpdir(), 'app-'));
  await cp(APP, folder, { recursive: true });
  const [index, worker] = await Promise.all(['index.html', 'sw.js'].map((name) => readFile(join(folder, name), 'utf8')));
  const changed = index.replace('<head>', `<head><meta name="version" content="${meta}">`);
  const named = worker.replace(sri(index), sri(changed)).replace(/"nonpaper-\w+"/, `"nonpaper-${meta}"`);
  if (changed === index || !named.includes(sri(changed))) throw new Error('the app is not made as this expects');
  for (const [name, text] of [['index.html', changed], ['sw.js', named]]) {
    await writeFile(join(folder, name), text);
    for (const copy of ['.br', '.gz']) await rm(join(folder, name + copy), { force: true });
  }
  return folder;
}

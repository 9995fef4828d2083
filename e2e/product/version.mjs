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
  const names = ['index.html', 'sw.js', 'integrity.json'];
  const [index, worker, told] = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const { commit } = JSON.parse(told);
  const changed = index.replace('<head>', `<head><meta name="version" content="${meta}">`).replace(`content="${commit}"`, `content="${meta}"`);
  const named = worker.replace(sri(index), sri(changed)).replace(/"nonpaper-\w+"/, `"nonpaper-${meta}"`);
  if (changed === index || !named.includes(sri(changed))) throw new Error('the app is not made as this expects');
  const telling = told.replace(sri(index), sri(changed)).replace(sri(worker), sri(named)).replace(`"${commit}"`, `"${meta}"`);
  for (const [name, text] of [['index.html', changed], ['sw.js', named], ['integrity.json', telling]]) {
    await writeFile(join(folder, name), text);
    for (const copy of ['.br', '.gz']) await rm(join(folder, name + copy), { force: true });
  }
  return folder;
}

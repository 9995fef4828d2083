// Another version of the built app: the same files, but for a sentence in the page, and a worker and a first script of other names.

import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { APP } from './relay.mjs';

const hash = (bytes, form) => createHash('sha256').update(bytes).digest(form);
const sri = (bytes) => `sha256-${hash(bytes, 'base64')}`;

/** The files that name others, in an order in which each comes after those it names. */
const NAMING = ['index.html', 'sw.js', 'integrity.json'];

/** Makes a folder with another version of the app. `meta` is what tells it from the one that was built. */
export async function anotherVersion(meta) {
  const folder = await mkdtemp(join(tmpdir(), 'app-'));
  await cp(APP, folder, { recursive: true });
  const read = (name) => readFile(join(folder, name), 'utf8');
  const { commit } = JSON.parse(await read('integrity.json'));
  const assets = (await readdir(join(folder, 'assets'))).filter((name) => /^(worker|boot)\.\w+\.js$/.test(name)).sort().reverse();
  // What stands for the old in everything that comes after.
  const replaced = [[commit, meta]];
  const change = (text) => replaced.reduce((text, [old, other]) => text.replaceAll(old, other), text);
  for (const name of assets) {
    const old = await read(`assets/${name}`);
    const other = `${change(old)}// ${meta}\n`;
    const renamed = name.replace(/\.\w+\./, `.${hash(other, 'hex').slice(0, 16)}.`);
    replaced.push([name, renamed], [sri(old), sri(other)]);
    for (const copy of ['', '.br', '.gz']) await rm(join(folder, 'assets', name + copy));
    await writeFile(join(folder, 'assets', renamed), other);
  }
  for (const name of NAMING) {
    const old = await read(name);
    const other = change(old)
      .replace('<head>', `<head><meta name="version" content="${meta}">`)
      .replace(/"nonpaper-\w+"/, `"nonpaper-${meta}"`);
    if (other === old) throw new Error(`${name} is not made as this expects`);
    replaced.push([sri(old), sri(other)]);
    await writeFile(join(folder, name), other);
    for (const copy of ['.br', '.gz']) await rm(join(folder, name + copy), { force: true });
  }
  return folder;
}

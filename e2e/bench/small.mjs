// How long a folder of many small files takes to another seat, and what it costs in memory.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { Exchange } from './exchange.mjs';
import { mb, row, seconds } from './figures.mjs';
import { watchGrowth } from './used_memory.mjs';

// Of more in a second the browser drops some.
const LOOKED_AT = 8;
const LONGEST = 1_800_000;
/** How many files lie sealed in the browser. */
const KEPT = `(async () => {
  const folder = await navigator.storage.getDirectory().then((root) => root.getDirectoryHandle('files')).catch(() => undefined);
  let kept = 0;
  for await (const name of folder?.keys() ?? []) kept += name.endsWith('.held') ? 0 : 1;
  return kept;
})()`;
/** Between two looks, which are not for nothing: the browser reads all names of the folder. */
const LOOK_EVERY = 10_000;
const nameOf = (number) => `page ${String(number).padStart(6, '0')}.txt`;

export async function small(folder, count) {
  const files = join(folder, 'small');
  await mkdir(files, { recursive: true });
  const contents = Array.from({ length: count }, (_, number) => randomBytes(1 + (number % 2_000)));
  for (const [number, bytes] of contents.entries()) await writeFile(join(files, nameOf(number)), bytes);
  await Exchange.of(undefined, 1, async ({ browsers, sender, receivers: [reader] }) => {
    const stop = await watchGrowth(browsers);
    const begun = Date.now();
    await sender.choose("document.querySelector('input[type=file]')", ...contents.map((_, number) => join(files, nameOf(number))));
    const all = async (browser) => {
      while ((await browser.ask(KEPT)) < count) {
        if (Date.now() - begun > LONGEST) throw new Error('they do not come');
        await pause(LOOK_EVERY);
      }
      return Date.now() - begun;
    };
    const [given, come] = await Promise.all([all(sender), all(reader)]);
    const [gives, fetches] = await stop();
    row(`${count} small files to one seat`, '', '');
    row('  all given after, to 10 s', '', seconds(given));
    row('  all come after, to 10 s', '', seconds(come));
    row('  memory of the page that gives, growth', '≤ 300 MB', mb(gives));
    row('  memory of the page that fetches, growth', '≤ 300 MB', mb(fetches));
    const same = await reader.driven('Reader 1', async ({ talk }) => {
      const search = talk.files.getByRole('searchbox', { name: 'Search files' });
      for (let look = 0; look < LOOKED_AT; look += 1) {
        const number = Math.floor((look * (count - 1)) / (LOOKED_AT - 1));
        await search.fill(nameOf(number));
        if (!contents[number].equals(await readFile(await talk.save(nameOf(number))))) return false;
      }
      return true;
    });
    row(`  ${LOOKED_AT} of them saved`, 'the same', same ? 'the same' : 'OTHERS');
    if (!same) process.exitCode = 1;
  });
}

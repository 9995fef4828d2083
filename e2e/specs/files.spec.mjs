// Files: given into a room, fetched by others, saved as they were.

import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

import { expect, test } from '../product/fixtures.mjs';

const NOOR = { name: 'Noor Haddad', party: 'Mediation office' };
const INES = { name: 'Ines Okoye', party: 'Delegation of Arvandan' };

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

test('a file given by one is saved by another as it was', async ({ table, relay }, info) => {
  const noor = await table.open(relay.url, NOOR);
  const ines = await table.welcome(noor, INES);
  noor.page.on('console', (m) => console.log('NOOR', m.text())); ines.page.on('console', (m) => console.log('INES', m.text()));
  const bytes = randomBytes(3_500_000);
  const path = info.outputPath('Annex B.pdf');
  await writeFile(path, bytes);
  await noor.page.locator('input[type=file]').first().setInputFiles(path);
  const files = ines.page.getByRole('region', { name: 'Files' });
  await expect(files.getByRole('listitem')).toContainText('Annex B.pdf');
  const [download] = await Promise.all([
    ines.page.waitForEvent('download'),
    files.getByRole('button', { name: 'Save Annex B.pdf' }).click(),
  ]);
  expect(digest(await readFile(await download.path()))).toBe(digest(bytes));
});

// Files of random bytes that a test gives, and whether they come out as they went in.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { expect } from '@playwright/test';

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Writes a file of random bytes for a test. */
export async function made(info, name, size) {
  const path = info.outputPath('given', name);
  await mkdir(dirname(path), { recursive: true });
  const bytes = randomBytes(size);
  await writeFile(path, bytes);
  return { name, path, hash: digest(bytes) };
}

/** Saves a file at a seat and compares it with what was given. */
export async function expectSaved(seat, file) {
  await expect(seat.talk.fileButton('Save', file.name)).toBeVisible({ timeout: 60_000 });
  expect(digest(await readFile(await seat.talk.save(file.name))), `${file.name} at ${seat.name}`).toBe(file.hash);
}

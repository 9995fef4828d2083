// A file to send, and whether what arrived is the same.

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';

const PART = 1 << 24;

export class RandomFile {
  constructor(path, size, hash) {
    this.path = path;
    this.size = size;
    this.name = basename(path);
    this.hash = hash;
  }

  /** Writes so many random bytes. */
  static async write(path, size) {
    const hash = createHash('sha256');
    const file = await open(path, 'w');
    for (let at = 0; at < size; at += PART) {
      const part = randomBytes(Math.min(PART, size - at));
      hash.update(part);
      await file.write(part);
    }
    await file.close();
    return new RandomFile(path, size, hash.digest('hex'));
  }

  /** Whether another file has the same bytes. */
  async isAt(path) {
    const hash = createHash('sha256');
    for await (const part of createReadStream(path, { highWaterMark: PART })) hash.update(part);
    return hash.digest('hex') === this.hash;
  }
}

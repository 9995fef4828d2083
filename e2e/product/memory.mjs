// The memory of a running process, as Linux shows it to its owner.

import { open, readFile } from 'node:fs/promises';

/** Returns the bytes of every mapping that can be read, one buffer for each. */
export async function memoryOf(pid) {
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1');
  const memory = await open(`/proc/${pid}/mem`, 'r');
  const mappings = [];
  try {
    for (const line of maps.split('\n')) {
      const range = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line);
      // Pages of the kernel's own, which no process may read.
      if (!range || line.includes('[vvar')) continue;
      // User space ends at 2⁴⁷, so an address is a safe integer.
      const begin = Number.parseInt(range[1], 16);
      const length = Number.parseInt(range[2], 16) - begin;
      mappings.push(await readMapping(memory, begin, length));
    }
  } finally {
    await memory.close();
  }
  return mappings;
}

async function readMapping(memory, begin, length) {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await memory.read(bytes, done, length - done, begin + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

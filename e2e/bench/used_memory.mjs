// What running processes hold in memory, as the system counts it.

import { readdir, readFile } from 'node:fs/promises';

/** A line of /proc/PID/status, in bytes; 0 if the process is gone. */
async function counted(pid, what) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

/** The most that a process has held so far. */
export const mostOf = (pid) => counted(pid, 'VmHWM');

/** What the pages of each browser hold that is no copy of a file. */
export async function heldByPages(browsers) {
  const held = browsers.map(() => 0);
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const place = command.includes('--type=renderer') ? browsers.findIndex(({ folder }) => command.includes(folder)) : -1;
    if (place >= 0) held[place] += await counted(pid, 'RssAnon');
  }
  return held;
}

/** Looks each second, until `stop`, which returns by how much the pages of each browser grew at most. */
export async function watchGrowth(browsers) {
  const before = await heldByPages(browsers);
  const most = [...before];
  let watching = true;
  const look = async () => (await heldByPages(browsers)).forEach((bytes, place) => (most[place] = Math.max(most[place], bytes)));
  const watched = (async () => {
    while (watching) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  })();
  return async () => {
    watching = false;
    await watched;
    await look();
    return most.map((bytes, place) => bytes - before[place]);
  };
}

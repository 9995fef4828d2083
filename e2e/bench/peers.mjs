// What else carries a file from one program to another on this machine: `scp`, and magic-wormhole with servers of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { row, speed } from './figures.mjs';

const SSHD = '/usr/sbin/sshd';
/** Where the programs of magic-wormhole are. */
const WORMHOLE = resolve(process.env.WORMHOLE ?? '../target/wormhole', 'bin');
const LOOPBACK = '127.0.0.1';
const START_MS = 20_000;

/** The processes of one peer. All of them end with it. */
class Processes {
  #all = [];

  constructor(folder) {
    this.folder = folder;
  }

  /** Starts a program. What it says is kept, for when it fails. */
  start(program, ...words) {
    const child = spawn(program, words, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    child.said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (child.said += bytes));
    child.ended = once(child, 'exit').then(([code]) => code);
    child.ended.catch(() => undefined);
    this.#all.push(child);
    return child;
  }

  /** Runs a program to its end. */
  async run(program, ...words) {
    await this.done(this.start(program, ...words));
  }

  /** Waits for a program to end well. */
  async done(child) {
    if ((await child.ended) !== 0) throw new Error(`${child.spawnfile} failed: ${child.said.trim().split('\n').at(-1)}`);
  }

  /** Starts a server, and returns once it listens. */
  async serve(port, program, ...words) {
    const child = this.start(program, ...words);
    await this.#inTime(child, () => listens(port));
  }

  /** Waits until a program has said something. */
  async says(child, wanted) {
    await this.#inTime(child, () => child.said.includes(wanted));
  }

  async #inTime(child, condition) {
    for (const begun = Date.now(); !(await condition()); await pause(50)) {
      if (child.exitCode !== null) await this.done(child);
      if (Date.now() - begun > START_MS) throw new Error(`${child.spawnfile} does not get ready`);
    }
  }

  async end() {
    for (const child of this.#all) child.kill();
    await Promise.allSettled(this.#all.map((child) => child.ended));
  }
}

async function freePort() {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function scp(file, processes) {
  await access(SSHD).catch(() => {
    throw new Error(`there is no ${SSHD} (Debian: apt-get install openssh-server)`);
  });
  const [port, at] = [await freePort(), (name) => join(processes.folder, name)];
  for (const key of ['host', 'own']) await processes.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(key));
  const settings = [
    `ListenAddress ${LOOPBACK}:${port}`, `HostKey ${at('host')}`, `AuthorizedKeysFile ${at('own.pub')}`, 'PidFile none', 'StrictModes no',
    'UsePAM no', 'PasswordAuthentication no', 'PermitRootLogin prohibit-password', 'Subsystem sftp internal-sftp',
  ];
  await writeFile(at('config'), `${settings.join('\n')}\n`);
  // Debian's makes it only as a service, and does not start as root without it.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  await processes.serve(port, SSHD, '-D', '-e', '-f', at('config'));
  const options = ['StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null', 'IdentitiesOnly yes', 'LogLevel ERROR'];
  const words = ['-B', '-q', '-F', '/dev/null', '-i', at('own'), '-P', `${port}`, ...options.flatMap((option) => ['-o', option])];
  const begun = Date.now();
  await processes.run('scp', ...words, file.path, `${userInfo().username}@${LOOPBACK}:${at('got')}`);
  return [Date.now() - begun, at('got')];
}

/** With `relayed`, neither side listens, so that all goes through the relay. */
async function wormhole(file, processes, relayed) {
  const program = (name) => join(WORMHOLE, name);
  await access(program('wormhole')).catch(() => {
    throw new Error(`there is no ${program('wormhole')}`);
  });
  const [mailbox, transit, got] = [await freePort(), await freePort(), join(processes.folder, 'got')];
  const on = (port) => ['--port', `tcp:${port}:interface=${LOOPBACK}`];
  await processes.serve(mailbox, program('twist'), 'wormhole-mailbox', ...on(mailbox), '--channel-db', ':memory:');
  await processes.serve(transit, program('twist'), 'transitrelay', ...on(transit));
  const servers = ['--relay-url', `ws://${LOOPBACK}:${mailbox}/v1`, '--transit-helper', `tcp:${LOOPBACK}:${transit}`];
  const how = ['--hide-progress', ...(relayed ? ['--no-listen'] : [])];
  const code = '1-bench-bench';
  const sends = processes.start(program('wormhole'), ...servers, 'send', ...how, '--code', code, file.path);
  await processes.says(sends, 'On the other computer');
  const begun = Date.now();
  await processes.run(program('wormhole'), ...servers, 'receive', ...how, '--accept-file', '--output-file', got, code);
  await processes.done(sends);
  return [Date.now() - begun, got];
}

export async function peers(file, folder) {
  const all = [
    ['scp over loopback', scp],
    ['magic-wormhole, straight', (...given) => wormhole(...given, false)],
    ['magic-wormhole, through its relay', (...given) => wormhole(...given, true)],
  ];
  for (const [name, carry] of all) {
    const own = resolve(folder, 'peer');
    await mkdir(own, { recursive: true });
    const processes = new Processes(own);
    try {
      const [took, got] = await carry(file, processes);
      row(name, '', (await file.isAt(got)) ? speed(file.size, took) : 'brought ANOTHER file');
    } catch (error) {
      row(name, '', `not run: ${error.message}`);
    } finally {
      await processes.end();
      await rm(own, { recursive: true, force: true });
    }
  }
}

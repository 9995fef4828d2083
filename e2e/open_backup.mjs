// Opens a backup file without Nonpaper: `node open_backup.mjs FILE PASSPHRASE` prints who wrote what, one note per line.
// The container is described in app/vault/src/backup.rs, its content in app/talk/src/backup.rs, ops in app/record/src/op.rs.

import { readFileSync } from 'node:fs';
import { argv } from 'node:process';

import { decode } from 'cborg';
import sodium from 'libsodium-wrappers-sumo';

await sodium.ready;
const [file, passphrase] = [readFileSync(argv[2]), argv[3]];
if (file.toString('latin1', 0, 17) !== 'nonpaper backup\0\x01') throw new Error('not a backup file');
const [memory, passes, lanes] = [33, 37, 41].map((at) => file.readUInt32BE(at));
if (lanes !== 1) throw new Error('libsodium knows one lane only');
const key = sodium.crypto_pwhash(32, passphrase, file.subarray(17, 33), passes, memory * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13);

const [header, chunks, plain] = [file.subarray(0, 64), file.subarray(64), []];
const whole = Math.floor((chunks.length - 16) / (65536 + 16));
for (let number = 0; number <= whole; number += 1) {
  const nonce = Buffer.concat([file.subarray(45, 64), Buffer.from([0, 0, 0, 0, number === whole ? 1 : 0])]);
  nonce.writeUInt32BE(number, 19);
  const chunk = chunks.subarray(number * (65536 + 16), (number + 1) * (65536 + 16));
  plain.push(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, chunk, header, nonce, key));
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const [format, made, talks] = decode(Buffer.concat(plain));
if (format !== 1) throw new Error(`content of format ${format}`);
console.log(`made ${new Date(Number(made)).toISOString()}`);
for (const rows of talks) {
  const [names, notes] = [new Map(), []];
  for (const [row, value] of rows) {
    if (row[0] !== 1 || row[1] !== 2) continue;
    const [signed, , content] = decode(value);
    const [, , author, number, , depth, , , kind] = decode(signed);
    if (content === null) continue;
    const body = decode(content.subarray(16));
    if (kind === 1) names.set(hex(author), body[2]);
    if (kind === 4) names.set(hex(body[0]), body[5]);
    if (kind === 16) notes.push({ author: hex(author), number, depth, text: body[1] });
    if (kind === 1) console.log(`talk ${body[0]}`);
  }
  notes.sort((a, b) => a.depth - b.depth || a.author.localeCompare(b.author));
  for (const { author, text } of notes) console.log(`${names.get(author)}: ${JSON.stringify(text)}`);
}

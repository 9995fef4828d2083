// Reads the messages of one direction of one connection: first HTTP, then WebSocket frames (RFC 6455).

const HEAD_END = Buffer.from('\r\n\r\n');

export class WebSocketReader {
  #waiting = Buffer.alloc(0);
  #upgraded = false;
  #plain = false;
  #parts = [];
  #onMessage;

  /** `onMessage` gets the bytes of each whole binary or text message. */
  constructor(onMessage) {
    this.#onMessage = onMessage;
  }

  read(bytes) {
    if (this.#plain) return;
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    if (!this.#upgraded && !this.#readHead()) return;
    while (this.#readFrame());
  }

  #readHead() {
    const end = this.#waiting.indexOf(HEAD_END);
    if (end < 0) return false;
    const head = this.#waiting.subarray(0, end).toString('latin1');
    this.#upgraded = /^upgrade: websocket$/im.test(head);
    // A connection may carry several plain requests before it is upgraded; their bodies are not looked at.
    this.#waiting = this.#waiting.subarray(end + HEAD_END.length);
    if (this.#upgraded) return true;
    if (!/^(GET|HEAD) /.test(head)) this.#plain = true;
    return this.#plain ? false : this.#readHead();
  }

  #readFrame() {
    const bytes = this.#waiting;
    if (bytes.length < 2) return false;
    const masked = (bytes[1] & 0x80) !== 0;
    let length = bytes[1] & 0x7f;
    let at = 2;
    if (length >= 126) {
      const size = length === 126 ? 2 : 8;
      if (bytes.length < at + size) return false;
      length = size === 2 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at));
      at += size;
    }
    const mask = masked ? bytes.subarray(at, at + 4) : undefined;
    if (masked) at += 4;
    if (bytes.length < at + length) return false;
    const payload = Buffer.from(bytes.subarray(at, at + length));
    if (mask) for (let i = 0; i < length; i += 1) payload[i] ^= mask[i % 4];
    this.#waiting = bytes.subarray(at + length);
    this.#take(bytes[0], payload);
    return true;
  }

  #take(first, payload) {
    if ((first & 0x70) !== 0) throw new Error('an extension was agreed on: this reader would see compressed bytes');
    const kind = first & 0x0f;
    if (kind >= 8) return;
    this.#parts.push(payload);
    if ((first & 0x80) === 0) return;
    this.#onMessage(Buffer.concat(this.#parts));
    this.#parts = [];
  }
}

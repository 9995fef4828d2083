// As much of the wire as an observer of the line needs: which messages carry payload, and where.

/** Publish and Deliver both are: type 1, topic 32, number 8, length 4, payload. */
const TYPES_WITH_PAYLOAD = { client: 0x04, relay: 0x82 };
const LENGTH_AT = 1 + 32 + 8;

/** Returns the sealed bytes in a message that carries some. */
export function publishedPayload({ fromClient, bytes }) {
  const type = fromClient ? TYPES_WITH_PAYLOAD.client : TYPES_WITH_PAYLOAD.relay;
  if (bytes[0] !== type) return undefined;
  const payload = bytes.subarray(LENGTH_AT + 4);
  if (bytes.readUInt32BE(LENGTH_AT) !== payload.length) throw new Error('a frame whose length is not that of its payload');
  return payload;
}

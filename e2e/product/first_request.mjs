// What stands between browsers and a server: the first request on a socket, by which it is known whose it is.

/** Reads the head of the first request on a socket and stops there: who asks, whether for a WebSocket, and all bytes so far. */
export function firstRequest(browser, then) {
  let bytes = Buffer.alloc(0);
  const read = (more) => {
    bytes = Buffer.concat([bytes, more]);
    if (!bytes.includes('\r\n\r\n')) return;
    browser.off('data', read);
    browser.pause();
    const text = bytes.toString('latin1');
    const agent = /^user-agent: (.*)$/im.exec(text)?.[1].trim();
    then({ agent, isWebSocket: /^upgrade: websocket\r$/im.test(text), bytes });
  };
  browser.on('data', read);
}

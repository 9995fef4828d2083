// How Chromium is started: without a word to anybody outside this machine.

const root = process.getuid?.() === 0;

/** Launch options; without CHROMIUM, Playwright's own browser. */
export const chromium = {
  executablePath: process.env.CHROMIUM || undefined,
  args: [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--no-first-run',
    ...(root ? ['--no-sandbox'] : []),
  ],
};

// What a person sees before any code has arrived is what stands there afterwards.

import { expect, test } from '../product/fixtures.mjs';

test('what is drawn before the app is there stands there afterwards, word by word', async ({ relay, table }) => {
  const sentences = ['h1', '.lead', '.small-print p:first-child'];
  const before = (await table.seat('Noor Haddad', { javaScriptEnabled: false })).page;
  const after = await table.seat('Noor Haddad');
  await before.goto(relay.url);
  await after.start.open(relay.url);
  for (const sentence of sentences) {
    await expect(after.page.locator(sentence)).toHaveText(await before.locator(sentence).textContent());
  }
});

for (const [width, height] of [[412, 823], [360, 640], [1280, 800]]) {
  test(`at ${width} × ${height} the largest that is painted is there before the app is`, async ({ relay, table }) => {
    const { page, start } = await table.seat('Noor Haddad', { viewport: { width, height } });
    await page.addInitScript(() => {
      globalThis.largest = [];
      const note = (list) => globalThis.largest.push(...list.getEntries().map(({ startTime, element }) => [startTime, element?.textContent]));
      new PerformanceObserver(note).observe({ type: 'largest-contentful-paint', buffered: true });
    });
    await start.open(relay.url);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const [first] = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => startTime));
    const largest = await page.evaluate(() => globalThis.largest);
    expect(largest.length).toBeGreaterThan(0);
    for (const [at, text] of largest) expect(at, text).toBeLessThanOrEqual(first);
  });
}

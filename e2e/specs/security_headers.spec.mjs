import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; font-src 'self'; " +
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
};

const HOSTILE = {
  title: '<img src=x onerror="document.title=1">',
  name: '<script>document.title=2</script>',
  party: '"><svg onload=document.title=3>',
  guest: 'Mallory &lt;i&gt; <b onclick=document.title=0>bold</b>',
  guestParty: "'; --><iframe src=javascript:document.title=4>",
  notes: [
    '<img src=x onerror="document.title=5"><a href="javascript:document.title=6">click</a>',
    '<svg><script>document.title=7</script></svg>\n\n<style>*{display:none}</style>',
    'javascript:document.title=8 \u202E reversed \u2066 isolated',
    '{{constructor.constructor("document.title=9")()}} ${document.title=10} <!-- x',
  ],
};

test('every answer carries the whole set of headers', async ({ relay, request }) => {
  const index = await request.get(relay.url);
  expect(index.status()).toBe(200);
  const assets = [...(await index.text()).matchAll(/["'](\/assets\/[^"']+)["']/g)].map((match) => match[1]);
  expect(assets.length).toBeGreaterThan(1);
  for (const path of ['/', ...assets, '/no-such-file']) {
    const answer = await request.get(new URL(path, relay.url).href);
    const headers = answer.headers();
    for (const [name, value] of Object.entries(HEADERS)) expect(headers[name], `${name} of ${path}`).toBe(value);
  }
  for (const path of assets) {
    const headers = (await request.get(new URL(path, relay.url).href)).headers();
    expect(headers['cache-control'], path).toMatch(/max-age=31536000.*immutable/);
    // Pictures are compressed already.
    if (!path.endsWith('.png')) expect(headers['content-encoding'], path).toMatch(/^(br|gzip)$/);
  }
  expect(index.headers()['cache-control']).toMatch(/no-cache/);
});

test('a breach of the policy is noticed, in every page of every test', async ({ relay, table }) => {
  const { page, start } = await table.seat('Noor Haddad');
  await start.open(relay.url);
  const breaches = {
    'an inline script': () => { document.createElement('script').textContent = '1'; },
    'an inline style': () => document.body.setAttribute('style', 'color: red'),
    'a picture of another host': () => { new Image().src = 'https://example.org/'; },
    'an answer of another host': () => fetch('https://example.org/'),
    'a policy of its own': () => { trustedTypes.createPolicy('other', {}); },
  };
  for (const [what, breach] of Object.entries(breaches)) {
    await page.evaluate(breach).catch(() => {});
    await expect(async () => expect(table.complaints.splice(0).length, what).toBeGreaterThan(0)).toPass();
  }
});

test('what hostile people type stays text, and nothing breaks the policy or asks another host', async ({ relay, table }) => {
  const strangers = [];
  const watch = async (seat) => {
    seat.page.on('dialog', (dialog) => strangers.push(`${seat.name}: a dialog: ${dialog.message()}`));
    seat.page.on('request', (request) => {
      const { host } = new URL(request.url());
      if (host !== new URL(relay.url).host) strangers.push(`${seat.name}: asked ${request.url()}`);
    });
    await seat.page.addInitScript(() => {
      globalThis.violations = [];
      const note = ({ violatedDirective, blockedURI, sample }) =>
        globalThis.violations.push(`${violatedDirective} ${blockedURI} ${sample}`);
      document.addEventListener('securitypolicyviolation', note);
    });
  };

  const mediator = await table.seat(HOSTILE.name);
  await watch(mediator);
  await mediator.start.open(relay.url);
  await mediator.start.openTalk(HOSTILE);
  await expect(mediator.talk.composer).toBeVisible();
  const link = await mediator.talk.invite();

  const guest = await table.seat(HOSTILE.guest);
  await watch(guest);
  await guest.page.goto(link);
  await guest.join.ask({ name: 'Mallory \u202Egnp.exe', party: HOSTILE.guestParty });
  await expect(guest.join.alert).toContainText('invisible control characters');
  await guest.join.ask({ name: HOSTILE.guest, party: HOSTILE.guestParty });
  await expect(guest.join.doorDigits).toBeVisible();
  await mediator.page.getByRole('button', { name: /^Admit Mallory/ }).click();
  await expect(guest.talk.composer).toBeVisible();

  for (const [index, note] of HOSTILE.notes.entries()) await [mediator, guest][index % 2].talk.write(note);
  await expectSameNotes([mediator, guest], HOSTILE.notes);
  for (const { page, name } of [mediator, guest]) {
    const body = page.locator('body');
    const typed = [HOSTILE.title, HOSTILE.name, HOSTILE.party, HOSTILE.guest, HOSTILE.guestParty];
    for (const text of typed) await expect(body).toContainText(text);
    expect(await page.locator('body :is(img, script, iframe, [onerror], [onload], [onclick], a[href^="javascript"])').count(), name).toBe(0);
    expect(await page.title()).not.toMatch(/^\d+$/);
    expect(await page.evaluate(() => globalThis.violations), name).toEqual([]);
  }
  expect(strangers).toEqual([]);
});

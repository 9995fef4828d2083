import { expect, test } from '../product/fixtures.mjs';

test('who leaves the computer leaves nothing on it', async ({ table, relay }) => {
  const amina = await table.open(relay.url, { name: 'Amina Farouk', party: 'Mediation office' });
  const { page } = amina;
  await amina.talk.write('To be gone.');
  await expect(amina.talk.notes).toHaveCount(1);
  await page.goto(relay.url);
  await page.getByRole('button', { name: 'Leave this computer' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('link', { name: /Veshan/ })).toBeVisible();
  await page.getByRole('button', { name: 'Leave this computer' }).click();
  await page.getByRole('button', { name: 'Delete all' }).click();
  // It says so for as long as it takes.
  await expect(page.getByRole('heading', { name: 'This browser' })).toHaveCount(0);
  await expect(page.getByText('Everything is being deleted.')).toHaveCount(0);
  await expect(page.getByRole('link', { name: /Veshan/ })).toHaveCount(0);
  await page.reload();
  await expect(amina.start.startButton).toBeVisible();
  await expect(page.getByRole('link', { name: /Veshan/ })).toHaveCount(0);
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
});

import { expect, test } from '../product/fixtures.mjs';

test('what was typed is still there after looking at another page of the app', async ({ relay, table }) => {
  const title = 'Transit at the Veshan crossing';
  const mediator = await table.open(relay.url, { title, name: 'Noor Haddad', party: 'Mediation office' });
  const draft = 'We could live with\n\ntwenty-two hundred hours, if';
  await mediator.talk.composer.fill(draft);

  await mediator.page.getByRole('link', { name: 'Start page' }).click();
  await expect(mediator.start.startButton).toBeVisible();
  await mediator.page.getByRole('link', { name: title }).click();
  await expect(mediator.talk.composer).toHaveValue(draft);

  await mediator.page.goBack();
  await expect(mediator.start.startButton).toBeVisible();
  await mediator.page.goForward();
  await expect(mediator.talk.composer).toHaveValue(draft);

  await mediator.talk.openInvitation();
  await mediator.talk.closeInvitation();
  await expect(mediator.talk.composer).toHaveValue(draft);
  await mediator.talk.sendButton.click();
  await expect(mediator.talk.notes).toHaveCount(1);
  await expect(mediator.talk.composer).toHaveValue('');
});

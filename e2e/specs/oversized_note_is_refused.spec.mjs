import { expect, test } from '../product/fixtures.mjs';
import { expectSameNotes } from '../product/table.mjs';
import { ofBytes } from '../texts/negotiation.mjs';

test('a note over 64 KiB is refused before sending, with its limit, and the text is kept', async ({ table, tap }) => {
  const mediator = await table.open(tap.url, { name: 'Noor Haddad', party: 'Mediation office' });
  const guest = await table.welcome(mediator, { name: 'Ines Okoye', party: 'Delegation of Arvandan' });

  const fits = ofBytes(65_536, 'The annex, whole.');
  const tooLong = `${fits}!`;
  const sentBefore = tap.messages.filter(({ fromClient, bytes }) => fromClient && bytes.length > 16_384).length;
  await guest.talk.composer.fill(tooLong);
  await guest.talk.sendButton.click();
  await expect(guest.talk.alert).toContainText('65,537');
  await expect(guest.talk.alert).toContainText('65,536');
  await expect(guest.talk.composer).toHaveValue(tooLong);
  await expect(guest.talk.notes).toHaveCount(0);

  await guest.talk.composer.fill('A short one first.');
  await expect(guest.talk.alert).toHaveCount(0);
  await guest.talk.sendButton.click();
  await expectSameNotes([mediator, guest], ['A short one first.']);
  // Whatever was sent until the short note arrived, a frame large enough for the long one was not among it.
  const sentAfter = tap.messages.filter(({ fromClient, bytes }) => fromClient && bytes.length > 16_384).length;
  expect(sentAfter).toBe(sentBefore);

  await guest.talk.write(fits);
  await expectSameNotes([mediator, guest], ['A short one first.', fits]);
});

// Backup files: saving one, and opening one.

import { expect } from '@playwright/test';

export class BackupPage {
  constructor(page) {
    this.page = page;
    this.saving = page.getByRole('form', { name: 'Save a backup' });
    this.opening = page.getByRole('form', { name: 'Open a backup' });
    this.done = page.getByRole('status').locator('.done');
    this.alert = page.getByRole('alert');
  }

  async open(url) {
    await this.page.goto(url);
    await this.page.getByRole('link', { name: /^(Backup file|Open a backup)$/ }).click();
    await expect(this.page.getByRole('heading', { name: 'Backup file' })).toBeVisible();
  }

  /** Has a backup made and returns where the browser put it. */
  async save(passphrase) {
    await this.saving.getByRole('textbox', { name: 'Passphrase for the file', exact: true }).fill(passphrase);
    await this.saving.getByRole('textbox', { name: 'Passphrase for the file once more' }).fill(passphrase);
    const download = this.page.waitForEvent('download');
    await this.saving.getByRole('button', { name: 'Save the file' }).click();
    const file = await download;
    await expect(this.done).toContainText(file.suggestedFilename());
    return file;
  }

  /** Opens a file: a path, or `{ name, mimeType, buffer }`. */
  async restore(file, passphrase) {
    await this.opening.getByLabel('File', { exact: true }).setInputFiles(file);
    await this.opening.getByRole('textbox', { name: 'Passphrase of the file' }).fill(passphrase);
    await this.opening.getByRole('button', { name: 'Open the file' }).click();
  }
}

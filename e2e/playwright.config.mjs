// Settings of the browser tests. `cargo xtask test browser` says where the built product and the browser are.
import { defineConfig } from '@playwright/test';

import { chromium } from './product/chromium.mjs';

export default defineConfig({
  testDir: 'specs',
  testMatch: '*.spec.mjs',
  outputDir: process.env.E2E_OUTPUT_DIR ?? '../target/e2e',
  // Two files at a time, each with relays and contexts of its own: seats mostly wait for each other.
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    launchOptions: chromium,
    locale: 'en-GB',
    timezoneId: 'Europe/Zurich',
    viewport: { width: 1280, height: 860 },
    screenshot: 'only-on-failure',
  },
});

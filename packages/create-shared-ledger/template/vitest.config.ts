import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // One PostgreSQL for all tests, with the migrations of all apps.
    globalSetup: ['@shared-ledger/postgres/testing/setup'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

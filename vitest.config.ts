import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

// One copy of graphql for source and dependencies: graphql-js refuses schemas of another instance.
const graphql = createRequire(import.meta.url).resolve('graphql')
const conditions = ['@shared-ledger/source', 'module', 'node', 'development|production']

/** What `npm run test:pooler` runs behind PgBouncer: no test that counts statements or sets bounds on its pool. */
const behindPooler = [
  'test/pooler/*.pooler.ts',
  'apps/*/test/*.test.ts',
  'packages/ledger/test/{batches,concurrency,corrections,history,holds,limits,live,overdraft,post-*,reads,transfers}.test.ts',
]

/**
 * What `npm run test:keys` runs with servers that ask for keys: what reaches them over HTTP. Left out are an app that has no
 * key, and headers and traces that are told one by one.
 */
const withKeys = ['apps/*/test/*.test.ts', 'test/!(tracing|two-versions).test.ts', 'test/keys/*.keys.ts']

/** What only some commands run; `npm run test:container` installs packages anew. */
const ofMode: Readonly<Record<string, string[]>> = {
  pooler: behindPooler,
  keys: withKeys,
  container: ['test/container/*.container.ts'],
}

export default defineConfig(({ mode }) => ({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }], conditions },
  ssr: { resolve: { conditions } },
  environments: { __vitest__: { resolve: { conditions } } }, // the global setup's
  test: {
    globalSetup: ['packages/postgres/src/testing/global-setup.ts'],
    include: ofMode[mode] ?? ['{packages,apps,bench,docs,scripts,test,torture}/**/*.test.ts'],
    // The type tests and what they import; `npm run typecheck` reads everything.
    typecheck: { enabled: true, include: ['**/*.test-d.ts'], tsconfig: 'tsconfig.test-d.json' },
    maxWorkers: 3,
    // Limits catch a hang and nothing else, the product's own too: the suite passes while other work holds all cores.
    env: { REQUEST_TIMEOUT_MS: '240000', ...(mode === 'keys' && { LEDGER_AUTH: 'keys' }) },
    setupFiles: mode === 'keys' ? ['test/send-suite-key.ts'] : [],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    // A green run says how many passed; what a failed test wrote is shown with it.
    reporters: ['dot'],
    silent: 'passed-only',
    coverage: {
      include: ['packages/*/src/**', 'apps/*/src/**'],
      exclude: ['**/generated/**'],
    },
  },
}))

import { createRequire } from 'node:module'
import { configDefaults, defineConfig } from 'vitest/config'
import { leftOut, onCluster } from './test/citus/suites.ts'

// Source and dependencies must share one copy of graphql, because graphql-js refuses schemas of another copy.
const graphql = createRequire(import.meta.url).resolve('graphql')
const conditions = ['@shared-ledger/source', 'node', 'development|production']

/**
 * What `npm run test:pooler` runs behind PgBouncer. Tests that count statements or set time limits on their pool are
 * left out.
 */
const behindPooler = [
  'test/pooler/*.pooler.ts',
  'apps/*/test/*.test.ts',
  'packages/ledger/test/{batches,concurrency,corrections,history,holds,limits,live,overdraft,post-*,reads,transfers}.test.ts',
]

/**
 * What `npm run test:keys` runs with servers that require keys: the tests over HTTP. Tests of an app without a key, and
 * those that count headers and traces one by one, are left out.
 */
const withKeys = ['apps/*/test/*.test.ts', 'test/!(tracing|two-versions).test.ts', 'test/keys/*.keys.ts']

/** What only some commands run. `npm run test:container` and `npm run test:upgrade` install packages anew. */
const ofMode: Readonly<Record<string, string[]>> = {
  citus: onCluster,
  pooler: behindPooler,
  keys: withKeys,
  container: ['test/container/*.container.ts'],
  picture: ['test/console.picture.ts'],
  upgrade: ['test/oldest/*.upgrade.ts'],
}

export default defineConfig(({ mode }) => ({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }], conditions },
  ssr: { resolve: { conditions } },
  environments: { __vitest__: { resolve: { conditions } } }, // for the global setup
  test: {
    globalSetup: ['packages/postgres/src/testing/global-setup.ts'],
    exclude: [
      ...configDefaults.exclude,
      'packages/cli/templates/**',
      ...(mode === 'citus' ? leftOut.flatMap(({ files }) => files) : []),
    ],
    include: ofMode[mode] ?? ['{packages,apps,bench,docs,scripts,test,torture}/**/*.test.ts'],
    // The type tests and what they import. `npm run typecheck` covers everything.
    typecheck: { enabled: true, include: ['**/*.test-d.ts'], tsconfig: 'tsconfig.test-d.json' },
    maxWorkers: 3,
    // Time limits only catch a hang, the product's own too: the suite passes while other work uses all cores.
    env: { REQUEST_TIMEOUT_MS: '240000', ...(mode === 'keys' && { LEDGER_AUTH: 'keys' }) },
    setupFiles: mode === 'keys' ? ['test/send-suite-key.ts'] : [],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    // A green run prints how many tests passed. The output of a failed test is printed with it.
    reporters: ['dot'],
    silent: 'passed-only',
    coverage: {
      include: ['packages/*/src/**', 'apps/*/src/**'],
      exclude: ['**/generated/**'],
    },
  },
}))

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'

const root = join(import.meta.dirname, '..')
const names = z.record(z.string(), z.string()).default({})
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ dependencies: names, devDependencies: names })),
})

/** Our own packages in the lock file. */
const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
const own = Object.entries(packages).filter(([folder]) => !folder.includes('node_modules'))

test('all of our packages name the same exact version of a dependency', () => {
  const named = own.flatMap(([folder, { dependencies, devDependencies }]) =>
    Object.entries({ ...dependencies, ...devDependencies }).map(([name, version]) => ({
      folder: folder || 'the root',
      name,
      version,
    })),
  )
  expect(named.length).toBeGreaterThan(50)
  const first = new Map(named.toReversed().map((each) => [each.name, each]))
  expect(named.filter(({ name, version }) => first.get(name)?.version !== version)).toEqual([])
  expect(named.filter(({ version }) => !/^\d+\.\d+\.\d+/.test(version))).toEqual([])
})

// Prisma loads this file through jiti, without our export condition: it imports nothing of ours.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const folder = z
  .string()
  .min(1)
  .refine((given) => !path.isAbsolute(given))
const file = folder

/** What each field of `sharedLedger` in the package.json of a project's root must be. */
const takes = {
  apps: 'the folder that holds the apps ("apps"), or an object with the folder of each ({ "shop": "services/shop" })',
  prisma: 'the folder of schema.prisma and migrations in an app ("prisma")',
  operations: 'the file in an app that exports its operations ("src/operations.ts")',
  schema: 'the file in an app that exports its createSchema ("src/schema.ts")',
  server: 'the file in an app that serves it ("src/server.ts")',
  ledger:
    "the folder of the ledger's own models, functions and migrations, where the project keeps them itself",
} as const

const shape = z.strictObject({
  apps: z.union([folder, z.record(z.string(), folder)]).default('apps'),
  prisma: folder.default('prisma'),
  operations: file.default('src/operations.ts'),
  schema: file.default('src/schema.ts'),
  server: file.default('src/server.ts'),
  ledger: folder.optional(),
})

/** Where a project has its apps and their files. All paths are relative. */
export type Configuration = z.output<typeof shape>

/** The field of package.json that marks the root of a project. */
const FIELD = 'sharedLedger'

/**
 * Returns the configuration in a project's root. Undefined when the folder is not the root of a project.
 *
 * @throws Error that names each wrong value, and what it must be
 */
export function configurationIn(root: string): Configuration | undefined {
  const manifest = path.join(root, 'package.json')
  if (!existsSync(manifest)) return undefined
  const parsed = parse(manifest)
  const field: unknown =
    typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, FIELD) : undefined
  if (field === undefined) return undefined
  const read = shape.safeParse(field)
  if (read.success) return read.data
  const lines = read.error.issues.flatMap((issue) => linesOf(issue, field))
  throw new Error(`${manifest} has a wrong configuration.\n${lines.join('\n')}`)
}

function parse(manifest: string): unknown {
  try {
    return JSON.parse(readFileSync(manifest, 'utf8'))
  } catch (error) {
    throw new Error(`${manifest} is not JSON. Correct it.`, { cause: error })
  }
}

function linesOf(issue: z.core.$ZodIssue, field: unknown): string[] {
  const names = Object.keys(takes).join(', ')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${FIELD}.${key} is not known. There are: ${names}.`)
  const [name] = issue.path
  const must = Object.entries(takes).find(([each]) => each === name)?.[1]
  if (must === undefined) return [`${FIELD} must be an object with any of: ${names}.`]
  const given: unknown =
    typeof field === 'object' && field !== null ? Reflect.get(field, String(name)) : undefined
  return [`${FIELD}.${String(name)} must be ${must}, not ${JSON.stringify(given)}.`]
}

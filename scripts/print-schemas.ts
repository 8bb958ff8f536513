import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type GraphQLSchema, printSchema } from 'graphql'
import { appSchema } from './app-schema.ts'
import { contractSchema, fullSchema } from './contract-schema.ts'
import { undescribed } from './undescribed.ts'

const root = join(import.meta.dirname, '..')

/**
 * Returns every schema.graphql of the project with its schema: the contract, everything that the plugin can add, and
 * each app's.
 */
export async function printedSchemas(): Promise<Map<string, GraphQLSchema>> {
  const schemas = new Map([
    ['schema.graphql', contractSchema()],
    ['packages/plugin-ledger/schema.graphql', fullSchema()],
  ])
  for (const app of readdirSync(join(root, 'apps')).sort()) {
    if (!existsSync(join(root, 'apps', app, 'src/schema.ts'))) continue
    schemas.set(`apps/${app}/schema.graphql`, await appSchema(join(root, 'apps', app)))
  }
  return schemas
}

/**
 * `tsx scripts/print-schemas.ts` writes the files. With `--check` it fails when one is out of date or lacks a
 * description.
 */
async function main(check: boolean): Promise<void> {
  for (const [file, schema] of await printedSchemas()) {
    const path = join(root, file)
    const text = `${printSchema(schema)}\n`
    for (const name of undescribed(schema)) {
      console.error(`${file}: ${name} has no description`)
      if (check) process.exitCode = 1
    }
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
    if (check) {
      console.error(`${file} is out of date: npm run generate`)
      process.exitCode = 1
    } else {
      writeFileSync(path, text)
      console.log(`${file} written`)
    }
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.includes('--check'))
}

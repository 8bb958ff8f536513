import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { appsOf, historyOf, LEDGER } from '../project.ts'

/**
 * Generates the Prisma clients of every app from their models, and those of the ledger if the project has its source. Needs
 * no database and no network.
 *
 * @throws with Prisma's words when a schema.prisma is wrong.
 */
export async function generateClients(root: string): Promise<void> {
  const histories = [LEDGER, ...appsOf(root)].map((name) => historyOf(root, name))
  await Promise.all(
    histories
      .filter(({ config, models }) => existsSync(config) && existsSync(models))
      .map(({ models, config }) => generateClient(root, { models, config })),
  )
}

function generateClient(root: string, { models, config }: { models: string; config: string }): Promise<void> {
  const prisma = createRequire(import.meta.url).resolve('prisma/package.json')
  const cli = path.join(path.dirname(prisma), 'build', 'index.js')
  // Prisma finds the generators here, no matter which program started us.
  const generators = [root, path.resolve(prisma, '..', '..', '..')].map((home) =>
    path.join(home, 'node_modules/.bin'),
  )
  const env = {
    ...process.env,
    PATH: [...generators, process.env.PATH].join(path.delimiter),
    // The CLI downloads its schema engine when it finds none. Generating clients never starts the engine, so any program will do.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    NO_COLOR: '1',
    CHECKPOINT_DISABLE: '1', // no call home for news and statistics
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  }
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [cli, 'generate', '--no-hints', '--config', config],
      { cwd: root, env },
      (error, ...output) => {
        if (error)
          reject(
            new Error(`prisma generate failed for ${models}:\n${output.join('').trim()}`, { cause: error }),
          )
        else resolve()
      },
    )
  })
}

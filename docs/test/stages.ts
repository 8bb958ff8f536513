import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { createLedgerClient } from '@shared-ledger/client'
import { createLedger, createPool } from '@shared-ledger/ledger'
import { appOf, codeRunner, type RunCode } from './example.ts'
import { type Block, blocksOf, root } from './markdown.ts'
import { copyProject } from './project-copy.ts'
import { addresses, type Servers, startServers } from './servers.ts'

/** Where examples run: servers, and code with access to the freelance app's ledger. */
export interface Stage {
  readonly servers: Servers
  readonly run: RunCode
}

type OpenStage = Stage & { stop(): Promise<void> }

/** Creates the stages of one document: one without a condition, and one for each condition, made on first use. */
export function createStages() {
  const stages = new Map<string | undefined, OpenStage>()
  const place = path.join(root, '.data')
  mkdirSync(place, { recursive: true })
  const folder = mkdtempSync(path.join(place, 'docs-'))
  return {
    /** Where commands are called: a folder of the project, for this document. */
    folder,
    async of(block: Block): Promise<Stage> {
      const key = block.given && `${appOf(block)}: ${block.given}`
      const stage = stages.get(key) ?? (await openStage(block))
      stages.set(key, stage)
      return stage
    },
    async stop() {
      for (const stage of stages.values()) await stage.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

async function openStage(block: Block): Promise<OpenStage> {
  const { given } = block
  const document = given === undefined ? undefined : changedOperations[given]
  const copy = document === undefined ? undefined : copyWithOperations(document)
  const servers = await startServers({
    ...(given !== undefined && { given, apps: [appOf(block)] }),
    ...(copy && { project: copy.root }),
  })
  let code: OpenCode | undefined
  return {
    servers,
    async run(text) {
      code ??= await openCode(servers, copy?.root ?? root)
      return code.run(text)
    },
    async stop() {
      await code?.close()
      await servers.stop()
      copy?.remove()
    },
  }
}

interface OpenCode {
  readonly run: RunCode
  close(): Promise<void>
}

/** Returns what the documents' code may use: the freelance app's `ledger`, and a `client` of its server. */
async function openCode(servers: Servers, project: string): Promise<OpenCode> {
  const file = pathToFileURL(path.join(project, 'apps/freelance/src/operations.ts')).href
  const { operations }: typeof import('../../apps/freelance/src/operations.ts') = await import(file)
  const pool = createPool(servers.databaseUrl)
  const ledger = createLedger({ app: 'freelance', operations, pool })
  const client = createLedgerClient({ url: `${servers.at(addresses.freelance)}/graphql` })
  return {
    run: codeRunner({ ledger, client }),
    async close() {
      await ledger.close()
      await pool.end()
    },
  }
}

/** The conditions in which the freelance app has other operations, and the documents that show them. */
const changedOperations: Readonly<Record<string, string>> = {
  'DAILY_REWARD is limited to one a day': 'docs/examples/limits.md',
  'the app freezes accounts': 'docs/examples/accounts.md',
  'the app has lots': 'docs/examples/lots.md',
}

/** Copies the project, and gives the freelance app the operations that a document shows. */
function copyWithOperations(document: string) {
  const file = 'apps/freelance/src/operations.ts'
  const shown = blocksOf(document).find(({ info }) => info.file === file)
  if (!shown) throw new Error(`${document} shows no ${file}`)
  const copy = copyProject()
  copy.write(file, `${shown.text}\n`)
  return copy
}

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const isSource = import.meta.url.endsWith('.ts')
const tsx = createRequire(import.meta.url).resolve('tsx')

/** How Node runs an app, which is TypeScript: in this repository with the sources of our packages, elsewhere with their builds. */
export const typescript: readonly string[] = [
  ...(isSource ? ['--conditions=@shared-ledger/source'] : []),
  '--import',
  pathToFileURL(tsx).href,
]

/** The file beside another one of ours that a process of its own runs. */
export function programBeside(url: string, name: string): URL {
  return new URL(`${name}.${isSource ? 'ts' : 'js'}`, url)
}

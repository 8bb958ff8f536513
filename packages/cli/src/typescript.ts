import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const isSource = import.meta.url.endsWith('.ts')
const tsx = createRequire(import.meta.url).resolve('tsx')

/**
 * Node's options to run an app, which is TypeScript. In this repository it uses the sources of our packages, elsewhere
 * their builds.
 */
export const typescript: readonly string[] = [
  ...(isSource ? ['--conditions=@shared-ledger/source'] : []),
  '--import',
  pathToFileURL(tsx).href,
]

/** Returns the url of a file beside another one of ours, which a separate process runs. */
export function programBeside(url: string, name: string): URL {
  return new URL(`${name}.${isSource ? 'ts' : 'js'}`, url)
}

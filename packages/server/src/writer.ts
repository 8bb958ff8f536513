import type { ServerResponse } from 'node:http'
import { type WholeAnswer, writeAnswer } from './answer.ts'
import type { App } from './app-options.ts'
import type { Unread } from './unread.ts'

export type Write = (outgoing: ServerResponse, answer: WholeAnswer) => void

/**
 * Writes answers at the end of the turn of the event loop in which they were made. Writing each at once would wake its
 * client, which costs the server as much time as making the next answer.
 */
export function createWriter(answerFault: App['answerFault'], unread: Unread): Write {
  let ready: Parameters<typeof write>[] = []
  const write = (outgoing: ServerResponse, answer: WholeAnswer) => {
    let written = answer
    try {
      writeAnswer(outgoing, answer)
    } catch (error) {
      written = answerFault(error) // Node refuses some headers that the web allows
      writeAnswer(outgoing, written)
    }
    unread.follow(outgoing, written)
  }
  return (outgoing, answer) => {
    if (ready.length === 0) {
      setImmediate(() => {
        const answers = ready
        ready = []
        for (const each of answers) write(...each)
      })
    }
    ready.push([outgoing, answer])
  }
}

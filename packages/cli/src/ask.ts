import { createInterface } from 'node:readline'

/** Asks the person at the terminal. Returns the answer without surrounding space. */
export type Ask = (question: string) => Promise<string>

/** Runs something that asks questions one after another. When stdin ends, every further answer is empty. */
export async function withQuestions<Result>(use: (ask: Ask) => Promise<Result>): Promise<Result> {
  const terminal = createInterface({ input: process.stdin })
  const lines = terminal[Symbol.asyncIterator]()
  try {
    return await use(async (question) => {
      process.stdout.write(question)
      const { value } = await lines.next()
      return value?.trim() ?? ''
    })
  } finally {
    terminal.close()
  }
}

import type { Answer, VerificationProgress } from '@shared-ledger/ledger/verify'
import { Presets, SingleBar } from 'cli-progress'
import { say } from './command.ts'

/** Shows how far a verification is: a bar on a terminal, otherwise a line for each answer. `end` removes the bar. */
export function showProgress(): Required<VerificationProgress> & { end(): void } {
  return process.stdout.isTTY ? progressBar() : progressLines()
}

function progressBar() {
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} {doing}',
      stream: process.stdout,
      barsize: 24,
      clearOnComplete: true,
      gracefulExit: false, // the command ends it, by a signal too
    },
    Presets.shades_classic,
  )
  return {
    onStart: (questions: number) => bar.start(questions, 0, { doing: '' }),
    onQuestion: (app: string, invariant: string) => bar.update({ doing: `${app}: ${invariant}` }),
    onAnswer: () => bar.increment(),
    end: () => bar.stop(),
  }
}

function progressLines() {
  return {
    onStart() {},
    onQuestion() {},
    onAnswer: ({ app, question, count }: Answer) =>
      say(`${app}: ${question} ${count === 0 ? 'ok' : `FAILED, broken rows: ${count}`}`),
    end() {},
  }
}

import type { Answer, VerificationProgress } from '@shared-ledger/ledger/verify'
import { Presets, SingleBar } from 'cli-progress'
import { say } from './terminal.ts'

/**
 * Shows the progress of a verification: with a line for each answer if verbose, else with a bar on a terminal. `end`
 * removes the bar.
 */
export function showProgress({ verbose }: { verbose: boolean }): VerificationProgress & { end(): void } {
  if (verbose) return progressLines()
  return process.stdout.isTTY ? progressBar() : { end() {} }
}

/** Shows on a terminal how many things are done, with a bar. `end` removes it. */
export function countBar(things: string): {
  onStart(total: number): void
  onProgress(done: number): void
  end(): void
} {
  if (!process.stdout.isTTY) return { onStart() {}, onProgress() {}, end() {} }
  const bar = newBar()
  return {
    onStart: (total) => bar.start(total, 0, { doing: things }),
    onProgress: (done) => bar.update(done),
    end: () => bar.stop(),
  }
}

function newBar(): SingleBar {
  return new SingleBar(
    {
      format: '{bar} {value}/{total} {doing}',
      stream: process.stdout,
      barsize: 24,
      clearOnComplete: true,
      gracefulExit: false, // the command ends it, even by a signal
    },
    Presets.shades_classic,
  )
}

function progressBar() {
  const bar = newBar()
  return {
    onStart: (steps: number) => bar.start(steps, 0, { doing: '' }),
    onQuestion: (app: string, invariant: string) => bar.update({ doing: `${app}: ${invariant}` }),
    onStep: () => bar.increment(),
    end: () => bar.stop(),
  }
}

function progressLines() {
  return {
    onAnswer: ({ app, question, count }: Answer) =>
      say(`${app}: ${question} ${count === 0 ? 'ok' : `FAILED, broken rows: ${count}`}`),
    end() {},
  }
}

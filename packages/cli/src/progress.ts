import type { Answer, VerificationProgress } from '@shared-ledger/ledger/verify'
import { Presets, SingleBar } from 'cli-progress'
import { say } from './terminal.ts'

/** Shows how far a verification is: by a line for each answer if verbose, else by a bar on a terminal, which `end` removes. */
export function showProgress({ verbose }: { verbose: boolean }): VerificationProgress & { end(): void } {
  if (verbose) return progressLines()
  return process.stdout.isTTY ? progressBar() : { end() {} }
}

/** Shows on a terminal how many of some things are done, by a bar that `end` removes. */
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
      gracefulExit: false, // the command ends it, by a signal too
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

import type { Answer, VerificationProgress } from '@shared-ledger/ledger/verify'
import { Presets, SingleBar } from 'cli-progress'
import { say } from './terminal.ts'

/**
 * Shows the progress of a verification: with a line for each answer if verbose, else with a bar on a terminal. `end`
 * removes the bar. With `json` nothing is shown, because the output is for a program.
 */
export function showProgress({
  verbose,
  json,
}: {
  verbose: boolean
  json: boolean
}): VerificationProgress & { end(): void } {
  if (json) return { end() {} }
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

const barOptions = {
  barsize: 24,
  clearOnComplete: true,
  gracefulExit: false, // the command ends it, even by a signal
}

function newBar(): SingleBar {
  return new SingleBar(
    { ...barOptions, format: '{bar} {value}/{total} {doing}', stream: process.stdout },
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

/** Shows on a terminal how far something long is, with its rate and the time left. It is drawn on stderr. */
export function rateBar(things: string): {
  /** @param total How many there are, or a little fewer. */
  start(total: number, done: number): void
  update(done: number): void
  stop(): void
} {
  if (!process.stderr.isTTY) return { start() {}, update() {}, stop() {} }
  const format = `{bar} {percentage}% {value}/{total} ${things}, {rate}/s, {eta_formatted} left`
  const bar = new SingleBar({ ...barOptions, format, stream: process.stderr }, Presets.shades_classic)
  let first = { done: 0, at: 0 }
  return {
    start(total, done) {
      first = { done, at: performance.now() }
      bar.start(Math.max(total, done), done, { rate: 0 })
    },
    update(done) {
      if (done > bar.getTotal()) bar.setTotal(done)
      const seconds = (performance.now() - first.at) / 1_000
      bar.update(done, { rate: Math.round((done - first.done) / seconds) })
    },
    stop: () => bar.stop(),
  }
}

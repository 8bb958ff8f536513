// The terminal was closed (EIO), or `| head` has read enough (EPIPE). Unhandled, that error would end us at once, and
// PostgreSQL would stay: there is nobody to write to, but still something to stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

/** Prints a line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

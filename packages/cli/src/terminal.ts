// The terminal was closed (EIO), or `| head` has read enough (EPIPE). Unhandled, the error would end this process at
// once and leave PostgreSQL running. Nobody reads the output any more, but there is still something to stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

/** Prints a line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

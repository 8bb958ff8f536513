/** Checks that the ledger has an app. @throws Error that lists the apps that it has */
export function assertKnownApp(app: string, known: readonly string[]): void {
  if (known.includes(app)) return
  const list =
    known.length > 0
      ? `Its apps are: ${known.join(', ')}.`
      : 'It has none yet. Run the migrations: npx shared-ledger migrate'
  throw new Error(`The ledger has no app ${JSON.stringify(app)}. ${list}`)
}

/** Names that `shared-ledger new-app` refuses: of the ledger, of PostgreSQL, of a command and of packages that an app uses. */
const taken =
  /^(?:ledger|public|information_schema|pg_.*|(?:.*_)?template|state|void|correction_.*|new|graphql|zod)$/

/**
 * Checks the app's name before anything is written. `shared-ledger new-app` checks it too, but is not installed yet.
 *
 * @throws Error on a name that no app can have
 */
export function assertAppName(app: string): void {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(app)) {
    throw new Error(
      `${JSON.stringify(app)} is not an app's name. Use lower-case letters, digits and underscores, starting with a letter, at most 40 characters.`,
    )
  }
  if (taken.test(app)) throw new Error(`${JSON.stringify(app)} is taken. Give the app another name.`)
}

/** Names of the ledger or of PostgreSQL. ledger.assert_app_name refuses them, and names that are in use. */
const takenName = /^(?:ledger|public|information_schema|pg_.*|(?:.*_)?template|state|void|correction_.*)$/

/** Checks an app's name, which is a part of the names of its functions. @throws TypeError for a name that no app can have. */
export function assertAppName(app: string): void {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(app)) {
    throw new TypeError(
      `${JSON.stringify(app)} is not an app's name. Use lower-case letters, digits and underscores, starting with a letter, at most 40 characters.`,
    )
  }
  if (takenName.test(app)) {
    throw new TypeError(
      `${JSON.stringify(app)} is taken: the ledger or PostgreSQL uses it in names of its own. Give the app another name.`,
    )
  }
}

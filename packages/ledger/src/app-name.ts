/** What is the ledger's or PostgreSQL's own; ledger.assert_app_name refuses these and whatever else is taken there. */
const takenName = /^(?:ledger|public|information_schema|pg_.*|(?:.*_)?template|capture|correction_.*)$/

/** The name is a part of the names of the app's functions. @throws TypeError on one that no app can have. */
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

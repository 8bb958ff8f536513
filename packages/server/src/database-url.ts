/** The database that `npm start` hands to an app's process. @throws Error that says how to start the app. */
export function requireDatabaseUrl(app: string): string {
  const { DATABASE_URL: url } = process.env
  if (url) return url
  throw new Error(`DATABASE_URL is not set. Start the app with its database: npm start -w apps/${app}`)
}

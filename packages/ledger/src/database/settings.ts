import { z } from 'zod'
import { setting, wholeNumber } from '../settings.ts'
import { readDatabaseUrl } from './session/database-url.ts'

/** Defines the setting for the url of a PostgreSQL database in this variable. */
export function databaseUrlSetting(variable: string) {
  const url = z
    .string()
    .superRefine((given, { addIssue }) => {
      try {
        readDatabaseUrl(given, variable)
      } catch (error) {
        addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      }
    })
    .optional()
  return setting('the url of a PostgreSQL database', url, { secret: true })
}

/** The environment variables of the ledger itself. */
export const ledgerSettings = {
  DIRECT_DATABASE_URL: databaseUrlSetting('DIRECT_DATABASE_URL'),
  REQUEST_TIMEOUT_MS: setting(
    'a whole number of milliseconds from 1000 to 3600000',
    wholeNumber(1_000, 3_600_000),
    { fallback: '15000' },
  ),
}

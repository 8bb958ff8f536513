import { readSettings, type SettingsOf } from '@shared-ledger/ledger/session'
import { embeddedSettings } from '@shared-ledger/postgres'
import { serverSettings } from '@shared-ledger/server/settings'

/** All that `npm start` and the servers that it starts read from the environment. */
export const startSettings = { ...serverSettings, ...embeddedSettings }

/** Reads them before anything is started. @throws Error with a line for each wrong value, and what is right. */
export function readStartSettings(
  environment: NodeJS.ProcessEnv = process.env,
): SettingsOf<typeof startSettings> {
  return readSettings(startSettings, environment)
}

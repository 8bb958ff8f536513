import { readSettings, type SettingsOf } from '@shared-ledger/ledger/session'
import { embeddedSettings } from '@shared-ledger/postgres'
import { serverSettings } from '@shared-ledger/server/settings'

/** All environment variables of `npm start` and of the servers that it starts. */
export const startSettings = { ...serverSettings, ...embeddedSettings }

/** Reads the settings before anything starts. @throws Error with a line for each wrong value that says what is right */
export function readStartSettings(
  environment: NodeJS.ProcessEnv = process.env,
): SettingsOf<typeof startSettings> {
  return readSettings(startSettings, environment)
}

import { setting, wholeNumber } from '@shared-ledger/ledger/session'

/** What the embedded server reads from the environment: the port that it has when that is free. */
export const embeddedSettings = {
  LEDGER_PG_PORT: setting('a whole number from 1 to 65535', wholeNumber(1, 65_535), { fallback: '54320' }),
}

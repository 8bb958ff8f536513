import { setting, wholeNumber } from '@shared-ledger/ledger/session'

/** The environment variables of the embedded server: the port that it uses when that is free. */
export const embeddedSettings = {
  LEDGER_PG_PORT: setting('a whole number from 1 to 65535', wholeNumber(1, 65_535), { fallback: '54320' }),
}

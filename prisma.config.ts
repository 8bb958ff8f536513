import { defineLedgerConfig } from '@shared-ledger/postgres/prisma-config'

export default defineLedgerConfig()

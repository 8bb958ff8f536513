import { defineAppConfig } from '@shared-ledger/postgres/prisma-config'

export default defineAppConfig('sample')

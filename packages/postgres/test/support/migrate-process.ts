// Migrates the app content of the project in argv[2] on the database in argv[3]: a process that a test can kill.
import { migrate } from '../../src/index.ts'

const [, , root = '', databaseUrl = ''] = process.argv
await migrate({ databaseUrl, root, apps: ['content'], log: () => {} })

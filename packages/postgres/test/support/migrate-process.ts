// Migrates the app content of the project in argv[2] on the database in argv[3]. A test can kill this process.
import { migrate } from '../../src/index.ts'

const [, , root = '', databaseUrl = ''] = process.argv
await migrate({ databaseUrl, root, apps: ['content'], log: () => {} })

import { startApp } from '../../../test/start-app.ts'
import { app } from '../src/app.ts'

/** The freelance app over real HTTP, on a database of this test file's own. */
export const startFreelance = () => startApp(app.open)

import { startApp } from '../../../test/start-app.ts'
import { app } from '../src/app.ts'

/** Starts the freelance app over real HTTP, on a database of this test file. */
export const startFreelance = () => startApp(app.open)

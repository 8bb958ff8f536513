import path from 'node:path'

/** A command that finishes a new project: how a person calls it, and how it is run. */
export interface Step {
  readonly line: string
  readonly program: 'npm' | 'node'
  readonly args: readonly string[]
}

/** The command `shared-ledger` in the project's node_modules. */
const sharedLedger = path.join('node_modules', 'shared-ledger', 'bin', 'shared-ledger.mjs')

/** Returns the commands that finish a project. They install its packages, and write its app. */
export function stepsOf(app: string): Step[] {
  const install: Step = { line: 'npm install', program: 'npm', args: ['install'] }
  const newApp: Step = {
    line: `npx shared-ledger new-app ${app} --yes`,
    program: 'node',
    args: [sharedLedger, 'new-app', app, '--yes'],
  }
  return [install, newApp, install]
}

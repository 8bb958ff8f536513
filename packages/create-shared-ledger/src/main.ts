#!/usr/bin/env node
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createProject } from './create-project.ts'
import { run } from './run.ts'

const usage =
  'npm create shared-ledger my-credits [-- --app game --no-install]: makes a monorepo with one app, and installs it.'

/** The command of the packages that the project installs. */
const sharedLedger = path.join('node_modules', '@shared-ledger', 'cli', 'bin', 'shared-ledger.mjs')

/** Makes the project, installs its packages, and has their command write the app. Returns the exit code. */
async function main(args: string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage)
    return 0
  }
  try {
    const { positionals, values } = readArguments(args)
    const [folder, ...more] = positionals
    if (folder === undefined || more.length > 0) throw new Error(`Name one folder. ${usage}`)
    const project = createProject(folder)
    const toDo = [`cd ${folder}`]
    if (values['no-install']) {
      toDo.push('npm install', `npx shared-ledger new-app ${values.app} --yes`, 'npm install')
    } else {
      await run('npm', ['install'], project)
      await run('node', [sharedLedger, 'new-app', values.app, '--yes'], project)
      await run('npm', ['install'], project)
    }
    console.log(
      ['', `Made ${folder}. Next:`, ...[...toDo, 'npm start'].map((line) => `  ${line}`)].join('\n'),
    )
    return 0
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }
}

/** @throws Error that says what is not taken, and how the command is called. */
function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        app: { type: 'string', default: 'game' },
        'no-install': { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message.split('. ')[0] : error}. ${usage}`)
  }
}

process.exitCode = await main(process.argv.slice(2))

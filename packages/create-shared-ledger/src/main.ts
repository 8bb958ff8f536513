#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { assertAppName } from './app-name.ts'
import { createProject } from './create-project.ts'
import { run } from './run.ts'
import { stepsOf } from './steps.ts'

const usage =
  'npm create shared-ledger my-credits [-- --app game --no-install]: makes a monorepo with one app, and installs it.'

/** Makes the project, installs its packages, and runs their command to write the app. Returns the exit code. */
async function main(args: string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage)
    return 0
  }
  try {
    const { positionals, values } = readArguments(args)
    const [folder, ...more] = positionals
    if (folder === undefined || more.length > 0) throw new Error(`Name one folder. ${usage}`)
    assertAppName(values.app)
    const project = createProject(folder)
    const left = stepsOf(values.app)
    const toDo = () =>
      [`cd ${folder}`, ...left.map(({ line }) => line), 'npm start'].map((line) => `  ${line}`).join('\n')
    try {
      for (let step = left[0]; step && !values['no-install']; step = left[0]) {
        await run(step.program, step.args, project)
        left.shift()
      }
    } catch (error) {
      throw new Error(`${messageOf(error)}\nMade ${folder}. What is left to do:\n${toDo()}`)
    }
    console.log(`\nMade ${folder}. Next:\n${toDo()}`)
    return 0
  } catch (error) {
    console.error(messageOf(error))
    return 1
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** @throws Error that names the wrong argument, and shows the usage. */
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
    throw new Error(`${messageOf(error).split('. ')[0]}. ${usage}`)
  }
}

process.exitCode = await main(process.argv.slice(2))

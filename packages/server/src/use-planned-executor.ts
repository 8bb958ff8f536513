import type { Plugin } from 'graphql-yoga'
import { createPlannedExecutor } from './executor/planned-executor.ts'

/** Executes by plan the documents that come again. */
export function usePlannedExecutor(): Plugin {
  const execute = createPlannedExecutor()
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn((args) => execute(args) ?? executeFn(args))
    },
  }
}

import type { Plugin } from 'graphql-yoga'

type Hook = Exclude<keyof Plugin, symbol>

/**
 * Which hooks of an app's plugins run whichever way a document comes: also where it is known, and is neither parsed nor
 * checked again, and for REST, whose documents come with the code. The others belong to GraphQL over HTTP as Yoga does it.
 */
export const hooks = {
  onSchemaChange: 'every way',
  onEnveloped: 'every way',
  onContextBuilding: 'every way',
  onExecute: 'every way',
  onSubscribe: 'every way',
  onYogaInit: 'every way',
  onDispose: 'every way',
  onPluginInit: 'Yoga', // it may add a plugin of any kind
  onParse: 'Yoga',
  onValidate: 'Yoga',
  onRequest: 'Yoga',
  onRequestParse: 'Yoga',
  onParams: 'Yoga',
  onExecutionResult: 'Yoga',
  onResultProcess: 'Yoga',
  onResponse: 'Yoga',
  instrumentation: 'Yoga',
} as const satisfies Readonly<Record<Hook, 'every way' | 'Yoga'>>

/** Whether all of a plugin's hooks run whichever way a document comes. */
export function runsEveryWay(plugin: Plugin): boolean {
  const table: Readonly<Record<string, string>> = hooks
  return Object.keys(plugin).every((name) => table[name] === 'every way')
}

import type { Plugin } from 'graphql-yoga'

type Hook = Exclude<keyof Plugin, symbol>

/**
 * Which hooks of an app's plugins run whichever way a document comes: also where it was executed before, and is neither
 * parsed nor checked again, and for REST, whose documents come with the code. The others belong to GraphQL over HTTP as
 * Yoga does it.
 */
export const hooks = {
  onContextBuilding: 'every way',
  onExecute: 'every way',
  onSubscribe: 'every way',
  onYogaInit: 'every way',
  onDispose: 'every way',
  onEnveloped: 'Yoga', // it may set another schema, which a document has to be checked against
  onSchemaChange: 'Yoga',
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

/** Whether all of a plugin's hooks run whichever way a document comes; its methods count, too. */
export function runsEveryWay(plugin: Plugin): boolean {
  const ofYoga = Object.entries(hooks).filter(([, way]) => way === 'Yoga')
  return (
    ofYoga.every(([name]) => Reflect.get(plugin, name) === undefined) &&
    Object.keys(plugin).every((name) => name in hooks)
  )
}

import type { Plugin } from 'graphql-yoga'

type Hook = Exclude<keyof Plugin, symbol>

/**
 * Which hooks of an app's plugins run for every document. `every way` hooks also run for a known document, which is not
 * parsed or checked again, and for REST, whose documents are part of the code. `Yoga` hooks belong to GraphQL over HTTP
 * as Yoga implements it.
 */
export const hooks = {
  onContextBuilding: 'every way',
  onExecute: 'every way',
  onSubscribe: 'every way',
  onYogaInit: 'every way',
  onDispose: 'every way',
  onEnveloped: 'Yoga', // it may set another schema, and then each document must be checked again
  onSchemaChange: 'Yoga',
  onPluginInit: 'Yoga', // it may add a plugin with any hook
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

/** Whether all of a plugin's hooks run for every document. A plugin's unknown methods count as `Yoga` hooks. */
export function runsEveryWay(plugin: Plugin): boolean {
  const ofYoga = Object.entries(hooks).filter(([, way]) => way === 'Yoga')
  return (
    ofYoga.every(([name]) => Reflect.get(plugin, name) === undefined) &&
    Object.keys(plugin).every((name) => name in hooks)
  )
}

import { killWorker, moveShard } from './cluster.ts'
import type { FaultKind } from './kinds.ts'
import {
  cutAnswers,
  cutConnections,
  cutRequests,
  dropAnswers,
  dropCommits,
  silenceConnections,
  silenceNetwork,
  toPostgres,
  toServers,
} from './network.ts'
import {
  fillDisk,
  killAll,
  killBackend,
  killFirst,
  restartPostgres,
  stopPostgres,
  takeConnections,
} from './postgres.ts'
import { killApp, killServer, stopServer } from './servers.ts'
import type { Begin } from './stage.ts'

/** How each kind of fault begins. */
export const begin: Readonly<Record<FaultKind, Begin>> = {
  'postgres killed': killFirst,
  'coordinator killed': killFirst,
  'worker killed': killWorker,
  'all nodes killed': killAll,
  'shard moved': moveShard,
  'backend killed': killBackend,
  'postgres stopped and continued': stopPostgres,
  'postgres restarted, fast': restartPostgres('SIGINT'),
  'postgres restarted, immediate': restartPostgres('SIGQUIT'),
  'out of connections': takeConnections,
  'out of disk': fillDisk,
  'database connections cut': cutConnections(toPostgres),
  'statements cut halfway': cutRequests(toPostgres),
  'results cut halfway': cutAnswers(toPostgres),
  'commits without an answer': dropCommits,
  'database connections silent': silenceConnections,
  'database network silent': silenceNetwork,
  'server killed': killServer,
  'server stopped and replaced': stopServer,
  'all servers of an app killed': killApp,
  'client connections cut': cutConnections(toServers),
  'requests cut halfway': cutRequests(toServers),
  'answers cut halfway': cutAnswers(toServers),
  'answers lost': dropAnswers(toServers),
}

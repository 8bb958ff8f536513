import type { Random } from '../random.ts'
import { cutHalfway, loseAnswers, loseCommits } from '../servers/judges.ts'
import type { Judge, NetworkProxy } from '../servers/proxy.ts'
import type { Begin, Stage } from './stage.ts'

/** The part of the messages that is cut. */
const cutPart = 0.2

const cutEveryMs = 300

/** The network that fails. */
type Network = (stage: Stage) => readonly NetworkProxy[]

export const toPostgres: Network = ({ databaseProxies }) => databaseProxies
export const toServers: Network = ({ servers }) => servers.map(({ front }) => front)

/** Ends every connection for both sides, again and again. */
export const cutConnections =
  (network: Network): Begin =>
  async (stage) => {
    const cut = () => {
      for (const proxy of network(stage)) proxy.cutAll()
    }
    cut()
    const timer = setInterval(cut, cutEveryMs)
    return {
      async end() {
        clearInterval(timer)
      },
    }
  }

const judgedBy =
  (network: Network, judge: (random: Random) => () => Judge): Begin =>
  async (stage, random) => {
    for (const proxy of network(stage)) proxy.judgeBy(judge(random))
    return {
      async end() {
        for (const proxy of network(stage)) proxy.judgeBy(undefined)
      },
    }
  }

export const cutRequests = (network: Network): Begin =>
  judgedBy(network, (random) => cutHalfway('up', random, cutPart))

export const cutAnswers = (network: Network): Begin =>
  judgedBy(network, (random) => cutHalfway('down', random, cutPart))

export const dropAnswers = (network: Network): Begin =>
  judgedBy(network, (random) => loseAnswers(random, cutPart))

export const dropCommits: Begin = judgedBy(toPostgres, (random) => loseCommits(random, cutPart))

/** Open connections carry nothing more, for good. New ones work. */
export const silenceConnections: Begin = async ({ databaseProxies }) => {
  for (const proxy of databaseProxies) proxy.silence()
  return { async end() {} }
}

/** No connection carries anything. New ones do at the end. */
export const silenceNetwork: Begin = async ({ databaseProxies }) => {
  for (const proxy of databaseProxies) {
    proxy.silence()
    proxy.silenceNew(true)
  }
  return {
    async end() {
      for (const proxy of databaseProxies) proxy.silenceNew(false)
    },
  }
}

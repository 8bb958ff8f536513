import cluster from 'node:cluster'

// Replaces an app's server.ts. It prints what it was given, reports that it is ready, and ends as servers do.
const app = process.argv[1]?.match(/apps\/(\w+)\//)?.[1]
const given = ['DATABASE_URL', 'PORT', 'HOST'].map((name) => `${name}=${process.env[name] ?? ''}`)
console.log(`${app} ${process.pid} given ${given.join(' ')}`)
const end = (reason: string) => () => {
  console.log(`${app} ended by ${reason}`)
  process.exit(0)
}
const deaf = () => console.log(`${app} goes on`)
for (const reason of ['SIGINT', 'SIGTERM', 'disconnect'])
  process.on(reason, process.env.DEAF ? deaf : end(reason))
if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
if (process.env.FAILING === app) {
  console.log('Port 4009 is taken.')
  process.exit(1)
}
process.send?.({ type: 'ready', app, url: `http://127.0.0.1/${app}` }, () =>
  console.log(`${app} is ready, started by ${process.ppid}`),
)
setInterval(() => {}, 1_000)

// Stands in for an app's server.ts: says what it was given, is ready, and ends as servers do.
const app = process.argv[1]?.match(/apps\/(\w+)\//)?.[1]
const given = ['DATABASE_URL', 'PORT', 'HOST'].map((name) => `${name}=${process.env[name] ?? ''}`)
console.log(`${app} ${process.pid} given ${given.join(' ')}`)
const end = (reason: string) => () => {
  console.log(`${app} ended by ${reason}`)
  process.exit(0)
}
const deaf = () => console.log(`${app} goes on`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, process.env.DEAF ? deaf : end(signal))
process.on('disconnect', end('disconnect'))
if (process.env.FAILING === app) {
  console.log(`Port 4009 is taken. Choose another: PORT=4019 npm start -w apps/${app}`)
  process.exit(1)
}
process.send?.({ type: 'ready', app, url: `http://127.0.0.1/${app}` })
setInterval(() => {}, 1_000)

import { getPriority, setPriority } from 'node:os'
import { hostileInputs } from './inputs.ts'

// main.ts runs this in its own process, with the name of an input and its target as arguments, and kills it at the end.
const [name = '', target = '{}'] = process.argv.slice(2)
const input = hostileInputs.find((each) => each.name === name)
if (!input) throw new TypeError(`There is no hostile input ${name}.`)

// It stands for other machines, so the server and PostgreSQL get this machine's processors first.
setPriority(getPriority() + 10)
input.send(JSON.parse(target))
process.send?.('sending')
process.on('disconnect', () => process.exit(0))

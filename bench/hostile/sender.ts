import { getPriority, setPriority } from 'node:os'
import { hostileInputs } from './inputs.ts'

// Run by main.ts in a process of its own, with the name of an input and its target as arguments, until it is killed.
const [name = '', target = '{}'] = process.argv.slice(2)
const input = hostileInputs.find((each) => each.name === name)
if (!input) throw new TypeError(`There is no hostile input ${name}.`)

// It stands for machines elsewhere: the server and PostgreSQL come first on this one's processors.
setPriority(getPriority() + 10)
input.send(JSON.parse(target))
process.send?.('sending')
process.on('disconnect', () => process.exit(0))

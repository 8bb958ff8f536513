export { createSigningKey, fingerprintOf, readPrivateKey, readPublicKey } from '../proof/signing.ts'
export { type ProveOptions, proveEntry } from './prove.ts'
export { type Checkpoint, openCheckpoint } from './read.ts'
export { type CheckpointOptions, writeCheckpoint } from './write.ts'

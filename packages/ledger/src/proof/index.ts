export { type ChainedEntry, chainStart, entryForm, nextHash } from './entry-form.ts'
export { checkProof, type EntryProof, type ProofCheck, type ProvenEntry } from './inclusion.ts'
export { readPublicKey, type SignedRoot } from './signing.ts'

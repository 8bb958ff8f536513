export { checkProof, type EntryProof, type ProofCheck, type ProvenEntry } from './inclusion.ts'
export { readPublicKey, type SignedRoot } from './signing.ts'

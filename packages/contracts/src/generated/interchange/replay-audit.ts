// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** Who did what to dead letters, and why. Kept for ever. */
export interface ReplayAudit {
  /** Id of this record. */
  readonly auditId: string
  /** When it was done. */
  readonly at: TimestampMillis
  /** Who did it. */
  readonly actor: string
  /** What was done, for example "replay" or "archive". */
  readonly action: string
  /** The consumer group whose letters they are. */
  readonly group: string
  /** The topic the letters came from first. */
  readonly topic: string
  /** The letters, at most 1,000; `count` says how many there were. */
  readonly letterIds: readonly string[]
  /** How many letters the action touched. */
  readonly count: number
  /** Why, in the actor's words. */
  readonly reason: string
}

/** Every version of `io.interchange.interchange.ReplayAudit`, oldest first. */
export const replayAuditVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'interchange.replay-audit.v1-value',
    recordName: 'io.interchange.interchange.ReplayAudit',
    version: 1,
    text: '{"type":"record","name":"ReplayAudit","namespace":"io.interchange.interchange","doc":"Who did what to dead letters, and why. Kept for ever.","fields":[{"name":"auditId","type":"string","doc":"Id of this record."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was done."},{"name":"actor","type":"string","doc":"Who did it."},{"name":"action","type":"string","doc":"What was done, for example \\"replay\\" or \\"archive\\"."},{"name":"group","type":"string","doc":"The consumer group whose letters they are."},{"name":"topic","type":"string","doc":"The topic the letters came from first."},{"name":"letterIds","type":{"type":"array","items":"string"},"doc":"The letters, at most 1,000; `count` says how many there were."},{"name":"count","type":"long","doc":"How many letters the action touched."},{"name":"reason","type":"string","doc":"Why, in the actor\'s words."}]}',
  },
]

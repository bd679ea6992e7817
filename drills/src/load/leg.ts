import type { Topic } from '@interchange/messaging'
import type { Ground, Step } from './step.ts'

export const sides = ['debit', 'credit'] as const
export type Side = (typeof sides)[number]

/** Half of a transfer: what a step becomes, once for each account it touches. */
export interface Leg {
  /** The id of the step. */
  readonly transfer: string
  readonly side: Side
  readonly account: number
  readonly amount: number
  /** Of the step. */
  readonly key: string
}

export const accounts = 100
export const accountOpening = 10_000
/** The account that holds what has left one account and not reached the other. */
export const clearingAccount = -1

export const booksGroup = (group: string): string => `${group}-books`

export const legTopicName = (topic: string, side: Side): string => `${topic}-${side}`

/** Debits keep the order of their steps; credits go by the account, so that a transfer is in two partitions. */
export const legTopic = ({ topic, partitions }: Pick<Ground, 'topic' | 'partitions'>, side: Side): Topic<Leg> => ({
  name: legTopicName(topic, side),
  kind: 'internal',
  keyOf: ({ key, account }) => (side === 'debit' ? key : String(account)),
  schema: { subject: `${legTopicName(topic, side)}-value`, recordName: 'drill.Leg', version: 1, text: '{}' },
  partitions,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: `drill.${side}.v1`,
  owner: 'drill',
  groups: [],
  description: 'what the members of a drill write in transactions',
})

/** The same step makes the same legs, whoever transforms it and how often. */
export const legsOf = ({ key, seq }: Step, transfer: string): readonly Leg[] => {
  const from = spread(key) % accounts
  const to = (from + 1 + (spread(`${key}/${seq}`) % (accounts - 1))) % accounts
  const amount = 1 + (seq % 50)
  return sides.map((side) => ({ transfer, side, account: side === 'debit' ? from : to, amount, key }))
}

/** FNV-1a: small, and the same everywhere. */
const spread = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

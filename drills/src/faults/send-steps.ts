import { randomUUID } from 'node:crypto'
import {
  ceHeaders,
  HeaderBlock,
  type HeaderEntry,
  type OutboundRecord,
  partitionOf,
  type TransportProducer,
} from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import { openCodec, openTransport, type Step, stepTopic } from '../load/step.ts'
import { partitions, type Stage } from '../stage.ts'
import { seenMs } from './fault.ts'

/** A step that a fault sends itself, and how its record differs from the writer's. */
export interface OwnStep extends Omit<Step, 'poison'> {
  readonly poison?: boolean
  /** Default: where the writer sends its key. */
  readonly partition?: number
  /** Behind the message id. */
  readonly headers?: readonly HeaderEntry[]
  /** What is left of a sound record. */
  readonly spoil?: (sound: OutboundRecord) => OutboundRecord
}

export interface SentStep {
  readonly id: string
  readonly partition: number
  readonly offset: number
}

/** Sends steps past the proxies and notes them as the writer does. */
export interface Sender {
  /** In one request, so in one batch for each partition. */
  send(steps: readonly OwnStep[]): Promise<readonly SentStep[]>
  close(): Promise<void>
}

export const openSender = async (stage: Stage): Promise<Sender> => {
  const { arena, history, setting } = stage
  const topic = stepTopic({ topic: stage.topic, partitions, schemaVersion: 1 })
  const registryUrl = setting.registry === true ? (arena.registry?.internalUrl ?? null) : null
  const codec = openCodec({ registryUrl })
  await codec.prepare([topic])
  const transport = openTransport({ brokers: arena.internalBrokers, proc: 'runner' })
  const producer: TransportProducer = await transport.createProducer()

  const recordOf = (id: string, { partition, headers = [], spoil = (sound) => sound, ...step }: OwnStep) => {
    const key = Buffer.from(step.key)
    return spoil({
      topic: topic.name,
      partition: partition ?? partitionOf(key, partitions),
      key,
      value: codec.encode(topic, { poison: false, ...step }),
      headers: HeaderBlock.of([{ name: ceHeaders.id, value: id }, ...headers]),
    })
  }

  return {
    async send(steps) {
      const unsent = steps.map((step) => {
        const { key, seq, poison = false } = step
        const facts = { op: 'send' as const, id: randomUUID(), key, seq, ...(poison && { poison }) }
        history.note({ ...facts, phase: 'invoke' })
        return { facts, record: recordOf(facts.id, step) }
      })
      const outcomes = await producer.send(unsent.map(({ record }) => record))
      return unsent.map(({ facts, record: { partition } }, index) => {
        const outcome = outcomes[index]
        if (outcome?.status !== 'ok') throw new Error(`step ${facts.key} was not sent`, { cause: outcome?.error })
        history.note({ ...facts, phase: 'ok', partition, offset: outcome.offset })
        return { id: facts.id, partition, offset: outcome.offset }
      })
    },
    close: () => producer.close(),
  }
}

/** One request by a sender of its own. */
export const sendSteps = async (stage: Stage, steps: readonly OwnStep[]): Promise<readonly SentStep[]> => {
  const sender = await openSender(stage)
  try {
    return await sender.send(steps)
  } finally {
    await sender.close()
  }
}

/** Waits until each of these has its effect. */
export const untilDone = async ({ database }: Stage, sent: readonly SentStep[], timeoutMs = seenMs): Promise<void> => {
  const ids = sent.map(({ id }) => id)
  const done = async (): Promise<boolean> => {
    const rows = await database.query('SELECT DISTINCT id FROM effect WHERE id = ANY($1::uuid[])', [ids])
    return rows.length === ids.length
  }
  await waitFor(done, { timeoutMs, everyMs: 100, what: `the effects of ${ids.length} steps` })
}

import { setTimeout as pause } from 'node:timers/promises'
import type { AskedRequest } from '@interchange/drill-kit'
import { type Codec, createPublisher, newEventId, noMetrics, noTracing, systemClock } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import { openTransport, type Step, stepTopic } from '../load/step.ts'
import { partitions, registerStep, type Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { isDelivered, registryOf, restartMembers } from './registry.ts'

/** The schema id a request asks for, NaN for others. */
const askedId = ({ path }: { readonly path: string }): number => Number(/\/schemas\/ids\/(\d+)/.exec(path)?.[1])

/**
 * A new version has piled up when the members come; seen when they got it. How often each member asked for it is measured: each has
 * hundreds of messages at once that wait for it.
 */
export const stampede = (messages: number): Fault => ({
  name: 'stampede',
  async carryOut({ stage }) {
    const { front, proxy, internalUrl } = registryOf(stage)
    const { keys } = stage.setting.load
    for (const member of stage.members.splice(0)) await member.process.stop(20_000)
    await registerStep(stage.arena, stage.topic, 2)
    const ground = { schemaVersion: 2, registryUrl: internalUrl } as const
    const writer = await stage.start('writer', { args: [keys, messages, 0].map(String), ground })
    const written = (): boolean =>
      stage.facts().filter((fact) => fact.op === 'send' && fact.phase === 'ok' && fact.proc === writer.proc).length >=
      messages
    await waitFor(written, { timeoutMs: seenMs, everyMs: 100, what: `${messages} messages of the new version` })
    await writer.process.stop(20_000)
    // An answer takes long enough for all of them to ask before it is there.
    const slow = await proxy.add({ kind: 'latency', latencyMs: 250 })
    const before = front.asked().length
    try {
      await restartMembers(stage)
      await waitFor(() => isDelivered(stage, writer), { timeoutMs: seenMs, everyMs: 100, what: 'a delivery' })
      const done = async (): Promise<boolean> => {
        const rows = await stage.database.query('SELECT 1 FROM effect WHERE key LIKE $1 LIMIT $2', [
          `${writer.proc}/%`,
          messages,
        ])
        return rows.length >= messages
      }
      await waitFor(done, { timeoutMs: seenMs, everyMs: 100, what: 'the effects of the new version' })
    } finally {
      await slow.remove()
    }
    const asked = front
      .asked()
      .slice(before)
      .filter((request) => askedId(request) > 0)
    const most = Math.max(...[...Map.groupBy(asked, askedId).values()].map((same) => same.length))
    stage.history.note({ op: 'measured', figure: 'questionsPerSchema', value: most / stage.members.length })
    return 'members'
  },
})

/** A twentieth of the sound traffic: a group whose letters of one cause are a tenth of its messages holds back by itself. */
const floodPerSecond = 20
/** A little less than the codec remembers an unknown id. */
const ttlMs = 29_500
/** Beyond any id the registry gives. */
const repeatedId = 900_000_000

/**
 * One id that nobody registered again and again, the same each time this comes, then so many different ones; seen when the registry
 * was asked for all of them.
 */
export const unknownIds = ({ distinct, repeats }: { readonly distinct: number; readonly repeats: number }): Fault => ({
  name: 'unknown-ids',
  async carryOut({ stage, time }) {
    const { front } = registryOf(stage)
    const first = repeatedId + 1 + distinct * (time - 1)
    const ids = Array.from({ length: repeats + distinct }, (_, place) =>
      place < repeats ? repeatedId : first + place - repeats,
    )
    const before = await goodSoFar(stage)
    await sendUnknown(stage, ids, ids.length * (time - 1))
    // Another drill of this arena may have made up ids of its own.
    const isMadeUp = (id: number): boolean => id >= repeatedId && id < first + distinct
    const questions = (): readonly AskedRequest[] => front.asked().filter((request) => isMadeUp(askedId(request)))
    // One that got no answer is rightly asked again.
    const inVain = () => questions().filter(({ status }) => status === 404)
    const areAsked = (): boolean => {
      const asked = new Set(inVain().map(askedId))
      return ids.every((id) => asked.has(id))
    }
    await waitFor(areAsked, { timeoutMs: seenMs, everyMs: 200, what: 'a question for every id' })
    const after = await goodSoFar(stage)
    const note = (figure: string, value: number): void => stage.history.note({ op: 'measured', figure, value })
    note('goodLossPercent', Math.round(100 * (1 - (after.done - before.done) / (after.sent - before.sent))))
    note('vainQuestionsPerSecond', mostWithin(inVain(), 5_000) / 5)
    const byId = [...Map.groupBy(inVain(), askedId).values()]
    note('vainQuestionsPerTtl', Math.max(...byId.map((same) => mostWithin(same, ttlMs))))
    return `${ids.length} messages, ${questions().length - inVain().length} questions without an answer`
  },
})

/** What the load's writer was told is written, and what came of it. */
const goodSoFar = async (stage: Stage): Promise<{ readonly sent: number; readonly done: number }> => {
  const [row] = await stage.database.query<{ count: string }>(
    "SELECT count(DISTINCT id) AS count FROM effect WHERE key LIKE 'writer-1/%'",
  )
  const sends = stage.facts().filter((fact) => fact.op === 'send' && fact.phase === 'ok' && fact.proc === 'writer-1')
  return { sent: sends.length, done: Number(row?.count) }
}

const mostWithin = (asked: readonly AskedRequest[], spanMs: number): number => {
  let from = 0
  let most = 0
  for (const [place, { atMs }] of asked.entries()) {
    while (atMs - (asked[from]?.atMs ?? atMs) >= spanMs) from++
    most = Math.max(most, place - from + 1)
  }
  return most
}

/** Values whose frame names an id that the registry does not have; `before` were sent already, of the same keys. */
const sendUnknown = async (stage: Stage, ids: readonly number[], before: number): Promise<void> => {
  const { arena, topic: name, history } = stage
  const topic = stepTopic({ topic: name, partitions, schemaVersion: 1 })
  const codec: Codec = {
    prepare: async () => undefined,
    encode(_topic, value) {
      const bytes = Buffer.alloc(16)
      bytes.writeUInt32BE(Number((value as Step).key.split('/')[1]), 1)
      return bytes
    },
    decode: () => undefined as never,
    resolve: async () => undefined,
    schemaId: () => undefined,
  }
  const publisher = await createPublisher({
    transport: openTransport({ brokers: arena.internalBrokers, proc: 'runner' }),
    codec,
    service: { name: 'drill', version: '0' },
    clock: systemClock,
    random: Math.random,
    metrics: noMetrics,
    tracing: noTracing,
  })
  const startedMs = performance.now()
  await Promise.all(
    ids.map(async (id, place) => {
      await pause(Math.max(0, startedMs + (1_000 * place) / floodPerSecond - performance.now()))
      const messageId = newEventId(Date.now())
      const facts = { op: 'send', id: messageId, key: `unknown/${id}`, seq: before + place + 1, poison: true } as const
      history.note({ ...facts, phase: 'invoke' })
      const step = { key: facts.key, seq: facts.seq, poison: true }
      const { partition, offset } = await publisher.publish(topic, step, { messageId })
      history.note({ ...facts, phase: 'ok', partition, offset })
    }),
  )
  await publisher.close()
}

import { setTimeout as pause } from 'node:timers/promises'
import { createKafkaTransport } from '@interchange/kafka'
import { type Codec, type OutboundRecord, silentLogger } from '@interchange/messaging'
import { orderOf, orderTopic, partitionCount } from './order-event.ts'
import { type PackedRecords, packRecords } from './packed-records.ts'
import { recordOf } from './seed-orders.ts'

/**
 * Writes orders whether or not anybody keeps up: order n is due `n / rate` after the start and sent as soon as it is due. Who
 * measures from the moment an order was due, not from the moment it was sent, sees every delay (no coordinated omission).
 */
export interface OpenLoop {
  /** Makes orders 0 to `count` - 1, so that the loop does nothing but send. */
  prepare(load: OpenLoad): Promise<PreparedLoad>
  close(): Promise<void>
}

export interface OpenLoad {
  readonly topic: string
  readonly count: number
  /** 0: as fast as they are taken. */
  readonly ratePerSecond: number
}

export interface PreparedLoad {
  /** Sends them all, `startAtMs` in milliseconds since the epoch. Rejects when one is not acknowledged. */
  send(startAtMs: number, signal: AbortSignal): Promise<void>
}

const tickMs = 2
/** Without a rate: so many sends are under way, each of so many records. */
const closed = { sends: 4, records: 1_000 }

/** Through the second driver, which sends for half the processor time of the first. */
export const createOpenLoop = async (brokers: string, codec: Codec): Promise<OpenLoop> => {
  const transport = createKafkaTransport(
    { driver: 'platformatic', brokers: brokers.split(','), clientId: 'bench-load' },
    { logger: silentLogger },
  )
  const producer = await transport.createProducer()
  const send = async (records: readonly OutboundRecord[]): Promise<void> => {
    for (const outcome of await producer.send(records)) if (outcome.status !== 'ok') throw outcome.error
  }

  return {
    async prepare({ topic: name, count, ratePerSecond }) {
      const topic = orderTopic(name, 'writer')
      await codec.prepare([topic])
      const records = packRecords(count, name, (number) =>
        recordOf(name, partitionCount, number, codec.encode(topic, orderOf(number))),
      )
      return {
        send: (startAtMs, signal) =>
          ratePerSecond === 0
            ? sendAll(records, send, signal)
            : sendWhenDue(records, { startAtMs, ratePerSecond, send, signal }),
      }
    },
    close: () => producer.close(),
  }
}

type Send = (records: readonly OutboundRecord[]) => Promise<void>

const sendAll = async (records: PackedRecords, send: Send, signal: AbortSignal): Promise<void> => {
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < records.length) {
      signal.throwIfAborted()
      const first = next
      next += closed.records
      await send(records.slice(first, next))
    }
  }
  await Promise.all(Array.from({ length: closed.sends }, sender))
}

const sendWhenDue = async (
  records: PackedRecords,
  {
    startAtMs,
    ratePerSecond,
    send,
    signal,
  }: { startAtMs: number; ratePerSecond: number; send: Send; signal: AbortSignal },
): Promise<void> => {
  const sends: Promise<void>[] = []
  const failures: unknown[] = []
  for (let sent = 0; sent < records.length && failures.length === 0; ) {
    const due = Math.min(
      records.length,
      dueBy(performance.timeOrigin + performance.now(), { startAtMs, ratePerSecond }),
    )
    if (due > sent) {
      sends.push(send(records.slice(sent, due)).catch((error: unknown) => void failures.push(error)))
      sent = due
    }
    await pause(tickMs, undefined, { signal })
  }
  await Promise.all(sends)
  if (failures.length > 0) throw failures[0]
}

interface Schedule {
  readonly startAtMs: number
  readonly ratePerSecond: number
}

/** How many orders are due by then: order n is due n / rate after the start. */
export const dueBy = (nowMs: number, { startAtMs, ratePerSecond }: Schedule): number =>
  Math.max(0, Math.floor(((nowMs - startAtMs) * ratePerSecond) / 1_000) + 1)

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import {
  type Clock,
  classify,
  type InterchangeError,
  type Logger,
  silentLogger,
  systemClock,
  type Transport,
} from '@interchange/messaging'
import type { Database } from '../database.ts'
import { createDoze } from './doze.ts'
import { pruneOutbox, quarantine } from './outbox-rows.ts'
import { type OutboxPage, type PageLimits, readPage } from './read-page.ts'
import { createRefusedTopics } from './refused-topics.ts'
import { boundIdle, type RelayCursor, type RelayLease, takeLease } from './relay-lease.ts'
import { type SendPageOptions, sendPage } from './send-page.ts'

export interface RelayOptions {
  readonly database: Database
  readonly transport: Transport
  readonly logger?: Logger
  /** For its pauses; the lease goes by the monotonic clock. Default the system's. */
  readonly clock?: Clock
  /** How long a relay that says nothing keeps others out, in milliseconds. Longer than one send may take. Default 15,000. */
  readonly leaseMs?: number
  /** Longest sleep, in milliseconds, when nobody wakes the relay. Default 500. */
  readonly pollMs?: number
  /** Most rows of one page. Default 1,000. */
  readonly pageRowsMax?: number
  /** Most bytes of one page beside its last row. Default 8 MiB. */
  readonly pageBytesMax?: number
}

/** `standby`: another process relays. `degraded`: Kafka or Postgres takes nothing now, the rows wait. */
export interface RelayHealth {
  readonly state: 'starting' | 'standby' | 'running' | 'degraded' | 'closed'
  readonly detail: string
  /** Rows sent, and rows quarantined, by this process. */
  readonly sent: number
  readonly quarantined: number
}

/** Carries the outbox of one schema to Kafka. As many as there are processes: one works, the others stand by. */
export interface Relay {
  health(): RelayHealth
  /** Ends what is under way, and lets another take over at once. Idempotent. */
  close(): Promise<void>
}

/** While rows wait for a transaction that began before theirs, nothing tells when it ends. */
const behindMs = 20
const backoffMsMax = 5_000
const pruneEveryMs = 1_000

/**
 * Starts at once and goes on through every outage. Every committed row is sent at least once, with its id; each key's rows
 * arrive in their order. What Kafka refuses for good is put into `outbox_quarantine` after at most four attempts.
 */
export const createRelay = (options: RelayOptions): Relay => {
  const { database, transport, logger = silentLogger, clock = systemClock, leaseMs = 15_000, pollMs = 500 } = options
  const limits: PageLimits = {
    rowsMax: options.pageRowsMax ?? 1_000,
    bytesMax: options.pageBytesMax ?? 8 * 1024 * 1024,
  }
  const owner = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`
  const stop = new AbortController()
  const { signal } = stop
  const doze = createDoze(clock, signal)
  const health = { state: 'starting' as RelayHealth['state'], detail: '', sent: 0, quarantined: 0 }

  const degraded = (error: InterchangeError): void => {
    if (health.state !== 'degraded') logger.warn({ schema: database.schema, error }, 'the outbox waits')
    Object.assign(health, { state: 'degraded', detail: `${error.code}: ${error.message}` })
  }
  const running = (): void => {
    if (health.state === 'running') return
    logger.info({ schema: database.schema, owner }, 'relaying the outbox')
    Object.assign(health, { state: 'running', detail: '' })
  }

  /** One transaction: what was refused, how far the page went, and that the lease is still ours. */
  const settle = async (lease: RelayLease, page: OutboxPage, refused: Awaited<ReturnType<typeof sendPage>>) => {
    await database.transaction(async (tx) => {
      await boundIdle(tx, leaseMs)
      await quarantine(tx, refused)
      await lease.advance(tx, page.next, !page.full)
    })
    health.sent += page.rows.length - refused.length
    health.quarantined += refused.length
    for (const { row, attempts, error } of refused) {
      const { topic, partition } = row.record
      logger.error({ topic, partition, messageId: row.id, attempts, error }, 'an outbox row was quarantined')
    }
  }

  const relay = async (lease: RelayLease, sending: Omit<SendPageOptions, 'lease' | 'signal' | 'onOutage'>) => {
    let cursor: RelayCursor = lease.cursor
    let waiting = false
    let prunedMs = 0
    while (!signal.aborted) {
      const page = await readPage(database, cursor, limits)
      if (page.rows.length > 0) {
        const refused = await sendPage(page.rows, { ...sending, lease, signal, onOutage: degraded })
        await settle(lease, page, refused)
        waiting = !page.full
      } else if (!waiting) {
        // Asks to be told of new rows, then looks once more for those that came in between.
        await lease.advance(database, page.next, true)
        waiting = true
      } else {
        await lease.keep()
        await doze.sleep(page.behind ? Math.min(behindMs, pollMs) : pollMs)
      }
      cursor = page.next
      running()
      if (performance.now() - prunedMs >= pruneEveryMs) {
        await pruneOutbox(database)
        prunedMs = performance.now()
      }
    }
  }

  /** One producer per turn: one whose sends may still be under way is never used by the next holder's turn. */
  const turn = async (lease: RelayLease): Promise<void> => {
    try {
      const admin = await transport.createAdmin()
      try {
        const producer = await transport.createProducer()
        try {
          await relay(lease, { clock, producer, topics: createRefusedTopics(admin, clock) })
        } finally {
          await producer.close()
        }
      } finally {
        await admin.close()
      }
    } finally {
      await lease.release()
    }
  }

  const run = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const lease = await takeLease(database, { owner, leaseMs })
        if (lease !== undefined) await turn(lease)
        else if (health.state !== 'standby') Object.assign(health, { state: 'standby', detail: '' })
        failures = 0
        await doze.sleep(pollMs)
      } catch (error) {
        if (signal.aborted) break
        degraded(classify(error).error)
        await doze.sleep(Math.min(backoffMsMax, 100 * 2 ** failures++))
      }
    }
    health.state = 'closed'
  }

  const unlisten = database.listen(doze.wake)
  const ended = run()
  let closing: Promise<void> | undefined
  return {
    health: () => ({ ...health }),
    close() {
      closing ??= (async () => {
        stop.abort()
        await Promise.all([ended, unlisten()])
      })()
      return closing
    },
  }
}

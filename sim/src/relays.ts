import { HeaderBlock } from '@interchange/messaging'
import type { Relay } from '@interchange/store'
import type { Broker } from './broker.ts'
import type { Database } from './database.ts'
import type { Dice } from './dice.ts'
import type { HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import { createOutboxTables, type OutboxRow, type OutboxTables } from './outbox-tables.ts'
import { missingTopic, type Plan, type PlannedWriting, toldBytesMax, toldTopic } from './plan.ts'
import { createRelayServer } from './relay-database.ts'
import { createWire } from './wire.ts'
import type { Process, World } from './world.ts'

/** The outbox of one database: its tables, those who write into it, and two relays of which one works. */
export interface Outbox {
  readonly tables: OutboxTables
  row(event: { id: string; key: string; n: number; topic?: string; bytes?: number }): OutboxRow
  /** Everything was written and is sent, or quarantined. */
  readonly isOver: boolean
  /** No further fault; whoever is down comes back. */
  stop(): void
}

interface Scene {
  readonly kernel: Kernel
  readonly world: World
  readonly plan: Plan
  readonly dice: Dice
  readonly broker: Broker
  readonly database: Database
  readonly note: (event: HistoryEvent) => void
}

const relayCount = 2
/** Longer than one send and a few looks for a missing topic may take. */
const leaseMs = 1_500

export const startOutbox = (scene: Scene, writings: readonly PlannedWriting[]): Outbox => {
  const { kernel, world, plan, dice, broker, database, note } = scene
  const tables = createOutboxTables(note)
  const server = createRelayServer(kernel, database.process, tables, dice, () => database.reachable, note)
  const nemesis = world.spawn('relay-nemesis')
  const relays: { readonly process: Process; readonly relay: Relay }[] = []
  let started = 0
  let active = true
  let left = writings.length

  const row: Outbox['row'] = ({ id, key, n, topic = toldTopic, bytes = 0 }) => ({
    id,
    topic,
    key,
    partition: kernel.partitionOf(Buffer.from(key), plan.partitions),
    payload: Buffer.from(`\0\x01${JSON.stringify({ n, key, part: 0, schema: 1, pad: 'x'.repeat(bytes) })}`),
    headers: HeaderBlock.of([{ name: kernel.ceHeaders.id, value: id }]).bytes,
  })

  const launch = (): void => {
    const process = world.spawn(`relay-${++started}`, dice.between(-plan.skewMsMax, plan.skewMsMax))
    process.post(0, () => {
      const { transport } = createWire({ kernel, broker, dice, process, note })
      const relay = kernel.createRelay({
        database: server.connect(process),
        clock: process.clock,
        leaseMs,
        pollMs: 120,
        pageRowsMax: 3,
        transport: {
          ...transport,
          async createProducer() {
            const producer = await transport.createProducer()
            note({ kind: 'relay', process: process.name, what: 'holds' })
            return {
              ...producer,
              send(records) {
                note({ kind: 'relay', process: process.name, what: 'sends' })
                return producer.send(records)
              },
            }
          },
        },
      })
      relays.push({ process, relay })
    })
  }

  const strike = (): void => {
    if (!active) return
    const struck = relays[dice.between(0, relays.length - 1)]
    if (struck !== undefined && dice.faults.has('crash') && dice.random() < 0.3) {
      note({ kind: 'fault', fault: 'crash', process: struck.process.name, detail: 'killed' })
      relays.splice(relays.indexOf(struck), 1)
      struck.process.kill()
      database.process.post(dice.between(0, 100), () => server.disconnect(struck.process))
      nemesis.post(dice.between(20, 300), launch)
    } else if (struck !== undefined && dice.faults.has('zombie') && dice.random() < 0.4) {
      const stalledMs = dice.between(100, 2 * leaseMs)
      note({ kind: 'fault', fault: 'zombie', process: struck.process.name, detail: `it stands still ${stalledMs} ms` })
      struck.process.stall(stalledMs)
    } else if (struck !== undefined && dice.faults.has('stop') && dice.random() < 0.4) {
      note({ kind: 'fault', fault: 'stop', process: struck.process.name, detail: 'closed in good order' })
      relays.splice(relays.indexOf(struck), 1)
      struck.process.post(0, () => void struck.relay.close().then(() => nemesis.post(10, launch)))
    }
    nemesis.post(dice.between(80, 400), strike)
  }

  const writer = world.spawn('writers')
  /** Transactions of one key wait for each other. */
  const lastOfKey = new Map<string, Promise<void>>()

  const write = ({ n, key, rows, pauseMs, commits, fate }: PlannedWriting): Promise<void> =>
    new Promise((resolve) => {
      const writing = tables.begin()
      const step = (ordinal: number): void => {
        if (ordinal < rows) {
          const refused = ordinal === 0 && fate !== 'fine'
          const id = kernel.naturalEventId('written', `${n}/${ordinal}`, world.nowMs)
          const bytes = refused && fate === 'too-large' ? toldBytesMax : 0
          writing.write([row({ id, key, n, bytes, topic: refused && fate === 'nowhere' ? missingTopic : toldTopic })])
          writer.post(pauseMs, () => step(ordinal + 1))
          return
        }
        if (commits) writing.commit()
        else writing.rollback()
        left--
        resolve()
      }
      step(0)
    })

  for (const writing of writings)
    writer.post(writing.beginAtMs, () => {
      const before = lastOfKey.get(writing.key) ?? Promise.resolve()
      lastOfKey.set(
        writing.key,
        before.then(() => write(writing)),
      )
    })
  for (let count = 0; count < relayCount; count++) launch()
  nemesis.post(dice.between(60, 300), strike)

  return {
    tables,
    row,
    get isOver() {
      return left === 0 && tables.isDrained
    },
    stop() {
      active = false
    },
  }
}

import type { HistoryEvent } from './history.ts'

/** One event as it is written into the outbox. */
export interface OutboxRow {
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly payload: Buffer
  readonly headers: Buffer
}

export interface StoredRow extends OutboxRow {
  readonly position: number
  readonly xid: number
}

/** The one row of `outbox_relay`. */
export interface RelayRow {
  readonly owner: string
  readonly fence: number
  readonly leaseUntilMs: number
  readonly waiting: boolean
  readonly sentXid: number
  readonly windowXid: number
  readonly windowEnd: number
  readonly sentPosition: number
}

/** A transaction that writes events. Its rows are there when it commits; until it ends, later ones are not read. */
export interface Writing {
  write(rows: readonly OutboxRow[]): void
  commit(): void
  rollback(): void
}

/** The tables `outbox`, `outbox_relay` and `outbox_quarantine`, with the transaction ids that the relay goes by. */
export interface OutboxTables {
  begin(): Writing
  readonly rows: Map<number, StoredRow>
  relay: RelayRow
  /** The oldest transaction that still runs, or the next one. */
  readonly oldestXid: number
  quarantine(positions: readonly number[]): void
  onNotify(wake: () => void): () => void
  /** Nothing is left to be sent. */
  readonly isDrained: boolean
}

export const createOutboxTables = (note: (event: HistoryEvent) => void): OutboxTables => {
  const rows = new Map<number, StoredRow>()
  const quarantined = new Set<number>()
  const running = new Set<number>()
  const listeners = new Set<() => void>()
  let nextXid = 10
  let nextPosition = 1

  const isUnsent = ({ xid, position }: StoredRow): boolean => {
    const { sentXid, windowXid, sentPosition } = tables.relay
    return xid >= sentXid && !(xid < windowXid && position <= sentPosition)
  }

  const begin = (): Writing => {
    let xid = 0
    const written: StoredRow[] = []
    let notifies = false
    const end = (): void => void running.delete(xid)
    return {
      write(added) {
        // As in Postgres, the first write makes the id.
        if (xid === 0) {
          xid = nextXid++
          running.add(xid)
        }
        for (const row of added) written.push({ ...row, xid, position: nextPosition++ })
        notifies ||= tables.relay.waiting
      },
      commit() {
        end()
        for (const row of written) rows.set(row.position, row)
        for (const { id, topic, key, position, payload } of written)
          note({ kind: 'written', id, topic, key, position, bytes: payload.length })
        if (notifies) for (const wake of listeners) wake()
      },
      rollback: end,
    }
  }

  const tables: OutboxTables = {
    begin,
    rows,
    relay: {
      owner: '',
      fence: 0,
      leaseUntilMs: 0,
      waiting: false,
      sentXid: 0,
      windowXid: 0,
      windowEnd: 0,
      sentPosition: 0,
    },
    get oldestXid() {
      return running.size === 0 ? nextXid : Math.min(...running)
    },
    quarantine(positions) {
      for (const position of positions) {
        const row = rows.get(position)
        if (row === undefined || quarantined.has(position)) continue
        quarantined.add(position)
        note({ kind: 'quarantined', id: row.id, topic: row.topic })
      }
    },
    onNotify(wake) {
      listeners.add(wake)
      return () => listeners.delete(wake)
    },
    get isDrained() {
      for (const row of rows.values()) if (isUnsent(row)) return false
      return running.size === 0
    },
  }
  return tables
}

import type { Database, Transaction } from '@interchange/store'
import type { Dice } from './dice.ts'
import type { HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import type { OutboxTables, RelayRow, StoredRow } from './outbox-tables.ts'
import type { Process } from './world.ts'

/** The Postgres that relays see: it knows the nine statements they have, by what they begin with, and no others. */
export interface RelayServer {
  connect(client: Process): Database
  /** What a process left open when it died is rolled back. */
  disconnect(client: Process): void
}

interface Session {
  readonly client: Process
  /** Set by an update within a transaction, which holds the row's lock until it ends. */
  relay: RelayRow | undefined
  readonly quarantined: number[]
  /** Its connection is gone, or it has ended: what it still asks for is not done. */
  over: boolean
  /** `idle_in_transaction_session_timeout`, once it is set, and what forgets the present wait. */
  idleMsMax: number | undefined
  stopIdling: (() => void) | undefined
}

type Answer = readonly object[]

const renewal = 'UPDATE outbox_relay SET lease_until = clock_timestamp()'

export const createRelayServer = (
  { InterchangeError }: Kernel,
  process: Process,
  tables: OutboxTables,
  dice: Dice,
  reachable: () => boolean,
  note: (event: HistoryEvent) => void,
): RelayServer => {
  let lockedBy: Session | undefined
  const waiting: (() => void)[] = []

  const end = (session: Session, commits: boolean): void => {
    if (commits) {
      if (session.relay !== undefined) tables.relay = session.relay
      tables.quarantine(session.quarantined)
    }
    session.over = true
    session.stopIdling?.()
    session.relay = undefined
    session.quarantined.length = 0
    if (lockedBy !== session) return
    lockedBy = undefined
    for (const next of waiting.splice(0)) next()
  }

  const update = (session: Session, change: (row: RelayRow) => RelayRow | undefined): RelayRow | undefined => {
    const row = change(session.relay ?? tables.relay)
    if (row === undefined) return undefined
    lockedBy = session
    session.relay = row
    return row
  }

  /** Its transaction is open and nothing of it is under way: it is ended when that lasts too long. */
  const idle = (session: Session): void => {
    session.stopIdling?.()
    if (session.over || session.idleMsMax === undefined) return
    session.stopIdling = process.post(session.idleMsMax, () => {
      note({
        kind: 'fault',
        fault: 'rollback',
        process: session.client.name,
        detail: 'it stood still in a transaction',
      })
      end(session, false)
    })
  }

  const statements: readonly (readonly [string, (session: Session, values: readonly unknown[]) => Answer])[] = [
    [
      'UPDATE outbox_relay SET owner',
      (session, [owner, leaseMs]) => {
        const nowMs = process.clock.now()
        const taken = update(session, (row) =>
          row.leaseUntilMs >= nowMs
            ? undefined
            : {
                ...row,
                owner: String(owner),
                fence: row.fence + 1,
                waiting: false,
                leaseUntilMs: nowMs + Number(leaseMs),
              },
        )
        return taken === undefined ? [] : [{ ...asText(taken), cluster: '1', here: '1' }]
      },
    ],
    [
      "UPDATE outbox_relay SET lease_until = '-infinity'",
      (session, [fence]) => {
        update(session, (row) =>
          String(row.fence) === fence ? { ...row, leaseUntilMs: Number.NEGATIVE_INFINITY, waiting: false } : undefined,
        )
        return []
      },
    ],
    [
      renewal,
      (session, [leaseMs, fence, ...cursor]) => {
        const held = update(session, (row) =>
          String(row.fence) === fence
            ? {
                ...row,
                leaseUntilMs: process.clock.now() + Number(leaseMs),
                ...(cursor.length > 0 && asCursor(cursor)),
              }
            : undefined,
        )
        return held === undefined ? [] : [{ held: 1 }]
      },
    ],
    [
      'SELECT pg_snapshot_xmin',
      (_session, [sentXid]) => {
        const until = tables.oldestXid
        const positions = rowsWhere(({ xid }) => xid >= Number(sentXid) && xid < until).map(({ position }) => position)
        const behind = rowsWhere(({ xid }) => xid >= until).length > 0
        const [first, last] = [positions[0], positions.at(-1)].map((one) => (one === undefined ? null : String(one)))
        return [{ until: String(until), first, last, behind }]
      },
    ],
    [
      'SELECT position, id',
      (_session, [after, end_, fromXid, toXid, rowsMax, bytesMax]) => {
        const inWindow = rowsWhere(
          ({ position, xid }) =>
            position > Number(after) && position <= Number(end_) && xid >= Number(fromXid) && xid < Number(toXid),
        )
        const page: StoredRow[] = []
        let bytes = 0
        for (const row of inWindow.slice(0, Number(rowsMax))) {
          if (bytes >= Number(bytesMax)) break
          page.push(row)
          bytes += row.payload.length + row.headers.length
        }
        return page.map((row) => ({ ...row, position: String(row.position) }))
      },
    ],
    [
      'INSERT INTO outbox_quarantine',
      (session, [positions]) => {
        session.quarantined.push(...(positions as readonly string[]).map(Number))
        return []
      },
    ],
    [
      "SELECT set_config('idle_in_transaction_session_timeout'",
      (session, [timeoutMs]) => {
        session.idleMsMax = Number(timeoutMs)
        return []
      },
    ],
    [
      'DELETE FROM outbox',
      () => {
        for (const { xid, position } of rowsWhere(() => true))
          if (xid < tables.relay.sentXid) tables.rows.delete(position)
        return []
      },
    ],
  ]

  const rowsWhere = (fits: (row: StoredRow) => boolean): StoredRow[] =>
    [...tables.rows.values()].filter(fits).sort((left, right) => left.position - right.position)

  /** Runs one statement on the server; one that would change a locked row waits for the lock. */
  const execute = (session: Session, sql: string, values: readonly unknown[], then: (rows: Answer) => void): void => {
    if (session.over) return
    const text = sql.trim()
    const known = statements.find(([beginning]) => text.startsWith(beginning))
    if (known === undefined) throw new Error(`The simulated Postgres does not know: ${text}`)
    if (text.startsWith('UPDATE') && lockedBy !== undefined && lockedBy !== session)
      waiting.push(() => execute(session, sql, values, then))
    else then(known[1](session, values))
  }

  const away = (): Error => new InterchangeError('ICX_STORE_UNAVAILABLE', 'database away', { class: 'outage' })

  /** One request and its answer; a connection that loses either is broken, and so is what was open on it. */
  const request = <Result>(session: Session, what: string, run: (then: (result: Result) => void) => void) =>
    new Promise<Result>((resolve, reject) => {
      const { client } = session
      const broken = (): void => {
        note({ kind: 'fault', fault: 'drop', process: client.name, detail: what })
        process.post(dice.latencyMs(), () => end(session, false))
        client.post(dice.between(20, 150), () => reject(away()))
      }
      if (!reachable()) {
        process.post(0, () => end(session, false))
        client.post(dice.latencyMs(), () => reject(away()))
      } else if (dice.happens('drop', 0.02)) broken()
      else
        process.post(dice.latencyMs(), () => {
          session.stopIdling?.()
          if (session.over) client.post(dice.latencyMs(), () => reject(away()))
          else
            run((result) => {
              idle(session)
              if (dice.happens('drop', 0.02)) broken()
              else client.post(dice.latencyMs(), () => resolve(result))
            })
        })
    })

  const open = new Set<Session>()

  return {
    connect(client) {
      const sessionOf = (): Session => ({
        client,
        relay: undefined,
        quarantined: [],
        over: false,
        idleMsMax: undefined,
        stopIdling: undefined,
      })
      const statementsOn = (session: Session, commits: boolean): Transaction => ({
        async query<Row extends object>(sql: string, values: readonly unknown[] = []) {
          const rows = await request<readonly Row[]>(session, 'a statement', (then) =>
            execute(session, sql, values, (answer) => {
              if (commits) end(session, true)
              then(answer as readonly Row[])
            }),
          )
          if (sql.startsWith(renewal) && rows.length === 0)
            note({ kind: 'relay', process: session.client.name, what: 'refused' })
          return rows
        },
        async execute(sql) {
          throw new Error(`the relay counts no rows: ${sql}`)
        },
      })
      return {
        schema: 'sim',
        query: (sql, values) => statementsOn(sessionOf(), true).query(sql, values),
        async transaction(work) {
          const session = sessionOf()
          open.add(session)
          try {
            const result = await work(statementsOn(session, false))
            await request<void>(session, 'a commit', (then) => {
              if (session.over) return
              end(session, true)
              then()
            })
            return result
          } catch (error) {
            process.post(0, () => end(session, false))
            throw error
          } finally {
            open.delete(session)
          }
        },
        listen(wake) {
          const unlisten = tables.onNotify(() => {
            if (!dice.happens('drop', 0.2)) client.post(dice.latencyMs(), wake)
          })
          return async () => unlisten()
        },
        close: async () => undefined,
      }
    },
    disconnect(client) {
      for (const session of open) {
        if (session.client !== client) continue
        open.delete(session)
        end(session, false)
      }
    },
  }
}

const asText = ({ fence, sentXid, windowXid, windowEnd, sentPosition }: RelayRow) => ({
  fence: String(fence),
  sentXid: String(sentXid),
  windowXid: String(windowXid),
  windowEnd: String(windowEnd),
  sentPosition: String(sentPosition),
})

const asCursor = ([sentXid, windowXid, windowEnd, sentPosition, waiting]: readonly unknown[]) => ({
  sentXid: Number(sentXid),
  windowXid: Number(windowXid),
  windowEnd: Number(windowEnd),
  sentPosition: Number(sentPosition),
  waiting: waiting === true,
})

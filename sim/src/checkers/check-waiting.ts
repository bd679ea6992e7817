import { type Happened, placeKey } from '../history.ts'
import type { Checker } from './check.ts'

const sumOf = (rows: Iterable<Row>): number => {
  let bytes = 0
  for (const row of rows) bytes += row.bytes
  return bytes
}

interface Row {
  /** By the database's clock, which is never off. */
  readonly dueAtMs: number
  readonly attempts: number
  readonly key: string
  readonly bytes: number
}

/** What a process knows of a message that waits, and when it may try it: by its own clock, or by the database's. */
type Known = { readonly attempts: number } & ({ readonly dueMs: number } | { readonly dueAtMs: number })

/**
 * W1 to W5: what waits is not tried before it is due, by the clock of who put it there or, for who took it over, by the
 * database's; its attempts are counted on, whoever tries;
 * the table stays within its caps; a void claim writes nothing; and nothing goes before its outcome is told.
 */
export const checkWaiting: Checker = (plan, report, ends) => {
  /** What the table holds, by place and offset. */
  const table = new Map<string, Map<number, Row>>()
  /** Who claimed a place last. */
  const claimants = new Map<string, string>()
  /** A claim of theirs may be on its way when they have lost the partition. */
  const excused = new Set<string>()
  /** Whose claim was made void by one of those; they end, and are started again. */
  const overtaken = new Set<string>()
  const told = new Set<string>()
  const tokens = new Map<string, number>()
  /** What a process knows of what waits, by process and place. */
  const known = new Map<string, Map<number, Known>>()

  const rowsAt = <Value>(map: Map<string, Map<number, Value>>, key: string): Map<number, Value> => {
    const rows = map.get(key) ?? new Map<number, Value>()
    map.set(key, rows)
    return rows
  }

  const checkCaps = (place: string, rows: ReadonlyMap<number, Row>): void => {
    const { room } = plan
    // A room with nothing in it takes any message, however large.
    if (room === undefined || rows.size <= 1) return
    const bytes = sumOf(rows.values())
    if (bytes > room.partitionBytesMax) report('W3', `${bytes} bytes wait in ${place}, ${room.partitionBytesMax} may`)
    for (const [key, own] of Map.groupBy(rows.values(), (row) => row.key))
      if (own.length > 1 && sumOf(own) > room.keyBytesMax)
        report('W3', `${sumOf(own)} bytes of ${key} wait in ${place}, ${room.keyBytesMax} may`)
  }

  /** A letter's outcome, and with a store that tells outcomes every other one, is told before the row goes. */
  const checkTold = ({ process, topic, partition, offset }: Extract<Happened, { kind: 'left' }>): void => {
    const record = ends.recordAt(topic, partition, offset)
    if (record === undefined) return
    const hasFailed = (table.get(`${topic}/${partition}`)?.get(offset)?.attempts ?? 0) > 0
    const isLetter = ends.rightEnd(record) === 'letter' && !ends.isReplayed(record)
    if ((isLetter || (plan.tellsOutcomes && hasFailed)) && !told.has(record.id))
      report('W5', `${process} takes ${topic}/${partition}/${offset} out; its outcome is not told`)
  }

  return (event) => {
    switch (event.kind) {
      case 'fault':
        if (event.fault === 'crash' || event.fault === 'zombie') excused.add(event.process)
        return
      case 'ended':
        if (event.code === 'ICX_WAITING_FENCED' && !overtaken.has(event.process))
          report('V17', `the group of ${event.process} ended by itself: ${event.code}`)
        return
      case 'fenced':
        if (excused.has(claimants.get(placeKey(event)) ?? '')) overtaken.add(event.process)
        return
      case 'claimed': {
        const place = placeKey(event)
        claimants.set(place, event.process)
        if (event.token <= (tokens.get(place) ?? 0)) report('W4', `${place} is claimed again under ${event.token}`)
        tokens.set(place, event.token)
        known.set(
          `${event.process} ${place}`,
          new Map(
            event.rows.map(({ offset, attempts }) => {
              return [offset, { attempts, dueAtMs: table.get(place)?.get(offset)?.dueAtMs ?? 0 }]
            }),
          ),
        )
        return
      }
      case 'put': {
        const place = placeKey(event)
        if (event.token !== tokens.get(place)) report('W4', `${event.process} puts under ${event.token} of ${place}`)
        const rows = rowsAt(table, place)
        if (
          event.rows.some(({ offset }) => ends.recordAt(event.topic, event.partition, offset)?.replayId !== undefined)
        )
          report('R1', `${event.process} lets a replay wait in the table: its offset passes before its outcome`)
        for (const row of event.rows) {
          const before = rows.get(row.offset)?.attempts ?? 0
          if (row.attempts < before)
            report('W2', `${place}/${row.offset} had ${before} attempts and is written with ${row.attempts}`)
          rows.set(row.offset, { ...row, dueAtMs: event.atMs + row.dueInMs })
          rowsAt(known, `${event.process} ${place}`).set(row.offset, { attempts: row.attempts, dueMs: row.dueMs })
        }
        checkCaps(place, rows)
        return
      }
      case 'left': {
        const place = placeKey(event)
        if (event.token !== tokens.get(place))
          report('W4', `${event.process} takes out under ${event.token} of ${place}`)
        checkTold(event)
        table.get(place)?.delete(event.offset)
        known.get(`${event.process} ${place}`)?.delete(event.offset)
        return
      }
      case 'outcome':
        told.add(event.id)
        return
      case 'start': {
        const place = placeKey(event)
        const row = known.get(`${event.process} ${place}`)?.get(event.offset)
        if (row === undefined) return
        const { process, offset, attempt, ownMs, atMs } = event
        const earlyMs = 'dueMs' in row ? row.dueMs - ownMs : row.dueAtMs - atMs
        if (earlyMs > 0) report('W1', `${process} tries ${place}/${offset} ${earlyMs} ms early`)
        if (attempt <= row.attempts)
          report('W2', `${process} begins attempt ${attempt} at ${place}/${offset}, which has had ${row.attempts}`)
      }
    }
  }
}

import type { Happened } from '../history/history.ts'
import type { OutputRecord } from '../history/observed.ts'
import type { Checker, Violation } from './check.ts'

type Read = Extract<Happened, { op: 'read' }>

/** V3: who reads committed records is shown every one of them up to where it has read, and nothing that was aborted. */
export const checkReads: Checker = ({ history, outputs }) => {
  const records = outputs?.records ?? []
  const at = new Map(records.map((record) => [placeOf(record), record]))
  const aborted = new Set(history.flatMap((fact) => (fact.op === 'send' && fact.phase === 'fail' ? [fact.id] : [])))
  const reads = history.filter((fact) => fact.op === 'read')
  const leaked = reads.flatMap((read): readonly Violation[] => {
    const there = at.get(placeOf(read))
    if (there?.id === read.id) return []
    const detail = `${read.proc} was shown ${read.id} at ${placeOf(read)}, where ${there?.id ?? 'nothing'} is committed`
    return [{ invariant: 'V3', detail, facts: [read, ...(there === undefined ? [] : [there])] }]
  })
  const kept = records
    .filter(({ id }) => aborted.has(id))
    .map((record): Violation => ({ invariant: 'V3', detail: `${record.id} was aborted and is there`, facts: [record] }))
  return [...leaked, ...kept, ...skippedBy(reads, records)]
}

/** What lies below the last record a reader was shown of a partition, and was never shown to it. */
const skippedBy = (reads: readonly Read[], records: readonly OutputRecord[]): readonly Violation[] => {
  const inPartition = Map.groupBy(records, partitionOf)
  const byReader = Map.groupBy(reads, (read) => `${read.proc} ${partitionOf(read)}`)
  return [...byReader.values()].flatMap((mine) => {
    const [first] = mine
    if (first === undefined) return []
    const shown = new Set(mine.map(({ offset }) => offset))
    const end = mine.reduce((highest, { offset }) => Math.max(highest, offset), 0)
    return (inPartition.get(partitionOf(first)) ?? [])
      .filter(({ offset }) => offset < end && !shown.has(offset))
      .map((record): Violation => {
        const detail = `${first.proc} was not shown ${record.id} at ${placeOf(record)}`
        return { invariant: 'V3', detail, facts: [record] }
      })
  })
}

/** V4: an output topic holds no more committed copies made of a message than the message has in the log. */
export const checkCopies: Checker = ({ log, outputs }) => {
  const given = countOf(log.map(({ id }) => id))
  const made = Map.groupBy(outputs?.records ?? [], ({ topic, cause }) => (cause === null ? '' : `${cause} in ${topic}`))
  made.delete('')
  return [...made.values()].flatMap((copies): readonly Violation[] => {
    const [first] = copies
    const wanted = given.get(first?.cause ?? '') ?? 0
    if (copies.length <= wanted) return []
    const detail = `${first?.cause} has ${copies.length} outputs in ${first?.topic}, for ${wanted} in the log`
    return [{ invariant: 'V4', detail, facts: copies }]
  })
}

/** V5: what the group has passed has its outputs in every topic, or its letter; what it has not passed has none. */
export const checkWhole: Checker = ({ log, letters, committed, outputs }) => {
  if (outputs === undefined || outputs.topics.length === 0) return []
  const dead = new Set(letters.map(({ id }) => id))
  const end = new Map(committed.map(({ partition, offset }) => [partition, offset]))
  const passed = countOf(log.flatMap(({ id, partition, offset }) => (offset < (end.get(partition) ?? 0) ? [id] : [])))
  const made = Map.groupBy(outputs.records, ({ cause }) => cause ?? '')
  return [...Map.groupBy(log, ({ id }) => id)].flatMap(([id, copies]): readonly Violation[] => {
    const records = made.get(id) ?? []
    const wanted = dead.has(id) ? 0 : (passed.get(id) ?? 0)
    const torn = outputs.topics.find((topic) => records.filter((record) => record.topic === topic).length !== wanted)
    if (torn === undefined) return []
    const found = records.filter(({ topic }) => topic === torn).length
    const detail = `${id} was passed ${wanted} times and has ${found} outputs in ${torn}`
    return [{ invariant: 'V5', detail, facts: [...copies, ...records] }]
  })
}

/** V11: the sum of all accounts never changes, nothing is left between them, and a transfer is one debit and one credit of one amount. */
export const checkBooks: Checker = ({ history, ledger }) => {
  if (ledger === undefined) return [{ invariant: 'V11', detail: 'there are no books', facts: [] }]
  const { opening, clearing, legs } = ledger
  const wrong = (detail: string, facts: readonly unknown[]): Violation => ({ invariant: 'V11', detail, facts })
  const snapshots = history.filter((fact) => fact.op === 'snapshot')
  return [
    ...(snapshots.length === 0 ? [wrong('nobody looked at the books', [ledger])] : []),
    ...snapshots
      .filter(({ total }) => total !== opening)
      .map((snapshot) => wrong(`all accounts came to ${snapshot.total}, not ${opening}`, [snapshot])),
    ...(clearing === 0 ? [] : [wrong(`${clearing} is between two accounts`, [{ clearing }])]),
    ...[...Map.groupBy(legs, ({ transfer }) => transfer)].flatMap(([transfer, its]) => {
      const [one, other, ...more] = its.toSorted((a, b) => a.side.localeCompare(b.side))
      const isWhole = one?.side === 'credit' && other?.side === 'debit' && one.amount === other.amount
      if (isWhole && more.length === 0) return []
      return [wrong(`transfer ${transfer} has the legs ${its.map(({ side }) => side).join(', ')}`, its)]
    }),
  ]
}

const countOf = (ids: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

type Place = Pick<OutputRecord, 'topic' | 'partition' | 'offset'>

const partitionOf = ({ topic, partition }: Omit<Place, 'offset'>): string => `${topic}/${partition}`
const placeOf = (place: Place): string => `${partitionOf(place)}/${place.offset}`

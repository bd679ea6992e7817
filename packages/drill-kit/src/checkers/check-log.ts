import type { Happened } from '../history/history.ts'
import type { ReadRecord } from '../history/observed.ts'
import type { Checker, Violation } from './check.ts'

type Sent = Extract<Happened, { op: 'send' }>

/** V1: lost. What was acknowledged is at its place unless an operator had it deleted, and has its effect, its letter, or waits. */
export const checkLost: Checker = ({ history, log, effects, letters, waiting }) => {
  const at = new Map(log.map((record) => [placeOf(record), record]))
  const ids = new Set(log.map(({ id }) => id))
  const ended = new Set([...effects, ...letters].map(({ id }) => id)).union(waiting)
  const isGone = deletedFrom(history)
  return history.flatMap((fact): readonly Violation[] => {
    if (fact.op !== 'send' || fact.phase !== 'ok') return []
    const { id, key, seq, partition, offset } = fact
    const isDeleted = isGone(fact)
    const there = partition === undefined || offset === undefined ? undefined : at.get(placeOf({ partition, offset }))
    if (partition !== undefined && there?.id !== id && !isDeleted) {
      const detail = `${key}/${seq} was acknowledged at ${partition}/${offset}; there is ${there?.id ?? 'nothing'}`
      return [{ invariant: 'V1', detail, facts: [fact, ...(there === undefined ? [] : [there])] }]
    }
    if (!ids.has(id) && !isDeleted)
      return [{ invariant: 'V1', detail: `${key}/${seq} was acknowledged and is nowhere`, facts: [fact] }]
    if (ended.has(id)) return []
    return [{ invariant: 'V1', detail: `${key}/${seq} is in the log and came to no end`, facts: [fact] }]
  })
}

/**
 * Whether an operator had deleted the record that was acknowledged. A topic that is made anew has its offsets again: what was deleted
 * was sent before, though its acknowledgement may be read after.
 */
const deletedFrom = (history: readonly Happened[]): ((sent: Sent) => boolean) => {
  const deletions = history.filter((fact) => fact.op === 'deleted')
  const begunAt = new Map<string, number>()
  for (const fact of history) if (fact.op === 'send' && !begunAt.has(fact.id)) begunAt.set(fact.id, fact.at)
  return ({ id, at, partition, offset }) =>
    offset !== undefined &&
    deletions.some(
      (deletion) =>
        deletion.partition === partition && offset < deletion.before && (begunAt.get(id) ?? at) < deletion.at,
    )
}

/** V2: phantoms. What is in the log or was handled, somebody sent. */
export const checkPhantoms: Checker = ({ history, log, effects, letters }) => {
  const sent = new Set(history.flatMap((fact) => (fact.op === 'send' ? [fact.id] : [])))
  const places: readonly (readonly [string, readonly { id: string }[]])[] = [
    ['a record', log],
    ['an effect', effects],
    ['a dead letter', letters],
  ]
  return places.flatMap(([what, entries]) =>
    entries
      .filter(({ id }) => !sent.has(id))
      .map(
        (entry): Violation => ({
          invariant: 'V2',
          detail: `${what} of ${entry.id}, which nobody sent`,
          facts: [entry],
        }),
      ),
  )
}

/** V6: who sends, who receives and who reads at the end agree on what is at a place. */
export const checkPlaces: Checker = ({ history, log }) => {
  const at = new Map<string, Happened | ReadRecord>(log.map((record) => [placeOf(record), record]))
  const idOf = (entry: Happened | ReadRecord): string => ('id' in entry ? entry.id : '')
  return history.flatMap((fact): readonly Violation[] => {
    if (fact.op !== 'deliver' && !(fact.op === 'send' && fact.phase === 'ok')) return []
    // Who was given a record without an id, or could not read it, says nothing about what is there.
    if (fact.id === '') return []
    const { partition, offset } = fact
    if (partition === undefined || offset === undefined) return []
    const place = placeOf({ partition, offset })
    const before = at.get(place)
    if (before === undefined) at.set(place, fact)
    if (before === undefined || idOf(before) === fact.id) return []
    return [{ invariant: 'V6', detail: `${place} is ${idOf(before)} and ${fact.id}`, facts: [before, fact] }]
  })
}

/** V8: a sender's messages of one key stand in the log as they were sent, by their first acknowledgement. */
export const checkSendOrder: Checker = ({ history }) => {
  const last = new Map<string, Sent>()
  const inSendOrder = history
    .filter((fact) => fact.op === 'send')
    .filter(({ phase, offset }) => phase === 'ok' && offset !== undefined)
    .sort((a, b) => a.seq - b.seq)
  return inSendOrder.flatMap((fact): readonly Violation[] => {
    const sender = `${fact.proc} ${fact.key}`
    const before = last.get(sender)
    last.set(sender, fact)
    if (before === undefined || (before.offset ?? 0) < (fact.offset ?? 0)) return []
    const detail = `${sender}: ${before.seq} is at ${before.offset}, ${fact.seq} at ${fact.offset}`
    return [{ invariant: 'V8', detail, facts: [before, fact] }]
  })
}

/** V15: a letter holds the key and the value of the record it says it is of. */
export const checkLetters: Checker = ({ log, letters }) => {
  const at = new Map(log.map((record) => [placeOf(record), record]))
  return letters.flatMap((letter): readonly Violation[] => {
    const original = at.get(placeOf({ partition: letter.fromPartition, offset: letter.fromOffset }))
    const same = (['id', 'key', 'valueHash', 'headersHash'] as const).every((name) => original?.[name] === letter[name])
    if (same) return []
    const facts = original === undefined ? [letter] : [letter, original]
    return [{ invariant: 'V15', detail: `the letter of ${letter.id} is another record`, facts }]
  })
}

const placeOf = ({ partition, offset }: { partition: number; offset: number }): string => `${partition}/${offset}`

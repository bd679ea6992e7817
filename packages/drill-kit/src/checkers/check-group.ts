import type { Happened } from '../history/history.ts'
import type { Checker, Violation } from './check.ts'

type Deliver = Extract<Happened, { op: 'deliver' }>
type Commit = Extract<Happened, { op: 'commit' }>

/** V7: within one assignment offsets grow, and what lies between two of them is not in the log. */
export const checkDeliveries: Checker = ({ history, log }) => {
  const offsets = Map.groupBy(log, ({ partition }) => partition)
  const inLog = new Map([...offsets].map(([partition, records]) => [partition, records.map(({ offset }) => offset)]))
  const last = new Map<string, Deliver>()
  return history.flatMap((fact): readonly Violation[] => {
    if (fact.op !== 'deliver') return []
    const assignment = `${fact.proc} ${fact.partition} ${fact.epoch}`
    const before = last.get(assignment)
    last.set(assignment, fact)
    if (before === undefined) return []
    if (fact.offset <= before.offset)
      return [
        { invariant: 'V7', detail: `${assignment}: ${fact.offset} after ${before.offset}`, facts: [before, fact] },
      ]
    if (fact.offset === before.offset + 1) return []
    const skipped = inLog.get(fact.partition)?.find((offset) => offset > before.offset && offset < fact.offset)
    if (skipped === undefined) return []
    const detail = `${assignment}: ${skipped} was skipped between ${before.offset} and ${fact.offset}`
    return [{ invariant: 'V7', detail, facts: [before, fact] }]
  })
}

/**
 * V12: no commit goes back unless an operator has put it there, and below the last one everything has come to its end. A commit took
 * effect at some time between its begin and its answer, which a member that was stopped in between reads late: it goes back when it
 * began after a higher one was acknowledged.
 */
export const checkCommits: Checker = ({ history, log, committed, effects, letters, waiting }) => {
  const highest = new Map<number, Commit>()
  const begun = new Map<string, Commit | undefined>()
  const back = history.flatMap((fact): readonly Violation[] => {
    if (fact.op === 'rewound') highest.delete(fact.partition)
    if (fact.op !== 'commit') return []
    if (fact.phase === 'invoke') begun.set(operationOf(fact), highest.get(fact.partition))
    if (fact.phase !== 'ok') return []
    if (fact.offset >= (highest.get(fact.partition)?.offset ?? 0)) highest.set(fact.partition, fact)
    const before = begun.get(operationOf(fact))
    if (before === undefined || fact.offset >= before.offset) return []
    const detail = `${fact.proc} moves partition ${fact.partition} from ${before.offset} back to ${fact.offset}`
    return [{ invariant: 'V12', detail, facts: [before, fact] }]
  })
  const ended = new Set([...effects, ...letters].map(({ id }) => id)).union(waiting)
  const end = new Map(committed.map(({ partition, offset }) => [partition, offset]))
  const passed = log
    .filter(({ id, partition, offset }) => offset < (end.get(partition) ?? 0) && !ended.has(id))
    .map((record): Violation => {
      const detail = `partition ${record.partition} is committed at ${end.get(record.partition)}; ${record.offset} is unfinished`
      return { invariant: 'V12', detail, facts: [record] }
    })
  return [...back, ...passed]
}

/** V13: a commit that began after another member had the partition is not accepted. */
export const checkOwnership: Checker = ({ history }) => {
  const owners = new Map<number, Extract<Happened, { op: 'assigned' | 'revoked' }>>()
  const begun = new Map<string, Happened | undefined>()
  return history.flatMap((fact): readonly Violation[] => {
    if (fact.op === 'assigned') owners.set(fact.partition, fact)
    if (fact.op !== 'commit') return []
    if (fact.phase === 'invoke') begun.set(operationOf(fact), owners.get(fact.partition))
    const owner = begun.get(operationOf(fact))
    if (fact.phase !== 'ok' || owner === undefined || owner.proc === fact.proc) return []
    const detail = `${fact.proc} commits ${fact.offset} of partition ${fact.partition}, which ${owner.proc} had`
    return [{ invariant: 'V13', detail, facts: [owner, fact] }]
  })
}

/** The same for the begin of a commit and for its end. */
const operationOf = ({ proc, partition, epoch, offset }: Commit): string => `${proc} ${partition} ${epoch} ${offset}`

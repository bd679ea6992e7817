import { type Happened, placeKey } from '../history.ts'
import type { Checker } from './check.ts'

interface Debt {
  readonly process: string
  readonly id: string | undefined
  readonly lane: boolean
  readonly attempt: number
  answered: boolean
  /** Where the message stands in its own topic. */
  readonly origin: string | undefined
}

/** V12: a committed offset never goes back and never passes a record that has not come to its end, report included. */
export const checkCommits: Checker = (_plan, report, ends) => {
  const committed = new Map<string, number>()
  /** Attempts beyond the first whose end has not been reported: by process and place, in the order of their beginning. */
  const owed = new Map<string, Debt>()

  const account = (event: Happened): void => {
    switch (event.kind) {
      case 'start': {
        const { process, attempt } = event
        const record = ends.recordAt(event.topic, event.partition, event.offset)
        const lane = record?.replayId !== undefined
        const origin = record && ends.originOf(record)
        if (attempt > 1)
          owed.set(attemptKey(event), { process, id: record?.id, lane, attempt, answered: false, origin })
        else owed.delete(attemptKey(event))
        return
      }
      case 'end': {
        const debt = owed.get(attemptKey(event))
        if (debt !== undefined) debt.answered = event.how === 'answered'
        return
      }
      case 'put':
        // What waits owes its outcome when it is tried again, whoever does.
        for (const { offset } of event.rows) owed.delete(attemptKey({ ...event, offset }))
        return
      case 'append':
        // As does what waits in a retry topic.
        for (const [at, { origin }] of event.retry === undefined ? [] : owed)
          if (origin === ends.originOf(event)) owed.delete(at)
        return
      case 'outcome':
        for (const [at, { process, id, lane, attempt, answered }] of owed) {
          if (process !== event.process || id !== event.id || attempt !== event.attempts) continue
          if (lane !== (event.replayId !== undefined)) continue
          if (!answered && event.outcome !== 'dead-lettered' && event.outcome !== 'failed-again') continue
          // Two copies of one message cannot be told apart.
          owed.delete(at)
        }
    }
  }

  return (event) => {
    account(event)
    if (event.kind !== 'commit' || event.refused) return
    const { topic, partition, group, process } = event
    const at = `${group} ${placeKey(event)}`
    const before = committed.get(at) ?? 0
    if (event.offset < before) report('V12', `${process} moves ${at} from ${before} back to ${event.offset}`)
    for (let offset = before; offset < event.offset; offset++) {
      const record = ends.recordAt(topic, partition, offset)
      if (record === undefined) report('V12', `${process} commits ${event.offset} of ${at}; nothing is at ${offset}`)
      else if (ends.hasWaited(record) || ends.hasMoved(record)) continue
      else if (!ends.isFinished(record))
        report(
          'V12',
          `${process} commits ${event.offset} of ${at}; ${offset} (${record.n}/${record.part}) is unfinished`,
        )
      else if (owed.has(attemptKey({ process, topic, partition, offset })))
        report('V12', `${process} commits ${event.offset} of ${at}; the outcome of ${offset} is not reported`)
    }
    committed.set(at, Math.max(before, event.offset))
  }
}

const attemptKey = (at: { process: string; topic: string; partition: number; offset: number }): string =>
  `${at.process} ${placeKey(at)}/${at.offset}`

import { type Happened, placeKey } from '../history.ts'
import { derivedTopic, isRefused, outputKey, sourceTopic } from '../plan.ts'
import type { Checker } from './check.ts'

/**
 * V7 and V9: inside one assignment offsets grow and each key is handled without a gap; what a key leads to (records,
 * effects) comes in the order of its messages.
 */
export const checkOrder: Checker = (plan, report, ends) => {
  const uncertain = new Set<number>()
  const delivered = new Map<string, number>()
  const started = new Map<string, number>()
  const startedEver = new Set<string>()
  const waited = new Set<string>()
  const seen = new Map<string, Set<string>>()
  const last = new Map<string, { readonly rank: number; readonly name: string }>()
  /** Where the first group keeps no order, the order of a key is that of its records in the second topic. */
  const unordered = plan.retryDelaysMs.length > 0
  const written = new Map<string, number>()

  const keyOf = (n: number, part: number): string => {
    const message = plan.messages[n]
    return message === undefined ? '' : outputKey(message, part)
  }

  /** Only the first occurrence counts: copies are allowed, going back is not. */
  const inOrder = (what: string, n: number, part: number): void => {
    const name = `${n}/${part}`
    const known = seen.get(what) ?? new Set()
    seen.set(what, known)
    if (known.has(name) || uncertain.has(n)) return
    known.add(name)
    const key = keyOf(n, part)
    const rank = unordered && what === 'effects' ? (written.get(name) ?? -1) : n * 2 + part
    const before = last.get(`${what} ${key}`)
    if (before !== undefined && rank < before.rank) report('V9', `${what} of key ${key}: ${name} after ${before.name}`)
    last.set(`${what} ${key}`, { rank, name })
  }

  const start = (event: Extract<Happened, { kind: 'start' }>): void => {
    const { process, topic, partition, offset, epoch } = event
    const key = keyOf(event.n, event.part)
    const place = `${process} ${placeKey(event)}`
    const lane = `${place} ${epoch} ${key}`
    const before = started.get(lane)
    started.set(lane, Math.max(before ?? 0, offset))
    startedEver.add(`${place}/${offset}`)
    if (before === undefined) return
    if (offset <= before) {
      // What waits in the table comes first, and what came before that is done: it is delivered for nothing.
      const again = ends.recordAt(topic, partition, offset)
      if (again !== undefined && ends.isFinished(again)) return
      report('V7', `${lane}: offset ${offset} was started after ${before}`)
      return
    }
    for (let skipped = before + 1; skipped < offset; skipped++) {
      const record = ends.recordAt(topic, partition, skipped)
      if (record?.n === undefined || record.key !== key || startedEver.has(`${place}/${skipped}`)) continue
      // What waits in the table, or has left it, is not started in the order of the log; what came before that is done.
      if (plan.room !== undefined && ends.isFinished(record)) continue
      if (!waited.has(`${placeKey(event)}/${skipped}`))
        report('V7', `${lane}: offset ${skipped} was skipped before ${offset}`)
    }
  }

  return (event) => {
    switch (event.kind) {
      case 'publish':
        if (event.phase === 'info') uncertain.add(event.n)
        return
      case 'deliver': {
        const at = `${event.process} ${placeKey(event)} ${event.epoch}`
        const before = delivered.get(at) ?? -1
        if (event.offset <= before) report('V7', `${at}: offset ${event.offset} was delivered after ${before}`)
        delivered.set(at, event.offset)
        return
      }
      case 'start':
        if (event.attempt === 1 && !(unordered && isOfFirstGroup(event.topic))) start(event)
        else startedEver.add(`${event.process} ${placeKey(event)}/${event.offset}`)
        return
      case 'put':
        for (const { offset } of event.rows) waited.add(`${placeKey(event)}/${offset}`)
        return
      case 'append':
        if (event.n === undefined) return
        if (event.topic === derivedTopic && !written.has(`${event.n}/${event.part}`))
          written.set(`${event.n}/${event.part}`, event.offset)
        if (event.topic === sourceTopic || (event.topic === derivedTopic && !unordered))
          inOrder(`records in ${event.topic}`, event.n, event.part)
        return
      case 'effect': {
        const message = plan.messages[event.n]
        // Only a replay brings it here, which comes late by definition.
        if (message !== undefined && isRefused(message)) return
        inOrder('effects', event.n, event.part)
      }
    }
  }
}

/** The source, and the retry topics and the replay lane that are read as it is. */
const isOfFirstGroup = (topic: string): boolean => topic === sourceTopic || topic.startsWith(`${sourceTopic}.`)

import { placeKey } from '../history.ts'
import { derivedTopic, isRefused, outputKey } from '../plan.ts'
import type { Checker } from './check.ts'

/**
 * H1 and H2, where a key waits behind its dead letter: nothing of the key has an effect before every earlier message of it that
 * is refused was let go, or has its own effect by a replay, so that its first delivery, when it comes again, is a duplicate; and it is let go only because it was replayed with success or archived.
 */
export const checkHeld: Checker = (plan, report, ends) => {
  /** First offset of each output in the second topic, by key and name. */
  const written = new Map<string, Map<string, { readonly offset: number; readonly place: string }>>()
  const refused = new Set<string>()
  const effects = new Set<string>()
  const archived = new Set<string>()
  const released = new Set<string>()

  const keyOf = (n: number, part: number): string => {
    const message = plan.messages[n]
    return message === undefined ? '' : outputKey(message, part)
  }

  return (event) => {
    if (!plan.holds) return
    switch (event.kind) {
      case 'append': {
        const { topic, n, part, offset } = event
        const message = plan.messages[n ?? -1]
        if (topic !== derivedTopic || n === undefined || message === undefined) return
        const ofKey = written.get(keyOf(n, part)) ?? new Map()
        written.set(keyOf(n, part), ofKey)
        const name = `${n}/${part}`
        if (!ofKey.has(name)) ofKey.set(name, { offset, place: `${placeKey(event)}/${offset}` })
        if (isRefused(message)) refused.add(name)
        return
      }
      case 'effect': {
        const name = `${event.n}/${event.part}`
        effects.add(name)
        if (refused.has(name)) return
        const ofKey = written.get(keyOf(event.n, event.part))
        const own = ofKey?.get(name)?.offset ?? -1
        for (const [other, { offset, place }] of ofKey ?? [])
          if (offset < own && refused.has(other) && !released.has(place) && !effects.has(other))
            report('H1', `${name} has its effect before its key is let go: ${other} is a letter`)
        return
      }
      case 'archive':
        archived.add(`${placeKey(event)}/${event.offset}`)
        return
      case 'released': {
        const place = `${placeKey(event)}/${event.offset}`
        released.add(place)
        const record = ends.recordAt(event.topic, event.partition, event.offset)
        if (!archived.has(place) && !effects.has(`${record?.n}/${record?.part}`))
          report('H2', `${event.process} lets the key of ${place} go; its letter is neither archived nor replayed`)
      }
    }
  }
}

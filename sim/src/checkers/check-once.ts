import { placeKey } from '../history.ts'
import { derivedTopic } from '../plan.ts'
import type { Checker } from './check.ts'

/** V10: one effect and one identity per message, and never two handlers at one record in one process. */
export const checkOnce: Checker = (_plan, report) => {
  const effects = new Set<string>()
  const ids = new Map<string, string>()
  const running = new Map<string, number>()
  return (event) => {
    switch (event.kind) {
      case 'effect': {
        const name = `${event.n}/${event.part}`
        if (effects.has(name)) report('V10', `a second effect of ${name}`)
        effects.add(name)
        return
      }
      case 'append': {
        if (event.topic !== derivedTopic || event.n === undefined) return
        const name = `${event.n}/${event.part}`
        const before = ids.get(name)
        if (before !== undefined && before !== event.id) report('V10', `${name} is ${before} and ${event.id}`)
        ids.set(name, event.id)
        return
      }
      case 'start': {
        const at = `${event.process} ${placeKey(event)}/${event.offset}`
        if (running.has(at))
          report('V10', `${at} is handled by attempts ${running.get(at)} and ${event.attempt} at once`)
        running.set(at, event.attempt)
        return
      }
      case 'end':
        running.delete(`${event.process} ${placeKey(event)}/${event.offset}`)
    }
  }
}

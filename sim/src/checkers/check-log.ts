import { placeKey } from '../history.ts'
import { derivedTopic, sourceTopic } from '../plan.ts'
import type { Checker } from './check.ts'

/** V1, V2, V6: what was acknowledged is where it was said to be, nothing is there that nobody sent, and it reads the same. */
export const checkLog: Checker = (plan, report) => {
  const invoked = new Set<string>()
  const sent = new Set<number>()
  const idAt = new Map<string, string>()
  const bytesOf = new Map<string, string>()
  return (event) => {
    switch (event.kind) {
      case 'publish':
        if (event.phase === 'invoke') invoked.add(event.id)
        return
      case 'published': {
        const there = idAt.get(`${placeKey(event)}/${event.offset}`)
        if (there !== event.id)
          report(
            'V1',
            `${event.n} was acknowledged at ${placeKey(event)}/${event.offset}; there is ${there ?? 'nothing'}`,
          )
        return
      }
      case 'append': {
        const place = `${placeKey(event)}/${event.offset}`
        const before = idAt.get(place)
        if (before !== undefined && before !== event.id) report('V6', `${place} is ${before} and ${event.id}`)
        idAt.set(place, event.id)
        // These carry facts of their own behind the original.
        if (event.letter ?? event.replayId ?? event.archives ?? event.retry) return
        const copy = bytesOf.get(`${event.topic} ${event.id}`)
        if (copy !== undefined && copy !== event.bytes)
          report('V6', `${event.topic} has ${event.id} (${event.n}/${event.part}) with two contents`)
        bytesOf.set(`${event.topic} ${event.id}`, event.bytes)
        if (event.n === undefined) return
        if (event.topic === sourceTopic) {
          sent.add(event.n)
          if (!invoked.has(event.id)) report('V2', `${place} holds ${event.id}, which nobody sent`)
        } else if (event.topic === derivedTopic) {
          if (!sent.has(event.n) || event.part >= (plan.messages[event.n]?.parts ?? 0))
            report('V2', `${place} holds output ${event.n}/${event.part}, which no input has`)
        }
        return
      }
      case 'deliver': {
        const there = idAt.get(`${placeKey(event)}/${event.offset}`)
        if (there !== event.id)
          report('V6', `${event.process} reads ${event.id} at ${placeKey(event)}/${event.offset}, which is ${there}`)
        return
      }
      case 'effect':
        if (!sent.has(event.n) || event.part >= (plan.messages[event.n]?.parts ?? 0))
          report('V2', `an effect of ${event.n}/${event.part}, which nobody sent`)
    }
  }
}

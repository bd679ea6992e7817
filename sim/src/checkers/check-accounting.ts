import { placeKey } from '../history.ts'
import { derivedTopic, isRefused, sourceTopic } from '../plan.ts'
import type { Checker } from './check.ts'

/** V14, V15 and V17: each message has its one right end, a letter holds what it says, and after the faults all of them end. */
export const checkAccounting: Checker = (plan, report, ends) => {
  const inputs = new Set<number>()
  const effects = new Set<string>()
  const letters = new Set<string>()
  const strangers = new Set<string>()

  /** In = done + dead-lettered, nothing waits. */
  const close = (): void => {
    for (const n of inputs) {
      const message = plan.messages[n]
      if (message === undefined) continue
      if (message.kind === 'poison' && !letters.has(`${sourceTopic} ${n}/0`)) report('V14', `${n} has no dead letter`)
      for (let part = 0; part < message.parts; part++) {
        const name = `${n}/${part}`
        const arrived = isRefused(message) ? letters.has(`${derivedTopic} ${name}`) : effects.has(name)
        if (!arrived) report(isRefused(message) ? 'V14' : 'V1', `${name} (${message.kind}) never arrived`)
      }
    }
    for (const id of strangers)
      if (id !== 'stranger-tombstone' && !letters.has(`${sourceTopic} ${id}`)) report('V14', `${id} has no dead letter`)
  }

  return (event) => {
    switch (event.kind) {
      case 'append': {
        if (event.topic === sourceTopic && event.n !== undefined) inputs.add(event.n)
        else if (event.topic === sourceTopic) strangers.add(event.id)
        const { letter } = event
        if (letter === undefined) return
        if (!letter.identical) report('V15', `the letter of ${placeKey(letter)}/${letter.offset} is another record`)
        const original = ends.recordAt(letter.topic, letter.partition, letter.offset)
        if (original === undefined) return
        letters.add(`${letter.topic} ${original.n === undefined ? original.id : `${original.n}/${original.part}`}`)
        if (ends.rightEnd(original) !== 'letter')
          report('V14', `${original.n}/${original.part} of ${letter.topic} was dead-lettered: ${letter.code}`)
        return
      }
      case 'effect': {
        const kind = plan.messages[event.n]?.kind
        effects.add(`${event.n}/${event.part}`)
        if (kind === 'poison') report('V14', `${event.n}/${event.part} (${kind}) has an effect`)
        return
      }
      case 'ended':
        if (event.code !== 'ICX_WAITING_FENCED')
          report('V17', `the group of ${event.process} ended by itself: ${event.code}`)
        return
      case 'restless':
        report('V17', `not everything was settled in time. ${event.detail}`)
        return
      case 'calm':
        close()
    }
  }
}

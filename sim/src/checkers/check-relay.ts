import { missingTopic, toldBytesMax, toldTopic } from '../plan.ts'
import type { Checker } from './check.ts'

/**
 * O1 and O2: what was committed into the outbox is sent, each key in the order in which it was written, nothing else is, and
 * only what Kafka refuses is quarantined; a relay that is told that another has the lease sends nothing more.
 */
export const checkRelay: Checker = (_plan, report) => {
  const written = new Map<string, { readonly key: string; readonly position: number; readonly isRefused: boolean }>()
  const sent = new Set<string>()
  const quarantined = new Set<string>()
  const last = new Map<string, number>()
  const refused = new Set<string>()
  return (event) => {
    switch (event.kind) {
      case 'written': {
        const { id, key, position, topic, bytes } = event
        written.set(id, { key, position, isRefused: topic === missingTopic || bytes >= toldBytesMax })
        return
      }
      case 'append': {
        if (event.topic !== toldTopic || sent.has(event.id)) return
        sent.add(event.id)
        const row = written.get(event.id)
        if (row === undefined) {
          report('O1', `${event.id} is sent and was never written`)
          return
        }
        const before = last.get(row.key) ?? 0
        if (row.position < before) report('O1', `row ${row.position} of key ${row.key} is sent after ${before}`)
        last.set(row.key, Math.max(before, row.position))
        return
      }
      case 'quarantined':
        quarantined.add(event.id)
        if (written.get(event.id)?.isRefused !== true) report('O1', `${event.id} is quarantined and is fine`)
        return
      case 'relay':
        if (event.what === 'refused') refused.add(event.process)
        else if (event.what === 'holds') refused.delete(event.process)
        else if (refused.has(event.process)) report('O2', `${event.process} sends rows though another has the lease`)
        return
      case 'calm':
        for (const [id, { position, isRefused }] of written)
          if (!(isRefused ? quarantined : sent).has(id))
            report('O1', `row ${position} is ${isRefused ? 'not kept' : 'never sent'}`)
    }
  }
}

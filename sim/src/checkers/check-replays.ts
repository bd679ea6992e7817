import { placeKey } from '../history.ts'
import { isRefused } from '../plan.ts'
import type { Checker } from './check.ts'

/** R1: every replay has its outcome, under its own id and the right one; no other message has one. */
export const checkReplays: Checker = (plan, report, ends) => {
  const invoked = new Set<string>()
  const lane = new Map<string, boolean>()
  const replayed = new Set<number>()

  /** Whether what was wrong is mended; strangers' records never are. */
  const isMended = (n: number | undefined): boolean => n !== undefined && plan.messages[n]?.mended === true

  return (event) => {
    switch (event.kind) {
      case 'replay':
        invoked.add(event.replayId)
        return
      case 'append': {
        const { replayId, n } = event
        if (replayId === undefined) return
        if (!invoked.has(replayId)) report('R1', `${placeKey(event)}/${event.offset} holds ${replayId}, sent by nobody`)
        lane.set(replayId, isMended(n))
        if (n !== undefined) replayed.add(n)
        return
      }
      case 'outcome': {
        const { replayId, outcome, id, process } = event
        if (replayId === undefined) {
          if (outcome === 'failed-again') report('R1', `${process} tells of ${id} ${outcome}, without a replay`)
          return
        }
        const mended = lane.get(replayId)
        if (mended === undefined)
          report('R1', `${process} tells of ${id} ${outcome} under ${replayId}, which nobody sent`)
        else if (mended ? outcome !== 'resolved' && outcome !== 'duplicate' : outcome !== 'failed-again')
          report('R1', `${process} tells of ${id} ${outcome} under ${replayId}`)
        return
      }
      case 'effect': {
        const message = plan.messages[event.n]
        if (message === undefined || !isRefused(message)) return
        if (!message.mended || !replayed.has(event.n))
          report('V14', `${event.n}/${event.part} (${message.kind}) has an effect`)
        return
      }
      case 'calm':
        for (const replayId of lane.keys())
          if (!ends.isTold(replayId)) report('R1', `${replayId} was sent back and nobody says what became of it`)
    }
  }
}

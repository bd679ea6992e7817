import { type Happened, placeKey } from '../history.ts'
import { revokeDrainMsMax } from '../members.ts'
import type { Checker } from './check.ts'
import type { RightEnd } from './ends.ts'

const mayBeRefused: ReadonlySet<RightEnd> = new Set(['letter', 'told'])

interface Holding {
  readonly process: string
  readonly group: string
  readonly epoch: number
  state: 'owned' | 'revoking' | 'revoked'
  revokingSinceMs: number
  /** Offsets started in this assignment, and how the last attempt at each ended. */
  readonly started: Map<number, 'running' | 'answered' | 'failed' | 'aborted'>
}

/**
 * V13: one owner per partition that knows of no other; an owner that lets go starts nothing more and lets go only when
 * what it began has ended (or its time is up); a commit of an earlier assignment is refused.
 */
export const checkOwnership: Checker = (_plan, report, ends) => {
  const holdings = new Map<string, Holding>()
  /** Processes that cannot know what they have lost. */
  const excused = new Set<string>()
  const stopping = new Set<string>()
  /** Epoch of the assignment each process has now; what it does not name is not held. */
  const latest = new Map<string, number>()
  /** Process and place: the store said that another has it. */
  const fenced = new Set<string>()

  const assigned = (event: Extract<Happened, { kind: 'assigned' }>): void => {
    const { process, group, epoch } = event
    for (const other of excused.has(process) ? [] : holdings.values()) {
      if (other.process === process || other.group !== group || excused.has(other.process)) continue
      if (other.state !== 'revoked' && holdings.get(`${other.process} ${placeKey(event)}`) === other)
        report('V13', `${process} and ${other.process} both own ${placeKey(event)}`)
    }
    latest.set(process, epoch)
    fenced.delete(`${process} ${placeKey(event)}`)
    const holding: Holding = { process, group, epoch, state: 'owned', revokingSinceMs: 0, started: new Map() }
    holdings.set(`${process} ${placeKey(event)}`, holding)
  }

  const letGo = (event: Extract<Happened, { kind: 'revoked' }>, holding: Holding): void => {
    holding.state = 'revoked'
    // A group that stops gives up what it cannot end in time.
    if (event.atMs - holding.revokingSinceMs >= revokeDrainMsMax || stopping.has(event.process)) return
    if (fenced.has(`${event.process} ${placeKey(event)}`)) return
    for (const [offset, how] of holding.started) {
      const record = ends.recordAt(event.topic, event.partition, offset)
      if (record === undefined || ends.isFinished(record)) continue
      // What fails, or is refused by the store, while the partition goes away is left to the next owner.
      if (how === 'running' || (how === 'answered' && !mayBeRefused.has(ends.rightEnd(record))))
        report('V13', `${event.process} lets ${placeKey(event)} go while ${offset} is under way (${how})`)
    }
  }

  return (event) => {
    switch (event.kind) {
      case 'fault':
        if (event.fault === 'crash' || event.fault === 'zombie' || event.fault === 'stop') excused.add(event.process)
        if (event.fault === 'stop') stopping.add(event.process)
        return
      case 'ended':
        excused.add(event.process)
        return
      case 'fenced':
        fenced.add(`${event.process} ${placeKey(event)}`)
        return
      case 'assigned':
        assigned(event)
        return
      case 'revoking':
      case 'revoked':
      case 'start':
      case 'end':
      case 'commit':
        break
      default:
        return
    }
    const holding = holdings.get(`${event.process} ${placeKey(event)}`)
    if (holding === undefined) return
    if (event.kind === 'revoking') {
      if (holding.state !== 'owned') return
      holding.state = 'revoking'
      holding.revokingSinceMs = event.atMs
    } else if (event.kind === 'revoked') letGo(event, holding)
    else if (event.kind === 'commit') {
      if (!event.refused && event.epoch < holding.epoch)
        report('V13', `${event.process} commits ${placeKey(event)} under epoch ${event.epoch}, now ${holding.epoch}`)
    } else if (event.kind === 'end') {
      if (holding.started.has(event.offset)) holding.started.set(event.offset, event.how)
    } else {
      if (holding.state !== 'owned')
        report('V13', `${event.process} starts ${placeKey(event)}/${event.offset}, which is ${holding.state}`)
      else if (holding.epoch < (latest.get(event.process) ?? 0))
        report('V13', `${event.process} starts ${placeKey(event)}/${event.offset}, which its assignment does not name`)
      if (event.epoch === holding.epoch) holding.started.set(event.offset, 'running')
    }
  }
}

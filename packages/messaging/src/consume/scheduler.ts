import { createFifo } from '../fifo.ts'
import { type GroupState, isEnding } from './group-state.ts'
import type { Message, OwnedPartition } from './message.ts'
import type { Gate } from './outages/gate.ts'

/** Decides what starts next: retries that are due first, then partitions in turn, within every bound. */
export interface Scheduler {
  /** The partition may have something to start. */
  list(partition: OwnedPartition): void
  /** A message whose wait is over; it still holds its lane. */
  retry(message: Message): void
  /** Room has appeared somewhere. */
  wake(): void
}

export interface SchedulerOptions {
  readonly state: GroupState
  readonly gate: Gate
  readonly start: (message: Message) => void
  /** Asked about messages of the waiting room: true when it is too early for this one. */
  readonly holdBack: (message: Message) => boolean
}

/** Longest turn before timers, sockets and heartbeats get theirs. */
const sliceMsMax = 10
/** Messages of one partition before the next one has its turn. */
const turnMax = 256

export const createScheduler = ({ state, gate, start, holdBack }: SchedulerOptions): Scheduler => {
  const partitions = createFifo<OwnedPartition>()
  const due = createFifo<Message>()
  let blocked: OwnedPartition[] = []
  let scheduled = false
  let running = false
  let again = false

  const schedule = (): void => {
    // Asked for during a slice: what was passed over may have room now.
    if (running) again = true
    if (scheduled || running) return
    scheduled = true
    setImmediate(slice)
  }

  const slice = (): void => {
    scheduled = false
    if (isEnding(state)) return
    running = true
    again = false
    const untilMs = performance.now() + sliceMsMax
    for (const partition of blocked) partitions.push(partition)
    blocked = []
    const finished = runDue(untilMs) && runPartitions(untilMs)
    running = false
    if (!finished || again) schedule()
  }

  /** False when time ran out. */
  const runDue = (untilMs: number): boolean => {
    while (state.busy < gate.limit) {
      const message = nextDue()
      if (message === undefined) return true
      begin(message)
      if (performance.now() > untilMs) return false
    }
    return true
  }

  const nextDue = (): Message | undefined => {
    const parked = gate.next()
    if (parked !== undefined) return parked
    for (let message = due.shift(); message !== undefined; message = due.shift()) {
      if (message.stage === 'waiting') return message
    }
    return undefined
  }

  const runPartitions = (untilMs: number): boolean => {
    let sinceLook = 0
    for (let partition = partitions.shift(); partition !== undefined; partition = partitions.shift()) {
      for (let turn = 0; ; turn++) {
        if (partition.draining || !partition.lanes.ready) {
          partition.listed = false
          break
        }
        if (!hasRoom(partition)) {
          blocked.push(partition)
          break
        }
        if (turn === turnMax) {
          partitions.push(partition)
          break
        }
        const message = partition.lanes.next()
        if (message !== undefined) begin(message)
        if (++sinceLook === 32) {
          sinceLook = 0
          if (performance.now() > untilMs) {
            partitions.push(partition)
            return false
          }
        }
      }
    }
    return true
  }

  const hasRoom = ({ route }: OwnedPartition): boolean =>
    state.busy < gate.limit && route.running < route.concurrencyMax && route.unsettled < route.unsettledMax

  const begin = (message: Message): void => {
    if (message.room === 'in' && holdBack(message)) return
    const { owner } = message
    if (message.stage === 'waiting') state.waiting--
    state.busy++
    owner.busy++
    owner.route.unsettled++
    start(message)
    // Not finished in this turn: later messages of its key wait.
    if (message.stage === 'running') owner.lanes.hold(message)
  }

  return {
    list(partition) {
      if (partition.listed || partition.draining) return
      partition.listed = true
      partitions.push(partition)
      schedule()
    },
    retry(message) {
      due.push(message)
      schedule()
    },
    wake() {
      if (blocked.length > 0 || gate.waiting > 0 || due.size > 0 || partitions.size > 0) schedule()
    },
  }
}

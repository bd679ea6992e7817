import type { Clock } from '@interchange/messaging'
import { type Due, EventHeap } from './event-heap.ts'

/** One operating-system process: its own queue of what is due, which can stall and die without the others knowing. */
export interface Process {
  readonly name: string
  readonly clock: Clock
  readonly alive: boolean
  /** Runs `run` as a step of this process; the result cancels it. */
  post(delayMs: number, run: () => void): () => void
  /** Stops it for so long (SIGSTOP, a long collection); what became due meanwhile runs afterwards. */
  stall(durationMs: number): void
  /** SIGKILL: nothing of it ever runs again. */
  kill(): void
}

/** Virtual time and every step that is taken in it. All of it follows from the seed. */
export interface World {
  readonly nowMs: number
  readonly steps: number
  readonly random: () => number
  /** `skewMs`: how far its clock is ahead. */
  spawn(name: string, skewMs?: number): Process
  /** Takes steps until `until` holds; false when nothing is due any more or `untilMs` is reached first. */
  run(until: () => boolean, untilMs: number): Promise<boolean>
}

/** Virtual time starts here, 2026-01-01, so that ids and headers look like real ones. */
const beginsAtMs = 1_767_225_600_000

interface Queue {
  readonly process: Process
  readonly heap: EventHeap
  stalledUntilMs: number
}

/**
 * One step is one callback of one process with all the microtasks it leads to; which process goes next, of those that
 * have something due, is drawn from the seed. While it runs, `setImmediate` and `performance.now` are the world's: the
 * kernel takes everything else from its `Clock`.
 */
export const createWorld = (random: () => number): World => {
  const queues: Queue[] = []
  const ready: Queue[] = []
  let nowMs = beginsAtMs
  let steps = 0
  let ranks = 0
  let current: Process | undefined

  const spawn = (name: string, skewMs = 0): Process => {
    const heap = new EventHeap()
    let alive = true
    const post = (delayMs: number, run: () => void): (() => void) => {
      if (!alive) return () => undefined
      const item: Due = { atMs: nowMs + Math.max(0, delayMs), rank: ranks++, run }
      heap.push(item)
      return () => {
        item.run = undefined
      }
    }
    const process: Process = {
      name,
      clock: { now: () => nowMs + skewMs, after: post },
      get alive() {
        return alive
      },
      post,
      stall(durationMs) {
        queue.stalledUntilMs = Math.max(queue.stalledUntilMs, nowMs + durationMs)
      },
      kill() {
        alive = false
        heap.clear()
        const index = queues.indexOf(queue)
        if (index >= 0) queues.splice(index, 1)
      },
    }
    const queue: Queue = { process, heap, stalledUntilMs: 0 }
    queues.push(queue)
    return process
  }

  /** The queue whose turn it is; moves time when nothing is due now. */
  const next = (): Queue | undefined => {
    let earliestMs = Number.POSITIVE_INFINITY
    ready.length = 0
    for (const queue of queues) {
      const due = queue.heap.peek()
      if (due === undefined) continue
      const atMs = Math.max(due.atMs, queue.stalledUntilMs, nowMs)
      if (atMs > earliestMs) continue
      if (atMs < earliestMs) ready.length = 0
      earliestMs = atMs
      ready.push(queue)
    }
    if (ready.length === 0) return undefined
    nowMs = earliestMs
    return ready.length === 1 ? ready[0] : ready[Math.floor(random() * ready.length)]
  }

  const immediate = (run: (...given: unknown[]) => void, ...given: unknown[]): void => {
    if (current === undefined) throw new Error('setImmediate outside any simulated process')
    current.post(0, () => run(...given))
  }

  return {
    get nowMs() {
      return nowMs
    },
    get steps() {
      return steps
    },
    random,
    spawn,
    async run(until, untilMs) {
      const restore = takeGlobals(immediate, () => nowMs)
      try {
        while (!until()) {
          const queue = nowMs < untilMs ? next() : undefined
          const due = queue?.heap.pop()
          if (queue === undefined || due?.run === undefined) return false
          steps++
          current = queue.process
          due.run()
          await microtasksDone()
          current = undefined
        }
        return true
      } finally {
        restore()
      }
    },
  }
}

/** Node runs its next-tick queue when the microtask queue is empty, not before. */
const microtasksDone = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

/** What reads time or schedules outside `Clock`; and stack traces, whose depth depends on who calls and whose cost is ours. */
const takeGlobals = (immediate: (run: () => void) => void, now: () => number): (() => void) => {
  const { setImmediate: realImmediate } = globalThis
  const { stackTraceLimit } = Error
  const ownNow = Object.getOwnPropertyDescriptor(performance, 'now')
  globalThis.setImmediate = immediate as unknown as typeof setImmediate
  Object.defineProperty(performance, 'now', { value: now, configurable: true, writable: true })
  Error.stackTraceLimit = 0
  return () => {
    globalThis.setImmediate = realImmediate
    if (ownNow === undefined) Reflect.deleteProperty(performance, 'now')
    else Object.defineProperty(performance, 'now', ownNow)
    Error.stackTraceLimit = stackTraceLimit
  }
}

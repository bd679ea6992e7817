import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, HandlerContext } from '@interchange/messaging'

/** Short, so that a drill need not wait long for what the default does as well. */
export const sessionTimeoutMs = 6_000

/** True once in the life of a drill: what takes a process down must let the next one live. */
type FirstTime = () => boolean

const never = <Done>(): Promise<Done> => new Promise(() => undefined)

/** What a step may ask of its handler before, or instead of, its effect: the crash kinds X60 to X62 and slow ones. */
export const deeds = {
  'takes three sessions': async <Done>(done: Done, { signal }: HandlerContext) => {
    await pause(3 * sessionTimeoutMs, undefined, { signal })
    return done
  },
  'never settles': <Done>() => never<Done>(),
  'never settles at first': <Done>(done: Done, { attempt }: HandlerContext) => (attempt === 1 ? never<Done>() : done),
  'fails at first': <Done>(done: Done, { attempt }: HandlerContext) => {
    if (attempt === 1) throw new Error('not for the moment')
    return done
  },
  'throws a TypeError': () => {
    throw new TypeError('not a function')
  },
  'throws a string': () => {
    throw 'a text'
  },
  'throws undefined': () => {
    throw undefined
  },
  'throws a frozen error': () => {
    throw Object.freeze(new Error('frozen'))
  },
  'throws an error that is its own cause': () => {
    const error = new Error('circular')
    error.cause = error
    throw error
  },
  'throws what throws when it is looked at': () => {
    throw Object.defineProperty({}, 'message', {
      get: () => {
        throw new Error('looked at')
      },
    })
  },
  'answers twice': <Done>(done: Done) => {
    const twice: PromiseLike<Done> = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable that breaks its rules is the case.
      then(resolve) {
        void resolve?.(done)
        void resolve?.(done)
        return never()
      },
    }
    return twice as Promise<Done>
  },
  'leaves a rejection unawaited': <Done>(done: Done, _context: HandlerContext, firstTime: FirstTime) => {
    if (firstTime()) void Promise.reject(new Error('nobody waits for this'))
    return done
  },
  'ends the process': <Done>(done: Done, _context: HandlerContext, firstTime: FirstTime) => {
    if (firstTime()) process.exit(7)
    return done
  },
  'blocks the process': <Done>(done: Done, _context: HandlerContext, firstTime: FirstTime) => {
    const untilMs = performance.now() + 2.5 * sessionTimeoutMs
    if (firstTime()) while (performance.now() < untilMs);
    return done
  },
  'exhausts the memory': <Done>(done: Done, _context: HandlerContext, firstTime: FirstTime) => {
    const hoard: number[][] = []
    if (firstTime()) for (;;) hoard.push(new Array<number>(1_000_000).fill(hoard.length))
    return done
  },
} as const satisfies Readonly<
  Record<string, <Done>(done: Done, context: HandlerContext, firstTime: FirstTime) => Answer<Done>>
>

/** One of the things a step may ask of its handler. */
export type Deed = keyof typeof deeds

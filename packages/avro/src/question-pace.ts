import { type Clock, InterchangeError } from '@interchange/messaging'

/** Questions to a registry, of which only those count that came to nothing. */
export interface QuestionPace {
  /** Asks in its turn. Rejects with what the question says, or with the outage that one before it met. */
  ask<Answer>(question: () => Promise<Answer>): Promise<Answer>
}

/** Somebody who waits for a turn. */
interface Turn {
  begin(atMs: number): void
  refuse(reason: unknown): void
}

const windowMs = 1_000

/**
 * Lets at most `inVainMax` questions go within any second that are under way or were answered with "there is no such thing". A
 * start with many good ids is not held up, a flood of made-up ones does not reach the registry.
 */
export const createQuestionPace = (clock: Clock, inVainMax: number): QuestionPace => {
  /** When those were asked, oldest first. */
  const spent: number[] = []
  let queue: Turn[] = []
  let waking = false

  const pump = (): void => {
    const nowMs = clock.now()
    while (spent[0] !== undefined && Math.abs(nowMs - spent[0]) >= windowMs) spent.shift()
    for (let turn = queue[0]; turn !== undefined && spent.length < inVainMax; turn = queue[0]) {
      queue.shift()
      spent.push(nowMs)
      turn.begin(nowMs)
    }
    if (queue.length === 0 || spent[0] === undefined || waking) return
    waking = true
    clock.after(spent[0] + windowMs - nowMs, () => {
      waking = false
      pump()
    })
  }

  const giveBack = (atMs: number): void => {
    const place = spent.indexOf(atMs)
    if (place >= 0) spent.splice(place, 1)
    pump()
  }

  return {
    async ask(question) {
      const atMs = await new Promise<number>((resolve, reject) => {
        queue.push({ begin: resolve, refuse: reject })
        pump()
      })
      try {
        const answer = await question()
        giveBack(atMs)
        return answer
      } catch (error) {
        if (error instanceof InterchangeError && error.failureClass === 'contract') throw error
        // Whoever waits would meet the same, one after the other.
        const waiting = queue
        queue = []
        for (const turn of waiting) turn.refuse(error)
        giveBack(atMs)
        throw error
      }
    },
  }
}

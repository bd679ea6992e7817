import { type Clock, InterchangeError } from '@interchange/messaging'
import { describe, expect, test } from 'vitest'
import { createQuestionPace } from './question-pace.ts'

/** A clock that is turned by hand. */
const handClock = () => {
  let nowMs = 0
  let due: { atMs: number; run: () => void }[] = []
  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, run) {
      const entry = { atMs: nowMs + delayMs, run }
      due.push(entry)
      return () => {
        due = due.filter((each) => each !== entry)
      }
    },
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    clock,
    async to(atMs: number) {
      nowMs = atMs
      const ripe = due.filter((each) => each.atMs <= atMs)
      due = due.filter((each) => each.atMs > atMs)
      for (const { run } of ripe) run()
      await settle()
    },
  }
}

const unknown = new InterchangeError('ICX_AVRO_SCHEMA_UNKNOWN', 'no such schema', { class: 'contract' })
const down = new InterchangeError('ICX_REGISTRY_UNAVAILABLE', 'no answer', { class: 'outage' })

describe('the pace of questions', () => {
  test('lets five a second go that come to nothing, and the next when the first is a second old', async () => {
    const { clock, to } = handClock()
    const pace = createQuestionPace(clock, 5)
    const asked: number[] = []
    const refused = Array.from({ length: 12 }, async () => {
      const asking = pace.ask(async () => {
        asked.push(clock.now())
        throw unknown
      })
      await expect(asking).rejects.toBe(unknown)
    })
    for (const atMs of [0, 500, 999, 1_000, 1_999, 2_000]) await to(atMs)
    await Promise.all(refused)
    expect(asked).toEqual([0, 0, 0, 0, 0, 1_000, 1_000, 1_000, 1_000, 1_000, 2_000, 2_000])
  })

  test('holds up nothing that is answered', async () => {
    const { clock } = handClock()
    const pace = createQuestionPace(clock, 5)
    const answers = await Promise.all(Array.from({ length: 100 }, (_, id) => pace.ask(async () => id)))
    expect(answers).toHaveLength(100)
  })

  test('tells an outage to all who wait, and asks again for the next', async () => {
    const { clock, to } = handClock()
    const pace = createQuestionPace(clock, 1)
    const first = Promise.withResolvers<number>()
    let asked = 0
    const question = () => {
      asked++
      return first.promise
    }
    const waiting = [pace.ask(question), pace.ask(question), pace.ask(question)]
    const refused = Promise.all(waiting.map((each) => expect(each).rejects.toBe(down)))
    await to(10)
    first.reject(down)
    await refused
    expect(asked).toBe(1)
    await expect(pace.ask(async () => 7)).resolves.toBe(7)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createOffsetTracker } from './offset-tracker.ts'

const filled = (offsets: readonly number[]) => {
  const tracker = createOffsetTracker<number>()
  const sequences = offsets.map((offset) => tracker.add(offset, 10, offset))
  return { tracker, sequences }
}

describe('the offset tracker', () => {
  it('has nothing to commit before anything was delivered', () => {
    const tracker = createOffsetTracker<string>()
    expect(tracker.committable).toBeUndefined()
    expect(tracker.end).toBeUndefined()
  })

  it('commits the lowest offset that is not settled', () => {
    const { tracker, sequences } = filled([5, 6, 7])
    tracker.settle(sequences[2] ?? -1)
    tracker.settle(sequences[1] ?? -1)
    expect(tracker.committable).toBe(5)
    tracker.settle(sequences[0] ?? -1)
    expect(tracker.committable).toBe(8)
  })

  it('passes control records and compaction gaps only when everything before them is settled', () => {
    const { tracker, sequences } = filled([5, 90])
    tracker.delivered(100)
    expect(tracker.committable).toBe(5)
    tracker.settle(sequences[0] ?? -1)
    expect(tracker.committable).toBe(90)
    tracker.settle(sequences[1] ?? -1)
    expect(tracker.committable).toBe(100)
  })

  it('commits behind a batch of control records alone', () => {
    const tracker = createOffsetTracker<string>()
    tracker.delivered(12)
    expect(tracker.committable).toBe(12)
  })

  it('ignores a sequence that is settled twice or was never given out', () => {
    const { tracker, sequences } = filled([0, 1])
    tracker.settle(sequences[0] ?? -1)
    tracker.settle(sequences[0] ?? -1)
    tracker.settle(99)
    tracker.settle(-1)
    expect(tracker.committable).toBe(1)
    expect(tracker.records).toBe(1)
  })

  it('refuses an offset it has passed', () => {
    expect(() => filled([3, 3])).toThrow(RangeError)
  })

  it('replaces an unsettled item and never brings a settled one back', () => {
    const { tracker, sequences } = filled([0, 1])
    tracker.replace(sequences[0] ?? -1, 70)
    tracker.settle(sequences[1] ?? -1)
    tracker.replace(sequences[1] ?? -1, 71)
    expect(tracker.unsettled()).toEqual([70])
  })

  it('never passes an unsettled record and counts its window exactly, for any order of settling and any gaps', () => {
    const script = fc.array(
      fc.oneof(
        fc.record({ take: fc.nat({ max: 300 }), gap: fc.nat({ max: 3 }) }),
        fc.record({ settle: fc.nat({ max: 10_000 }) }),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(script, fc.nat({ max: 1_000 }), (steps, firstOffset) => {
        const tracker = createOffsetTracker<number>()
        const open = new Map<number, number>()
        let all: { sequence: number; offset: number }[] = []
        let next = firstOffset
        let taken = false
        for (const step of steps) {
          if ('take' in step) {
            for (let n = 0; n < step.take; n++) {
              next += step.gap
              const sequence = tracker.add(next, 1, next)
              open.set(next, sequence)
              taken = true
              all.push({ sequence, offset: next })
              next++
            }
          } else if (open.size > 0) {
            const offset = [...open.keys()][step.settle % open.size] ?? -1
            tracker.settle(open.get(offset) ?? -1)
            open.delete(offset)
          }
          const lowest = Math.min(...open.keys())
          const expected = open.size > 0 ? lowest : taken ? next : undefined
          expect(tracker.committable).toBe(expected)
          all = all.filter(({ offset }) => offset >= (expected ?? 0))
          expect(tracker.records).toBe(all.length)
          expect(tracker.bytes).toBe(all.length)
          expect(tracker.unsettled()).toEqual([...open.keys()])
        }
      }),
      { numRuns: 150 },
    )
  })
})

import { expect, test } from 'vitest'
import { type Sample, trendOf } from './process-watch.ts'
import { missedBounds } from './soak-figures.ts'

const samples = (minutes: number, mb: (minute: number) => number): readonly Sample[] =>
  Array.from({ length: minutes * 6 }, (_, index) => ({ minute: index / 6, residentMb: mb(index / 6), fds: 20 }))

const soak = (processes: readonly Sample[]) => ({
  minutes: 60,
  perSecond: 620,
  backlogs: [12, 0],
  processes: [trendOf('member-4', processes)],
})

test('a process that grows by two megabytes a minute misses its bound, whatever its heap does up and down', () => {
  const grown = samples(20, (minute) => 80 + 2 * minute + (minute % 1) * 15)
  expect(trendOf('member-4', grown).mbPerMinute).toBeCloseTo(2, 0)
  expect(missedBounds(soak(grown), 600, 60)).toEqual([expect.stringMatching(/^member-4 grows by 2/)])
})

test('growth in the first two minutes is warm-up', () => {
  expect(missedBounds(soak(samples(20, (minute) => 80 + 30 * Math.min(2, minute))), 600, 60)).toEqual([])
})

test('a life of which too little is left behind the warm-up is not judged', () => {
  expect(
    trendOf(
      'member-4',
      samples(9, (minute) => 80 + 9 * minute),
    ),
  ).toMatchObject({ mbPerMinute: null, mostMb: 159.5 })
})

test('files that stay open are missed, too', () => {
  const leaking = samples(20, () => 80).map((sample) => ({ ...sample, fds: Math.round(20 + 3 * sample.minute) }))
  expect(missedBounds(soak(leaking), 600, 60)).toEqual([expect.stringContaining('files')])
})

test('too few messages, too few faults and a backlog at the end of a quiet quarter are missed', () => {
  const calm = { ...soak(samples(20, () => 80)), perSecond: 599, backlogs: [0, 3_001] }
  expect(missedBounds(calm, 299, 60)).toEqual([
    '599 messages a second',
    '299 faults took effect, of at least 300',
    'a backlog of 3001',
  ])
})

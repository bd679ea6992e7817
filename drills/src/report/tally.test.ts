import type { Fact, Happened } from '@interchange/drill-kit'
import { expect, test } from 'vitest'
import { createTally, timelineOf } from './tally.ts'

const fact = (at: number, proc: string, what: Fact): Happened => ({ at, proc, ...what })
const ack = (at: number, offset: number, partition = 0): Happened =>
  fact(at, 'writer-1', {
    op: 'send',
    phase: 'ok',
    id: `${partition}/${offset}`,
    key: 'k',
    seq: offset,
    partition,
    offset,
  })
const commit = (at: number, offset: number, partition = 0): Happened =>
  fact(at, 'member-2', { op: 'commit', phase: 'ok', partition, offset, epoch: 1 })
const deliver = (at: number, offset: number): Happened =>
  fact(at, 'member-2', { op: 'deliver', partition: 0, offset, epoch: 1, id: `0/${offset}` })
const fault = (at: number, phase: 'begin' | 'effective' | 'end', name = 'kill', target = ''): Happened =>
  fact(at, 'runner', { op: 'fault', phase, fault: name, target })

test('counts what was acknowledged and delivered in each second, also where there was nothing', () => {
  const timeline = timelineOf([ack(10_000, 0), ack(10_900, 1), ack(12_100, 2), deliver(11_000, 0)])
  expect(timeline).toMatchObject({ acknowledged: [2, 0, 1], delivered: [0, 1] })
})

test('a fault has recovered when all that was acknowledged before its end is committed, in every partition', () => {
  const history = [
    ack(1_000, 0),
    ack(1_100, 0, 1),
    fault(1_200, 'begin'),
    fault(2_000, 'effective', 'kill', 'broker'),
    fault(2_000, 'end'),
    commit(2_300, 1),
    ack(2_400, 1),
    commit(2_900, 1, 1),
    commit(9_000, 2),
  ]
  expect(timelineOf(history).faults).toEqual([{ fromMs: 200, toMs: 1_000, stallMs: 1_300, recoveryMs: 900 }])
})

test('the recovery from the death of a process counts from its last sign of life, not from the start of the next one', () => {
  const history = [
    ack(1_000, 0),
    fact(1_500, 'member-1', { op: 'commit', phase: 'invoke', partition: 0, offset: 1, epoch: 1 }),
    fault(1_500, 'begin'),
    fault(4_000, 'effective', 'kill', 'member-1'),
    fault(4_000, 'end'),
    commit(3_500, 1),
  ]
  expect(timelineOf(history).faults).toMatchObject([{ recoveryMs: 2_000 }])
})

test('what is never committed is no recovery', () => {
  const history = [ack(1_000, 7), fault(1_100, 'begin'), fault(1_200, 'end'), commit(1_300, 7)]
  expect(timelineOf(history).faults).toMatchObject([{ recoveryMs: null }])
})

test('faults that overlap keep their own ends', () => {
  const history = [
    ack(0, 0),
    fault(1_000, 'begin', 'freeze'),
    fault(2_000, 'begin', 'reset'),
    fault(2_500, 'end', 'reset'),
    fault(4_000, 'end', 'freeze'),
  ]
  expect(timelineOf(history).faults.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [1_000, 4_000],
    [2_000, 2_500],
  ])
})

test('facts may come in any order', () => {
  const history = [ack(1_000, 0), fault(1_100, 'begin'), fault(1_400, 'end'), ack(1_900, 1), commit(2_000, 2)]
  const backwards = createTally()
  for (const each of history.toReversed()) backwards.add(each)
  expect(backwards.timeline()).toEqual(timelineOf(history))
})

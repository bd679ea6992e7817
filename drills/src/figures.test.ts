import type { Fact, Happened } from '@interchange/drill-kit'
import { expect, test } from 'vitest'
import { type Figure, figuresOf, isKept } from './figures.ts'

const at = (time: number, fact: Fact, proc = 'member-1'): Happened => ({ at: time, proc, ...fact })
const send = (time: number, phase: 'invoke' | 'ok' | 'info', id: string): Happened =>
  at(time, { op: 'send', phase, id, key: 'k', seq: 1 }, 'writer-1')
const commit = (time: number, offset: number, phase: 'ok' | 'fail' = 'ok'): Happened =>
  at(time, { op: 'commit', phase, partition: 0, offset, epoch: 1 })
const record = (id: string, offset: number) => ({ partition: 0, offset, id, key: 'k', valueHash: null })
const measured = (figure: Figure, history: readonly Happened[], ids: string[] = []) =>
  figuresOf({ history, log: ids.map(record) }, { [figure]: 1_000 })[0]?.measured

test('a stall reaches from a send to the first accepted commit behind it', () => {
  const sends = [send(10, 'invoke', 'a'), send(20, 'invoke', 'b')]
  const commits = [commit(30, 1), commit(500, 2, 'fail'), commit(1_020, 2), commit(2_000, 3)]
  expect(measured('stallMs', [...sends, ...commits], ['a', 'b'])).toBe(1_000)
})

test('a copy that comes later in the log does not make a stall longer', () => {
  const history = [send(10, 'invoke', 'a'), commit(30, 1), commit(2_000, 2)]
  expect(measured('stallMs', history, ['a', 'a'])).toBe(20)
})

test('a rejection is measured from its send, and what was acknowledged is none', () => {
  const history = [send(10, 'invoke', 'a'), send(20, 'invoke', 'b'), send(400, 'info', 'b'), send(900, 'ok', 'a')]
  expect(measured('rejectMs', history)).toBe(380)
})

test('a take-over reaches from the last word of the killed to the next owner', () => {
  const history = [
    at(10, { op: 'assigned', partition: 0, epoch: 1 }),
    at(20, { op: 'fault', phase: 'effective', fault: 'kill-member', target: 'member-1' }, 'runner'),
    at(50, { op: 'assigned', partition: 0, epoch: 2 }, 'member-2'),
  ]
  expect(measured('takeOverMsP95', history)).toBe(40)
})

test('of what faults measured themselves the worst counts, and only under its own name', () => {
  const noted = (value: number): Happened => at(value, { op: 'measured', figure: 'resumeMs', value }, 'runner')
  const other = at(9, { op: 'measured', figure: 'other', value: 9_000 }, 'runner')
  expect(measured('resumeMs', [noted(20), noted(80), other, noted(50)])).toBe(80)
  expect(measured('resumeMs', [other])).toBeNull()
})

test('a figure keeps its bound at the bound, and not over it or with nothing to measure', () => {
  const figure = { figure: 'stallMs', allowed: 1_000 } as const
  expect([1_000, 1_001, null].map((each) => isKept({ ...figure, measured: each }))).toEqual([true, false, false])
  expect(measured('rejectMs', [send(10, 'invoke', 'a'), send(20, 'ok', 'a')])).toBeNull()
})

import type { Fact, Happened } from '@interchange/drill-kit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createProgress, progressLine } from './progress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const terminal = (isTTY: boolean) => {
  const written: string[] = []
  return { written, stream: { isTTY, write: (text: string) => written.push(text) > 0 } }
}

test('what is over within two seconds shows nothing', () => {
  const { written, stream } = terminal(true)
  const hide = createProgress(stream).show(() => 'at work')
  vi.advanceTimersByTime(1_900)
  hide()
  expect(written).toEqual([])
})

test('a terminal has one line that is drawn anew each second, stays below what is said, and is gone at the end', () => {
  const { written, stream } = terminal(true)
  const progress = createProgress(stream)
  const hide = progress.show(() => 'at work')
  vi.advanceTimersByTime(3_000)
  progress.say('a broker died')
  hide()
  expect(written).toEqual([
    '\r\u001b[2K  at work, 2 s',
    '\r\u001b[2K  at work, 3 s',
    '\r\u001b[2Ka broker died\n  at work, 3 s',
    '\r\u001b[2K',
  ])
})

test('what goes on at once shares the line, as far as it is long', () => {
  const { written, stream } = terminal(true)
  const progress = createProgress({ ...stream, columns: 30 })
  const hideFirst = progress.show(() => 'one drill')
  vi.advanceTimersByTime(3_000)
  const hideSecond = progress.show(() => 'another drill')
  vi.advanceTimersByTime(2_000)
  hideFirst()
  hideSecond()
  expect(written.slice(2)).toEqual([
    '\r\u001b[2K  one drill, 4 s',
    '\r\u001b[2K  one drill, 5 s | another dr',
    '\r\u001b[2K  another drill, 2 s',
    '\r\u001b[2K',
  ])
})

test('where nothing can be drawn anew there is a line each half minute', () => {
  const { written, stream } = terminal(false)
  createProgress(stream).show(() => 'at work')
  vi.advanceTimersByTime(65_000)
  expect(written).toEqual(['  at work, 30 s\n', '  at work, 60 s\n'])
})

test('says how much was acknowledged and which of the faults is there', () => {
  const noted: readonly Fact[] = [
    { op: 'send', phase: 'ok', id: 'a', key: 'k', seq: 1 },
    { op: 'fault', phase: 'begin', fault: 'kill-member', target: '' },
  ]
  const facts = noted.map((fact, at): Happened => ({ at, proc: 'runner', ...fact }))
  expect(progressLine(facts, 3)).toBe('1 acknowledged, fault 1 of 3: kill-member')
  expect(progressLine([...facts, { at: 9, proc: 'runner', op: 'heal', withinMs: 1 }], 3)).toContain('settling')
})

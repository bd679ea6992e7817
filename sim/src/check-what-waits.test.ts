import { beforeAll, describe, expect, it } from 'vitest'
import { any, firstSeed, type Kind, type Of, red, redAll } from './broken-history.fixture.ts'
import { checkHistory } from './check-history.ts'
import type { Happened } from './history.ts'
import type { SeedResult } from './run-seed.ts'

let waited: SeedResult
let held: SeedResult
let retried: SeedResult
beforeAll(async () => {
  waited = await firstSeed(
    ({ room, tellsOutcomes, holds }) => room !== undefined && tellsOutcomes && !holds,
    [
      (event) => event.kind === 'claimed' && event.rows.length > 0,
      (event) => event.kind === 'put' && event.rows.some(({ attempts }) => attempts > 1),
      (event) => event.kind === 'outcome' && event.replayId !== undefined,
    ],
  )
  held = await firstSeed(
    ({ holds, messages }) =>
      holds &&
      messages.some(({ kind, key, n }) =>
        messages.some((other) => kind === 'refused' && other.key === key && other.n > n && other.kind === 'plain'),
      ),
    [(event) => event.kind === 'held', (event) => event.kind === 'archive'],
  )
  retried = await firstSeed(
    ({ retryDelaysMs }) => retryDelaysMs.length > 0,
    [(event) => event.kind === 'start' && event.attempt > 1 && event.topic.includes('.retry.')],
  )
}, 120_000)

describe('the checkers of what waits', () => {
  it('find nothing in a sound history', () => {
    for (const { plan, history } of [waited, held, retried]) expect(checkHistory(plan, history)).toEqual([])
  })

  it('see a message that waits tried before it is due (W1), and its attempts forgotten (W2)', () => {
    const isRetry = (event: Of<'start'>): boolean =>
      waited.history.some(
        (put) =>
          put.kind === 'put' &&
          put.process === event.process &&
          put.atMs < event.atMs &&
          put.topic === event.topic &&
          put.partition === event.partition &&
          put.rows.some(({ offset, attempts }) => offset === event.offset && attempts + 1 === event.attempt),
      )
    expect(red(waited, 'start', isRetry, (event) => [{ ...event, ownMs: 0 }])).toContain('W1')
    expect(red(waited, 'start', isRetry, (event) => [{ ...event, attempt: 0 }])).toContain('W2')
    const later = (event: Happened): Happened =>
      event.kind === 'put' ? { ...event, rows: event.rows.map((row) => ({ ...row, dueInMs: 1_000_000 })) } : event
    expect(redAll(waited, later)).toContain('W1')
  })

  it('see a waiting table over its caps (W3), and a void claim that writes (W4)', () => {
    const grown = (event: Of<'put'>): Happened[] => {
      const [row] = event.rows
      return row === undefined ? [] : [{ ...event, rows: [row, { ...row, offset: 9_999, bytes: 1_000_000 }] }]
    }
    expect(red(waited, 'put', any, grown)).toContain('W3')
    expect(red(waited, 'put', any, (event) => [{ ...event, token: event.token - 1 }])).toContain('W4')
    expect(red(waited, 'left', any, (event) => [{ ...event, token: event.token - 1 }])).toContain('W4')
  })

  it('see a message leave the table before its outcome is told (W5)', () => {
    const untold = redAll(waited, (event) =>
      event.kind !== 'outcome' || event.replayId !== undefined ? event : undefined,
    )
    expect(untold).toContain('W5')
  })

  it('see a replay without its outcome, with the wrong one, and an outcome of no replay (R1)', () => {
    const isReplays = ({ replayId }: Of<'outcome'>): boolean => replayId !== undefined
    const untold = redAll(waited, (event) =>
      event.kind !== 'outcome' || event.replayId === undefined ? event : undefined,
    )
    expect(untold).toContain('R1')
    expect(red(waited, 'outcome', isReplays, (event) => [{ ...event, outcome: 'dead-lettered' }])).toContain('R1')
    expect(red(waited, 'outcome', isReplays, (event) => [{ ...event, replayId: 'forged' }])).toContain('R1')
  })

  const without = (...kinds: readonly Kind[]) =>
    redAll(held, (event) => (kinds.includes(event.kind) ? undefined : event))

  it('see an effect of a key that is held, and a key that is let go for nothing (H1, H2)', () => {
    expect(without('released')).toContain('H1')
    expect(without('archive')).toContain('H2')
  })

  it('see an offset pass a letter whose key is not held (V12)', () => {
    expect(without('held', 'released')).toContain('V12')
  })

  it('see what a retry topic holds tried early, counted anew, or changed (T1, T2, V15)', () => {
    const broken = (change: Partial<NonNullable<Of<'append'>['retry']>>) =>
      redAll(retried, (event) =>
        event.kind === 'append' && event.retry !== undefined
          ? { ...event, retry: { ...event.retry, ...change } }
          : event,
      )
    expect(broken({ dueMs: Number.MAX_SAFE_INTEGER })).toContain('T1')
    expect(broken({ attempts: 99 })).toContain('T2')
    expect(broken({ identical: false })).toContain('V15')
  })

  it('see an offset pass a message that no retry topic has (V12)', () => {
    const lost = redAll(retried, (event) => (event.kind === 'append' && event.retry !== undefined ? undefined : event))
    expect(lost).toContain('V12')
  })
})

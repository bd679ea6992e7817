import { beforeAll, describe, expect, it } from 'vitest'
import { checkHistory } from './check-history.ts'
import type { Invariant } from './checkers/check.ts'
import type { Happened } from './history.ts'
import { loadKernel } from './kernel.ts'
import { type Plan, toldBytesMax, toldTopic } from './plan.ts'
import { runSeed, type SeedResult } from './run-seed.ts'

type Kind = Happened['kind']
type Of<K extends Kind> = Extract<Happened, { kind: K }>

/** A seed of each sort with everything in it that is broken below, whatever the kernel makes of the seeds. */
let sound: SeedResult
let waited: SeedResult
let relayed: SeedResult
let held: SeedResult
let retried: SeedResult
beforeAll(async () => {
  sound = await firstSeed(
    ({ room, retryDelaysMs }) => room === undefined && retryDelaysMs.length === 0,
    [
      ({ kind, ...event }) => kind === 'append' && letterTopic(event) === 'orders',
      ({ kind, ...event }) => kind === 'append' && letterTopic(event) === 'posted',
      (event) => event.kind === 'commit' && !event.refused && event.offset > 1,
      (event) => event.kind === 'outcome' && event.outcome === 'dead-lettered',
    ],
  )
  waited = await firstSeed(
    ({ room, tellsOutcomes, holds }) => room !== undefined && tellsOutcomes && !holds,
    [
      (event) => event.kind === 'claimed' && event.rows.length > 0,
      (event) => event.kind === 'put' && event.rows.some(({ attempts }) => attempts > 1),
      (event) => event.kind === 'outcome' && event.replayId !== undefined,
    ],
  )
  relayed = await firstSeed(
    ({ outbox }) => outbox !== undefined,
    [
      (event) => event.kind === 'quarantined',
      (event) => event.kind === 'written',
      (event) => event.kind === 'relay' && event.what === 'sends',
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

const letterTopic = (event: object): string | undefined =>
  'letter' in event ? (event as Of<'append'>).letter?.topic : undefined

const firstSeed = async (
  fits: (plan: Plan) => boolean,
  needed: readonly ((event: Happened) => boolean)[],
): Promise<SeedResult> => {
  const kernel = await loadKernel()
  for (let seed = 1; seed < 1_000; seed++) {
    const result = await runSeed(kernel, seed)
    if (fits(result.plan) && needed.every((need) => result.history.some(need))) return result
  }
  throw new Error('no seed has all of it')
}

/** Breaks the first event of a kind for which `pick` holds, and gives back what the checkers say. */
const red = <K extends Kind>(
  kind: K,
  pick: (event: Of<K>, index: number) => boolean,
  break_: (event: Of<K>) => readonly Happened[],
  of: SeedResult = sound,
): ReadonlySet<Invariant> => {
  const { plan, history } = of
  const index = history.findIndex((event, at) => event.kind === kind && pick(event as Of<K>, at))
  expect(index, `an event ${kind} to break`).toBeGreaterThanOrEqual(0)
  const broken = history.toSpliced(index, 1, ...break_(history[index] as Of<K>))
  return new Set(checkHistory(plan, broken).map(({ invariant }) => invariant))
}

describe('the checkers', () => {
  it('find nothing in a sound history', () => {
    expect(checkHistory(sound.plan, sound.history)).toEqual([])
    expect(checkHistory(waited.plan, waited.history)).toEqual([])
    expect(checkHistory(held.plan, held.history)).toEqual([])
    expect(checkHistory(retried.plan, retried.history)).toEqual([])
  })

  it('see an acknowledged send that is not in the log (V1)', () => {
    expect(
      red(
        'published',
        () => true,
        (event) => [{ ...event, offset: event.offset + 1_000 }],
      ),
    ).toContain('V1')
  })

  it('see an effect that never came (V1)', () => {
    expect(
      red(
        'effect',
        () => true,
        () => [],
      ),
    ).toContain('V1')
  })

  it('see a record that nobody sent (V2)', () => {
    expect(
      red(
        'publish',
        ({ phase }) => phase === 'invoke',
        () => [],
      ),
    ).toContain('V2')
  })

  it('see an effect that nobody sent (V2)', () => {
    expect(
      red(
        'effect',
        () => true,
        (event) => [event, { ...event, part: 7 }],
      ),
    ).toContain('V2')
  })

  it('see two values at one offset (V6)', () => {
    expect(
      red(
        'deliver',
        () => true,
        (event) => [{ ...event, id: 'another' }],
      ),
    ).toContain('V6')
  })

  it('see a copy with other bytes (V6)', () => {
    expect(
      red(
        'append',
        ({ topic }) => topic === 'posted',
        (event) => [event, { ...event, offset: 9_999, bytes: 'other' }],
      ),
    ).toContain('V6')
  })

  it('see offsets going back inside an assignment (V7)', () => {
    expect(
      red(
        'deliver',
        ({ offset }) => offset > 0,
        (event) => [event, { ...event, offset: 0 }],
      ),
    ).toContain('V7')
  })

  it('see a key that skips a record (V7)', () => {
    const firstOf = (event: Of<'start'>): boolean =>
      event.attempt === 1 &&
      sound.history.filter(
        (other) =>
          other.kind === 'start' &&
          other.process === event.process &&
          other.topic === event.topic &&
          other.partition === event.partition &&
          other.offset === event.offset,
      ).length === 1 &&
      sound.history.some(
        (other) =>
          other.kind === 'start' &&
          other.attempt === 1 &&
          other.process === event.process &&
          other.topic === event.topic &&
          other.partition === event.partition &&
          other.epoch === event.epoch &&
          other.offset < event.offset &&
          other.part === event.part &&
          keyOf(other.n) === keyOf(event.n),
      ) &&
      sound.history.some(
        (other) =>
          other.kind === 'start' &&
          other.attempt === 1 &&
          other.process === event.process &&
          other.topic === event.topic &&
          other.partition === event.partition &&
          other.epoch === event.epoch &&
          other.offset > event.offset &&
          other.part === event.part &&
          keyOf(other.n) === keyOf(event.n),
      )
    expect(red('start', firstOf, () => [])).toContain('V7')
  })

  it('see effects of a key in the wrong order (V9)', () => {
    const later = (event: Of<'effect'>): Of<'effect'> | undefined =>
      sound.history.find(
        (other): other is Of<'effect'> =>
          other.kind === 'effect' &&
          other.n > event.n &&
          other.part === event.part &&
          other.part === event.part &&
          keyOf(other.n) === keyOf(event.n),
      )
    expect(
      red(
        'effect',
        (event) => later(event) !== undefined,
        (event) => [later(event) ?? event, event],
      ),
    ).toContain('V9')
  })

  it('see a second effect of one message, and a second identity (V10)', () => {
    expect(
      red(
        'effect',
        () => true,
        (event) => [event, event],
      ),
    ).toContain('V10')
    expect(
      red(
        'append',
        ({ topic }) => topic === 'posted',
        (event) => [event, { ...event, offset: 9_999, id: 'other' }],
      ),
    ).toContain('V10')
  })

  it('see two handlers at one record (V10)', () => {
    expect(
      red(
        'start',
        () => true,
        (event) => [event, { ...event, attempt: 2 }],
      ),
    ).toContain('V10')
  })

  it('see a commit that passes an unfinished record, and one that goes back (V12)', () => {
    const pick = ({ refused, offset }: Of<'commit'>): boolean => !refused && offset > 1
    expect(red('commit', pick, (event) => [{ ...event, offset: event.offset + 1 }])).toContain('V12')
    expect(red('commit', pick, (event) => [event, { ...event, offset: event.offset - 1 }])).toContain('V12')
  })

  it('see a commit before the outcome is reported (V12)', () => {
    expect(
      red(
        'outcome',
        ({ outcome }) => outcome === 'dead-lettered',
        () => [],
      ),
    ).toContain('V12')
  })

  it('see a handler begin after its partition went away, and a commit of an old epoch (V13)', () => {
    const { history } = sound
    const started = history.find(
      (event, at) =>
        event.kind === 'start' &&
        history.some(
          (later, index) =>
            later.kind === 'revoked' &&
            index > at &&
            later.process === event.process &&
            later.topic === event.topic &&
            later.partition === event.partition,
        ),
    )
    expect(started).toBeDefined()
    if (started?.kind !== 'start') return
    expect(
      red(
        'revoked',
        ({ process, topic, partition }, at) =>
          history.indexOf(started) < at &&
          process === started.process &&
          topic === started.topic &&
          partition === started.partition,
        (event) => [event, { ...started, offset: 9_999 }],
      ),
    ).toContain('V13')
    expect(
      red(
        'commit',
        ({ refused }) => !refused,
        (event) => [{ ...event, epoch: event.epoch - 1 }],
      ),
    ).toContain('V13')
  })

  it('see two owners of one partition (V13)', () => {
    expect(
      red(
        'assigned',
        () => true,
        (event) => [event, { ...event, process: 'stranger' }],
      ),
    ).toContain('V13')
  })

  it('see a good message dead-lettered and a bad one not (V14)', () => {
    const isLetter = ({ letter }: Of<'append'>): boolean => letter !== undefined
    const good = sound.history.find(
      (event) =>
        event.kind === 'append' && event.topic === 'orders' && sound.plan.messages[event.n ?? -1]?.kind === 'plain',
    )
    expect(good?.kind).toBe('append')
    if (good?.kind !== 'append') return
    const { topic, partition, offset } = good
    expect(
      red('append', isLetter, (event) => [
        { ...event, letter: { topic, partition, offset, code: 'ICX_HANDLER_FAILED', identical: true } },
      ]),
    ).toContain('V14')
    const { plan, history } = sound
    const withoutLetters = history.filter((event) => event.kind !== 'append' || event.letter === undefined)
    expect(new Set(checkHistory(plan, withoutLetters).map(({ invariant }) => invariant))).toContain('V14')
  })

  it('see a letter that is not the record it is about (V15)', () => {
    expect(
      red(
        'append',
        ({ letter }) => letter !== undefined,
        (event) => [
          { ...event, letter: event.letter === undefined ? undefined : { ...event.letter, identical: false } },
        ],
      ),
    ).toContain('V15')
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
    expect(red('start', isRetry, (event) => [{ ...event, ownMs: 0 }], waited)).toContain('W1')
    expect(red('start', isRetry, (event) => [{ ...event, attempt: 0 }], waited)).toContain('W2')
  })

  it('see a waiting table over its caps (W3), and a void claim that writes (W4)', () => {
    const grown = (event: Of<'put'>): Happened[] => {
      const [row] = event.rows
      return row === undefined ? [] : [{ ...event, rows: [row, { ...row, offset: 9_999, bytes: 1_000_000 }] }]
    }
    expect(red('put', () => true, grown, waited)).toContain('W3')
    expect(
      red(
        'put',
        () => true,
        (event) => [{ ...event, token: event.token - 1 }],
        waited,
      ),
    ).toContain('W4')
    expect(
      red(
        'left',
        () => true,
        (event) => [{ ...event, token: event.token - 1 }],
        waited,
      ),
    ).toContain('W4')
  })

  it('see a message leave the table before its outcome is told (W5)', () => {
    const { plan, history } = waited
    const untold = history.filter((event) => event.kind !== 'outcome' || event.replayId !== undefined)
    expect(new Set(checkHistory(plan, untold).map(({ invariant }) => invariant))).toContain('W5')
  })

  it('see a replay without its outcome, with the wrong one, and an outcome of no replay (R1)', () => {
    const { plan, history } = waited
    const isReplays = ({ replayId }: Of<'outcome'>): boolean => replayId !== undefined
    const untold = history.filter((event) => event.kind !== 'outcome' || event.replayId === undefined)
    expect(new Set(checkHistory(plan, untold).map(({ invariant }) => invariant))).toContain('R1')
    expect(red('outcome', isReplays, (event) => [{ ...event, outcome: 'dead-lettered' }], waited)).toContain('R1')
    expect(red('outcome', isReplays, (event) => [{ ...event, replayId: 'forged' }], waited)).toContain('R1')
  })

  const withoutAny = ({ plan, history }: SeedResult, ...kinds: readonly Kind[]): ReadonlySet<Invariant> =>
    new Set(
      checkHistory(
        plan,
        history.filter(({ kind }) => !kinds.includes(kind)),
      ).map(({ invariant }) => invariant),
    )

  it('see an effect of a key that is held, and a key that is let go for nothing (H1, H2)', () => {
    expect(withoutAny(held, 'released')).toContain('H1')
    expect(withoutAny(held, 'archive')).toContain('H2')
  })

  it('see an offset pass a letter whose key is not held (V12)', () => {
    expect(withoutAny(held, 'held', 'released')).toContain('V12')
  })

  it('see what a retry topic holds tried early, counted anew, or changed (T1, T2, V15)', () => {
    const broken = (change: Partial<NonNullable<Of<'append'>['retry']>>) =>
      new Set(
        checkHistory(
          retried.plan,
          retried.history.map((event) =>
            event.kind === 'append' && event.retry !== undefined
              ? { ...event, retry: { ...event.retry, ...change } }
              : event,
          ),
        ).map(({ invariant }) => invariant),
      )
    expect(broken({ dueMs: Number.MAX_SAFE_INTEGER })).toContain('T1')
    expect(broken({ attempts: 99 })).toContain('T2')
    expect(broken({ identical: false })).toContain('V15')
  })

  it('see an offset pass a message that no retry topic has (V12)', () => {
    const { plan, history } = retried
    const lost = history.filter((event) => event.kind !== 'append' || event.retry === undefined)
    expect(new Set(checkHistory(plan, lost).map(({ invariant }) => invariant))).toContain('V12')
  })

  it('see a row of the outbox that is not sent, not written, out of order, or quarantined for nothing (O1)', () => {
    const { plan, history } = relayed
    const isTold = ({ topic }: Of<'append'>): boolean => topic === toldTopic
    const untold = history.filter((event) => event.kind !== 'append' || !isTold(event))
    expect(new Set(checkHistory(plan, untold).map(({ invariant }) => invariant))).toContain('O1')
    expect(red('append', isTold, (event) => [event, { ...event, id: 'another', offset: 9_999 }], relayed)).toContain(
      'O1',
    )
    const isSent = ({ topic, bytes }: Of<'written'>): boolean => topic === toldTopic && bytes < toldBytesMax
    const quarantined = ({ id, topic, atMs }: Of<'written'>): Happened => ({ kind: 'quarantined', id, topic, atMs })
    expect(red('written', isSent, (event) => [event, quarantined(event)], relayed)).toContain('O1')
    expect(
      red(
        'quarantined',
        () => true,
        () => [],
        relayed,
      ),
    ).toContain('O1')
    const late = (event: Of<'written'>): Happened[] => [{ ...event, position: 1_000 }]
    const hasLater = (event: Of<'written'>): boolean =>
      isSent(event) &&
      history.some(
        (other) =>
          other.kind === 'written' && isSent(other) && other.key === event.key && other.position > event.position,
      )
    expect(red('written', hasLater, late, relayed)).toContain('O1')
  })

  it('see a relay that sends although another has the lease (O2)', () => {
    const fenced = ({ process, atMs }: Of<'relay'>): Happened => ({ kind: 'relay', process, what: 'refused', atMs })
    expect(
      red(
        'relay',
        ({ what }) => what === 'sends',
        (event) => [fenced(event), event],
        relayed,
      ),
    ).toContain('O2')
  })

  it('see what is not settled after the faults, and a group that ends by itself (V17)', () => {
    expect(
      red(
        'calm',
        () => true,
        (event) => [{ ...event, kind: 'restless' }],
      ),
    ).toContain('V17')
    expect(
      red(
        'healed',
        () => true,
        ({ atMs }) => [{ kind: 'ended', process: 'ledger-1', code: 'ICX_GROUP_STALLED', atMs }],
      ),
    ).toContain('V17')
  })
})

const keyOf = (n: number): string | undefined => sound.plan.messages[n]?.key

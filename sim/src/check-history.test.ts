import { beforeAll, describe, expect, it } from 'vitest'
import { any, firstSeed, type Of, red, redAll } from './broken-history.fixture.ts'
import { checkHistory } from './check-history.ts'
import type { SeedResult } from './run-seed.ts'

let sound: SeedResult
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
}, 120_000)

const letterTopic = (event: object): string | undefined =>
  'letter' in event ? (event as Of<'append'>).letter?.topic : undefined

describe('the checkers', () => {
  it('find nothing in a sound history', () => {
    expect(checkHistory(sound.plan, sound.history)).toEqual([])
  })

  it('see an acknowledged send that is not in the log (V1)', () => {
    expect(red(sound, 'published', any, (event) => [{ ...event, offset: event.offset + 1_000 }])).toContain('V1')
  })

  it('see an effect that never came (V1)', () => {
    expect(red(sound, 'effect', any, () => [])).toContain('V1')
  })

  it('see a record that nobody sent (V2)', () => {
    expect(
      red(
        sound,
        'publish',
        ({ phase }) => phase === 'invoke',
        () => [],
      ),
    ).toContain('V2')
  })

  it('see an effect that nobody sent (V2)', () => {
    expect(red(sound, 'effect', any, (event) => [event, { ...event, part: 7 }])).toContain('V2')
  })

  it('see two values at one offset (V6)', () => {
    expect(red(sound, 'deliver', any, (event) => [{ ...event, id: 'another' }])).toContain('V6')
  })

  it('see a copy with other bytes (V6)', () => {
    expect(
      red(
        sound,
        'append',
        ({ topic }) => topic === 'posted',
        (event) => [event, { ...event, offset: 9_999, bytes: 'other' }],
      ),
    ).toContain('V6')
  })

  it('see offsets going back inside an assignment (V7)', () => {
    expect(
      red(
        sound,
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
    expect(red(sound, 'start', firstOf, () => [])).toContain('V7')
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
        sound,
        'effect',
        (event) => later(event) !== undefined,
        (event) => [later(event) ?? event, event],
      ),
    ).toContain('V9')
  })

  it('see a second effect of one message, and a second identity (V10)', () => {
    expect(red(sound, 'effect', any, (event) => [event, event])).toContain('V10')
    expect(
      red(
        sound,
        'append',
        ({ topic }) => topic === 'posted',
        (event) => [event, { ...event, offset: 9_999, id: 'other' }],
      ),
    ).toContain('V10')
  })

  it('see two handlers at one record (V10)', () => {
    expect(red(sound, 'start', any, (event) => [event, { ...event, attempt: 2 }])).toContain('V10')
  })

  it('see a commit that passes an unfinished record, and one that goes back (V12)', () => {
    const pick = ({ refused, offset }: Of<'commit'>): boolean => !refused && offset > 1
    expect(red(sound, 'commit', pick, (event) => [{ ...event, offset: event.offset + 1 }])).toContain('V12')
    expect(red(sound, 'commit', pick, (event) => [event, { ...event, offset: event.offset - 1 }])).toContain('V12')
  })

  it('see a commit before the outcome is reported (V12)', () => {
    expect(
      red(
        sound,
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
        sound,
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
        sound,
        'commit',
        ({ refused }) => !refused,
        (event) => [{ ...event, epoch: event.epoch - 1 }],
      ),
    ).toContain('V13')
  })

  it('see two owners of one partition (V13)', () => {
    expect(red(sound, 'assigned', any, (event) => [event, { ...event, process: 'stranger' }])).toContain('V13')
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
      red(sound, 'append', isLetter, (event) => [
        { ...event, letter: { topic, partition, offset, code: 'ICX_HANDLER_FAILED', identical: true } },
      ]),
    ).toContain('V14')
    const withoutLetters = redAll(sound, (event) => (event.kind === 'append' && isLetter(event) ? undefined : event))
    expect(withoutLetters).toContain('V14')
  })

  it('see a letter that is not the record it is about (V15)', () => {
    expect(
      red(
        sound,
        'append',
        ({ letter }) => letter !== undefined,
        (event) => [
          { ...event, letter: event.letter === undefined ? undefined : { ...event.letter, identical: false } },
        ],
      ),
    ).toContain('V15')
  })

  it('see what is not settled after the faults, and a group that ends by itself (V17)', () => {
    expect(red(sound, 'calm', any, (event) => [{ ...event, kind: 'restless' }])).toContain('V17')
    expect(
      red(sound, 'healed', any, ({ atMs }) => [
        { kind: 'ended', process: 'ledger-1', code: 'ICX_GROUP_STALLED', atMs },
      ]),
    ).toContain('V17')
  })
})

const keyOf = (n: number): string | undefined => sound.plan.messages[n]?.key

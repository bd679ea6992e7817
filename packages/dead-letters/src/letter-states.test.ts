import {
  type DeliveryOutcome,
  type DeliveryResult,
  orderPlaced,
  type ReplayAudit,
  timestampMillis,
} from '@interchange/contracts'
import { expect, test } from 'vitest'
import type { Letter } from './letter.ts'
import { createLetterBook } from './letter-book.ts'
import { letterSources } from './letter-source.ts'
import { letterStates, type SentReplay } from './letter-states.ts'

const source = letterSources([orderPlaced])[0]
if (source === undefined) throw new Error('no source')
const { group } = source
const topic = source.topic.name

const letter = (offset: number, messageId: string, facts: Partial<Letter['facts']> = {}): Letter => ({
  id: `${source.deadLetterTopic}/0/${offset}`,
  shortId: `s${offset}`,
  source,
  partition: 0,
  offset,
  failedAtMs: 1_000 + offset,
  key: messageId,
  valueBytes: 1,
  facts: {
    complete: true,
    messageId,
    correlationId: undefined,
    reason: 'poison',
    code: 'ICX_HANDLER_REJECTED',
    errorType: undefined,
    errorMessage: 'the total is wrong',
    fingerprint: 'f1',
    partition: 0,
    offset,
    timestampMs: 0,
    attempts: 1,
    firstFailedAtMs: 0,
    lastFailedAtMs: 0,
    schemaId: 1,
    service: undefined,
    serviceVersion: undefined,
    traceparent: undefined,
    replays: 0,
    order: 'key',
    replayId: undefined,
    ...facts,
  },
})

const sent = (replayId: string, messageId: string): SentReplay => ({
  replayId,
  group,
  topic,
  messageId,
  sentAtMs: 2_000,
})
const outcome = (result: DeliveryResult, replayId: string | null, messageId: string): DeliveryOutcome => ({
  messageId,
  group,
  topic,
  outcome: result,
  replayId,
  attempts: 1,
  at: timestampMillis(3_000),
  code: null,
  class: null,
})
const audit = (replayId: string, letterIds: readonly string[]): ReplayAudit => ({
  auditId: `${replayId}.0`,
  at: timestampMillis(1_900),
  actor: 'ada',
  action: 'replay',
  group,
  topic,
  letterIds,
  count: letterIds.length,
  reason: 'mapping fixed',
})
const first = letter(0, 'm1')
const stateOf = (letters: readonly Letter[], outcomes: readonly DeliveryOutcome[], lane: readonly SentReplay[]) =>
  letters.map(({ id }) => letterStates(letters, outcomes, [], lane).get(id)?.state)

test('is new until somebody sends it back, also when a replay was only planned', () => {
  expect(letterStates([first], [], [audit('r1', [first.id])], []).get(first.id)).toMatchObject({
    state: 'new',
    replays: [{ replayId: 'r1', actor: 'ada', reason: 'mapping fixed', sentAtMs: undefined, outcome: undefined }],
  })
})

test('is replaying from the lane on, until the group answers', () => {
  expect(stateOf([first], [], [sent('r1', 'm1')])).toEqual(['replaying'])
})

test.each([
  ['resolved', 'resolved'],
  ['superseded', 'resolved'],
  ['duplicate', 'duplicate'],
  ['failed_again', 'failed-again'],
  ['dead_lettered', 'failed-again'],
] as const)('takes the answer %s as %s', (result, state) => {
  expect(stateOf([first], [outcome(result, 'r1', 'm1')], [sent('r1', 'm1')])).toEqual([state])
})

test('is archived when a person said so, unless the group has done it all the same', () => {
  const archival = { ...audit('r2', [first.id]), action: 'archive' }
  const state = (outcomes: readonly DeliveryOutcome[]) =>
    letterStates([first], outcomes, [archival], []).get(first.id)?.state
  expect(state([])).toBe('archived')
  expect(state([outcome('failed_again', 'r1', 'm1')])).toBe('archived')
  expect(state([outcome('resolved', 'r1', 'm1')])).toBe('resolved')
})

test('failed again when the replay wrote another letter, even if its outcome never arrived', () => {
  const second = letter(1, 'm1', { replays: 1, replayId: 'r1' })
  expect(stateOf([first, second], [], [sent('r1', 'm1')])).toEqual(['failed-again', 'failed-again'])
})

test('stands for all letters of its message once a later replay succeeds', () => {
  const second = letter(1, 'm1', { replays: 1, replayId: 'r1' })
  const outcomes = [outcome('dead_lettered', 'r1', 'm1'), outcome('resolved', 'r2', 'm1')]
  expect(stateOf([first, second], outcomes, [sent('r1', 'm1'), sent('r2', 'm1')])).toEqual(['resolved', 'resolved'])
})

test('learns nothing from an outcome of another message, group or of no replay', () => {
  const others = [
    outcome('resolved', 'r1', 'm2'),
    { ...outcome('resolved', 'r1', 'm1'), group: 'other' },
    outcome('resolved', null, 'm1'),
  ]
  expect(stateOf([first], others, [])).toEqual(['new'])
})

test('lists a message that failed twice once, by its latest letter', () => {
  const book = createLetterBook()
  const second = letter(1, 'm1', { replays: 1, replayId: 'r1' })
  for (const each of [second, first, second, letter(2, 'm2')]) book.addLetter(each)
  expect(book.list().map((listed) => [listed.letter.offset, listed.status.state])).toEqual([
    [2, 'new'],
    [1, 'failed-again'],
  ])
  expect(book.find('s0')?.status.supersededBy).toBe(second.id)
})

test('lists letters of one millisecond as they lie, the last first', () => {
  const book = createLetterBook()
  for (const offset of [9, 10, 11]) book.addLetter({ ...letter(offset, `m${offset}`), failedAtMs: 1_000 })
  expect(book.list().map((listed) => listed.letter.offset)).toEqual([11, 10, 9])
})

test('groups by cause and counts what is open', () => {
  const book = createLetterBook()
  for (const each of [first, letter(1, 'm2'), letter(2, 'm3', { fingerprint: 'f2', code: 'ICX_AVRO_MALFORMED' })])
    book.addLetter(each)
  book.addSent(sent('r1', 'm2'))
  book.addOutcome(outcome('resolved', 'r1', 'm2'))
  expect(book.causes()).toMatchObject([
    { fingerprint: 'f2', open: 1, resolved: 0 },
    { fingerprint: 'f1', open: 1, resolved: 1, replaying: 0, firstFailedAtMs: 1_000, lastFailedAtMs: 1_001 },
  ])
  expect(book.list({ cause: 'ICX_AVRO_MALFORMED' })).toHaveLength(1)
  expect(book.list({ cause: 'f1', state: 'resolved' })).toHaveLength(1)
  expect(book.list({ match: 'TOTAL is' })).toHaveLength(3)
  expect(book.list({ sinceMs: 1_002 })).toHaveLength(1)
})

test('drops the oldest letters beyond its bound and says so', () => {
  const book = createLetterBook({ lettersMax: 2 })
  for (let offset = 0; offset < 5; offset++) book.addLetter(letter(offset, `m${offset}`))
  expect(book.size()).toEqual({ letters: 2, dropped: 3, messages: 2, audits: 0 })
  expect(book.list().map((listed) => listed.letter.offset)).toEqual([4, 3])
})

test('holds no more of what audits, lanes and outcomes say than of letters, and all that they say of a letter it holds', () => {
  const book = createLetterBook({ lettersMax: 3 })
  // Topics are read side by side: what is said of a letter may come before it.
  for (let n = 0; n < 50; n++) {
    book.addAudit(audit(`r${n}`, [letter(n, `m${n}`).id]))
    book.addSent(sent(`r${n}`, `m${n}`))
    if (n % 2 === 0) book.addLetter(letter(n, `m${n}`))
    book.addOutcome(outcome('resolved', `r${n}`, `m${n}`))
  }
  expect(book.size()).toEqual({ letters: 3, dropped: 22, messages: 6, audits: 3 })
  for (const { letter, status } of book.list()) {
    const replayId = `r${letter.offset}`
    expect(status).toMatchObject({ state: 'resolved', replays: [{ replayId, sentAtMs: 2_000 }] })
    expect([book.sentBy(replayId), book.outcomesOf(replayId)]).toEqual([[expect.anything()], [expect.anything()]])
  }
  expect([book.sentBy('r0'), book.outcomesOf('r0'), book.sentBy('r1')]).toEqual([[], [], []])
})

test('a cause is a fingerprint, a code, a class, or all the classes whose budget was exhausted', () => {
  const book = createLetterBook()
  const reasons = ['transient', 'rate-limited', 'not-yet', 'contract', 'poison', 'unknown'] as const
  for (const [offset, reason] of reasons.entries())
    book.addLetter(letter(offset, reason, { reason, code: undefined, fingerprint: `f${offset}` }))
  const found = (cause: string): readonly string[] =>
    book
      .list({ group, cause })
      .map(({ letter }) => letter.facts.messageId)
      .toSorted()
  expect(found('exhausted')).toEqual(['not-yet', 'rate-limited', 'transient'])
  expect(found('poison')).toEqual(['poison'])
  expect(found('f3')).toEqual(['contract'])
})

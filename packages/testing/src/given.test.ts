import { effectRoute, notYet, outgoing, publishRoute, rejected, type Topic } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { given, malformed, message, testTimeMs, tombstone, uniqueName, waitFor } from './index.ts'

interface Order {
  readonly orderId: string
  readonly amountMinor: bigint
}

const topicOf = (name: string): Topic<Order> => ({
  name,
  kind: 'canonical',
  keyOf: ({ orderId }) => orderId,
  schema: { subject: `${name}-value`, recordName: 'io.test.Order', version: 1, text: '{}' },
  partitions: 3,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: `io.test.${name}`,
  owner: 'test',
  groups: ['books'],
  description: 'for a test',
})
const orderPlaced = topicOf('order-placed')
const invoiceSent = topicOf('invoice-sent')
const order = (orderId: string, amountMinor = 100n): Order => ({ orderId, amountMinor })

const bill = publishRoute({
  from: orderPlaced,
  group: 'books',
  handle(value, { timeMs }) {
    if (value.amountMinor < 0n) throw rejected('a negative amount')
    return outgoing(invoiceSent, { orderId: `${value.orderId}@${timeMs}`, amountMinor: value.amountMinor * 2n })
  },
})
const post = effectRoute<Order, string>({
  from: orderPlaced,
  group: 'books',
  handle: ({ orderId, amountMinor }) => `${orderId}:${amountMinor}`,
  store: { settle: () => Promise.reject(new Error("the route's own store is not used")) },
})

test('what a handler publishes is seen with its key, value and conversation', async () => {
  const first = message(order('a'), { correlationId: 'c-1' })
  const outcome = await given(bill).when(first, message(order('b')))
  expect(
    outcome
      .published(invoiceSent)
      .map(({ value }) => value.orderId)
      .sort(),
  ).toEqual([`a@${testTimeMs}`, `b@${testTimeMs}`])
  const invoice = outcome.published(invoiceSent).find(({ correlationId }) => correlationId === 'c-1')
  expect(invoice).toMatchObject({ key: `a@${testTimeMs}`, value: { amountMinor: 200n } })
  expect(invoice?.causationId).toBe(first.kind === 'event' ? first.messageId : '')
  expect(outcome.letters).toEqual([])
})

test('an effect and what its handler publishes beside it are seen, whenever the process dies', async () => {
  const both = effectRoute<Order, string>({
    ...post,
    handle: (value) => [value.orderId, outgoing(invoiceSent, value)],
  })
  for (const moment of ['before-commit', 'after-commit'] as const) {
    const outcome = await given(both).whenCrashed(moment, message(order('a'), { correlationId: 'c-1' }))
    expect(outcome.effects).toEqual(['a'])
    expect(outcome.published(invoiceSent)).toEqual([
      expect.objectContaining({ correlationId: 'c-1', key: 'a', value: order('a') }),
    ])
  }
  const check = (): never => {
    throw new Error('refused by the database')
  }
  const refused = await given(both, { check }).when(message(order('b')))
  expect([refused.letters.length, refused.published(invoiceSent)]).toEqual([1, []])
})

test('effects of one key are seen in the order of delivery', async () => {
  const outcome = await given(post).when(message(order('a', 1n)), message(order('a', 2n)), message(order('a', 3n)))
  expect(outcome.effects).toEqual(['a:1', 'a:2', 'a:3'])
})

test('a duplicate has its effect once, and a publish route repeats the same event', async () => {
  expect((await given(post).whenDuplicated(message(order('a')))).effects).toEqual(['a:100'])
  expect((await given(bill).whenDuplicated(message(order('a')))).published(invoiceSent)).toHaveLength(1)
})

test.each(['before-commit', 'after-commit'] as const)(
  'a crash %s has every effect once after the restart',
  async (moment) => {
    const outcome = await given(post).whenCrashed(moment, message(order('a', 1n)), message(order('a', 2n)))
    expect(outcome.effects).toEqual(['a:1', 'a:2'])
    expect(outcome.letters).toEqual([])
  },
)

test('a crash with the events sent repeats them under the same ids', async () => {
  const outcome = await given(bill).whenCrashed('after-commit', message(order('a')))
  expect(outcome.published(invoiceSent)).toHaveLength(1)
})

test('a handler that depends on more than its input is found out', async () => {
  let calls = 0n
  const restless = publishRoute({
    from: orderPlaced,
    group: 'books',
    handle: (value) => outgoing(invoiceSent, { ...value, amountMinor: calls++ }),
  })
  const outcome = await given(restless).whenDuplicated(message(order('a')))
  expect(() => outcome.published(invoiceSent)).toThrow('depends on more than its input')
})

test('what a handler rejects, what has no value and what cannot be read become letters, and neighbours go through', async () => {
  const bad = message(order('bad', -1n))
  const outcome = await given(bill).when(message(order('a')), bad, malformed(Buffer.from([0])), tombstone('gone'))
  expect(outcome.published(invoiceSent)).toHaveLength(1)
  expect(outcome.letters.map(({ code }) => code).sort()).toEqual([
    'ICX_AVRO_MALFORMED',
    'ICX_CONTRACT_TOMBSTONE',
    'ICX_HANDLER_REJECTED',
  ])
  const letter = outcome.letters.find(({ code }) => code === 'ICX_HANDLER_REJECTED')
  expect(letter).toMatchObject({ failureClass: 'poison', error: 'a negative amount', attempts: 1 })
  expect(letter?.messageId).toBe(bad.kind === 'event' ? bad.messageId : '')
})

test("a refusal of the database is that message's letter alone", async () => {
  const refusing = given(post, {
    check(effect) {
      if (effect === 'b:100') throw new Error('violates check constraint')
    },
  })
  const outcome = await refusing.when(message(order('a')), message(order('b')), message(order('c')))
  expect([...outcome.effects].sort()).toEqual(['a:100', 'c:100'])
  expect(outcome.letters).toMatchObject([{ code: 'ICX_STORE_REFUSED' }])
})

test('retries and waiting take milliseconds, and succeed or end as a letter', async () => {
  let failures = 2
  const flaky = publishRoute({
    from: orderPlaced,
    group: 'books',
    retry: { backoffMs: 60_000 },
    handle(value) {
      if (failures-- > 0) throw new Error('not this time')
      return outgoing(invoiceSent, value)
    },
  })
  expect((await given(flaky).when(message(order('a')))).published(invoiceSent)).toHaveLength(1)
  const waiting = publishRoute({
    from: orderPlaced,
    group: 'books',
    handle: () => Promise.reject(notYet('no customer')),
  })
  expect((await given(waiting).when(message(order('a')))).letters).toMatchObject([{ failureClass: 'not-yet' }])
})

test('a second delivery meets what the first one left', async () => {
  const scenario = given(post)
  const once = message(order('a'))
  await scenario.when(once)
  expect((await scenario.when(once, message(order('b')))).effects).toEqual(['a:100', 'b:100'])
})

test('waitFor answers what it sees, and says what it last saw when time is up', async () => {
  let looks = 0
  expect(await waitFor(() => (++looks > 2 ? looks : undefined), { everyMs: 1 })).toBe(3)
  const fails = waitFor(() => Promise.reject(new Error('still closed')), {
    timeoutMs: 20,
    everyMs: 5,
    what: 'the door',
  })
  await expect(fails).rejects.toThrow('the door did not come within 20 ms; last: Error: still closed')
})

test('unique names differ and are plain', () => {
  expect(uniqueName('x')).not.toBe(uniqueName('x'))
  expect(uniqueName('x')).toMatch(/^x_[0-9a-f]{12}$/)
})

import { effectRoute, notYet, outgoing, publishRoute, rejected, type Topic } from '@interchange/messaging'
import { createMemoryWaitingRoom } from '@interchange/messaging/memory'
import { expect, test } from 'vitest'
import { type Delivery, given, message } from './index.ts'

interface Step {
  readonly customer: string
  readonly text: string
}

const stepTaken: Topic<Step> = {
  name: 'step-taken',
  kind: 'canonical',
  keyOf: ({ customer }) => customer,
  schema: { subject: 'step-taken-value', recordName: 'io.test.Step', version: 1, text: '{}' },
  partitions: 1,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: 'io.test.step-taken',
  owner: 'test',
  groups: ['books'],
  description: 'for a test',
}
const stepDone: Topic<Step> = { ...stepTaken, name: 'step-done' }
const step = (customer: string, text: string): Delivery<Step> => message({ customer, text })
const idOf = (delivery: Delivery<Step>): string => (delivery.kind === 'event' ? delivery.messageId : '')

/** A route whose steps need a customer that the registrar has made known, and the store that both meet in. */
const bookOf = () => {
  const known = new Set(['bob', 'registrar'])
  const route = effectRoute<Step, string>({
    from: stepTaken,
    group: 'books',
    retry: { attemptsMax: 1 },
    handle({ customer, text }) {
      if (!known.has(customer)) throw notYet(`no customer ${customer}`)
      if (text === 'broken') throw rejected('broken')
      return `${customer} ${text}`
    },
    store: { waiting: createMemoryWaitingRoom(), settle: () => Promise.reject(new Error("the route's own store")) },
  })
  const check = (effect: string): void => {
    const [who, text = ''] = effect.split(' ')
    if (who === 'registrar') known.add(text)
  }
  return { route, check }
}

test('a message waits for what it needs and goes on in the order of its key, the others do not wait', async () => {
  const [first, second] = [step('ann', 'orders'), step('ann', 'pays')]
  const { route, check } = bookOf()
  const outcome = await given(route, { check }).when(first, second, step('bob', 'orders'), step('registrar', 'ann'))
  expect(outcome.effects.filter((effect) => effect.startsWith('ann'))).toEqual(['ann orders', 'ann pays'])
  expect(outcome.effects).toHaveLength(4)
  expect(outcome.letters).toEqual([])
  expect(outcome.waiting).toEqual([])
  expect(outcome.waited).toEqual([idOf(first), idOf(second)])
})

test('a message whose customer never comes waited, and becomes a letter when its budget is spent', async () => {
  const only = step('ann', 'orders')
  const outcome = await given(bookOf().route).when(only, step('bob', 'orders'))
  expect(outcome.waited).toEqual([idOf(only)])
  expect(outcome.effects).toEqual(['bob orders'])
  expect(outcome.letters).toMatchObject([{ messageId: idOf(only), failureClass: 'not-yet' }])
})

test('a route that holds keeps the later messages of the key behind the letter, and only those', async () => {
  const [broken, behind] = [step('bob', 'broken'), step('bob', 'pays')]
  const other = step('registrar', 'eve')
  const outcome = await given({ ...bookOf().route, afterDeadLetter: 'hold' }).when(broken, behind, other)
  expect(outcome.effects).toEqual(['registrar eve'])
  expect(outcome.letters).toMatchObject([{ messageId: idOf(broken) }])
  expect(outcome.waiting).toEqual([idOf(behind)])
})

test('what waits outlives a crash', async () => {
  const [first, second] = [step('ann', 'orders'), step('ann', 'pays')]
  const { route, check } = bookOf()
  const crashed = [step('bob', 'orders'), first, second, step('registrar', 'ann')]
  const outcome = await given(route, { check }).whenCrashed('after-commit', ...crashed)
  expect(outcome.effects.filter((effect) => effect.startsWith('ann'))).toEqual(['ann orders', 'ann pays'])
})

test('a message that waits in retry topics is settled when it has ended there', async () => {
  const from: Topic<Step> = { ...stepTaken, retryDelaysMs: { books: [60_000, 600_000] } }
  let tries = 0
  const call = publishRoute<Step>({
    from,
    group: 'books',
    ordering: 'none',
    retry: { attemptsMax: 1 },
    handle({ text }, { attempt }) {
      if (text === 'fails') tries = attempt
      if (text === 'fails' && attempt < 3) throw new Error('503')
      return outgoing(stepDone, { customer: 'ann', text })
    },
  })
  const outcome = await given(call).when(step('ann', 'fails'), step('bob', 'works'))
  expect(tries).toBe(3)
  expect(
    outcome
      .published(stepDone)
      .map(({ value }) => value.text)
      .toSorted(),
  ).toEqual(['fails', 'works'])
})

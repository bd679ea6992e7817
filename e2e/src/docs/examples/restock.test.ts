import { refundIssued, stockAdjusted, timestampMillis } from '@interchange/contracts'
import { effectRoute } from '@interchange/messaging'
import { given, message } from '@interchange/testing'
import { expect, test } from 'vitest'
import { type Restocked, restock } from './restock.ts'

const route = effectRoute({
  from: refundIssued,
  group: 'shelves',
  handle: restock,
  store: { settle: (): Promise<never> => Promise.reject(new Error('the test kit brings its own store')) },
})
const line = (sku: string, restocked: boolean) => ({ sku, quantity: 2, amountMinor: -500, restocked })
const refund = (...lines: readonly ReturnType<typeof line>[]) =>
  message<Parameters<typeof restock>[0]>({
    refundId: 'r1',
    orderId: 'o1',
    issuedAt: timestampMillis(1_767_225_600_000),
    currency: 'EUR',
    amountMinor: -1_000,
    lines,
  })

test('what came back is written down and told, once, whenever the process dies', async () => {
  for (const moment of ['before-commit', 'after-commit'] as const) {
    const outcome = await given(route).whenCrashed(moment, refund(line('A', true), line('B', false)))
    expect(outcome.effects).toEqual([{ refundId: 'r1', units: 2 }] satisfies Restocked[])
    expect(outcome.published(stockAdjusted).map(({ key, value }) => [key, value.lines])).toEqual([
      ['refund-r1', [{ sku: 'A', quantityDelta: 2, reason: 'refund' }]],
    ])
  }
})

test('a refund that nobody sent back changes nothing and tells nobody', async () => {
  const outcome = await given(route).when(refund(line('B', false)))
  expect([outcome.effects, outcome.published(stockAdjusted)]).toEqual([[], []])
})

import type { SettleEntry } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { createMemoryEffectStore } from './memory-effect-store.ts'

const entry = (messageId: string, effect: string): SettleEntry<string> => ({
  messageId,
  contentHash: Buffer.from(effect),
  topic: 't',
  partition: 0,
  offset: 0,
  effects: [effect],
  cause: { correlationId: messageId, timeMs: 0, trace: [] },
})

test('the same id is a duplicate with the same content and a conflict with other', async () => {
  const store = createMemoryEffectStore<string>()
  expect(await store.settle('g', [entry('1', 'a')])).toEqual(['done'])
  const [again, other] = await store.settle('g', [entry('1', 'a'), entry('1', 'b')])
  expect(again).toBe('duplicate')
  expect(other).toMatchObject({ code: 'ICX_INBOX_CONFLICT' })
  expect(store.effects()).toEqual(['a'])
  expect(await store.settle('h', [entry('1', 'a')])).toEqual(['done'])
})

test('what dies before its commit leaves nothing, what dies after it leaves everything', () => {
  const store = createMemoryEffectStore<string>()
  let deaths = 0
  void store.dying('before-commit', () => deaths++).settle('g', [entry('1', 'a')])
  expect([deaths, store.effects(), store.settledIds('g')]).toEqual([1, [], []])
  void store.dying('after-commit', () => deaths++).settle('g', [entry('1', 'a')])
  expect([deaths, store.effects(), store.settledIds('g')]).toEqual([2, ['a'], ['1']])
})

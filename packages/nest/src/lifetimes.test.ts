import { setTimeout as pause } from 'node:timers/promises'
import { type LogFields, silentLogger } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { createLifetimes } from './lifetimes.ts'

const recorded = () => {
  const lines: { message: string; fields: LogFields }[] = []
  const say = (fields: LogFields, message: string): void => void lines.push({ message, fields })
  return { lines, logger: { ...silentLogger, info: say, error: say } }
}

test('what is added in any order is closed groups first and databases last, once', async () => {
  const { logger } = recorded()
  const order: string[] = []
  const lifetimes = createLifetimes(logger, 1_000)
  for (const step of ['database', 'publisher', 'groups', 'upkeep'] as const) {
    lifetimes.add(step, step, async () => void order.push(step))
  }
  await Promise.all([lifetimes.close(), lifetimes.close()])
  expect(order).toEqual(['groups', 'publisher', 'upkeep', 'database'])
})

test('a step that hangs or fails is named, and those after it are closed within the time', async () => {
  const { logger, lines } = recorded()
  const order: string[] = []
  const lifetimes = createLifetimes(logger, 200)
  lifetimes.add('groups', 'ledger', () => new Promise(() => undefined))
  lifetimes.add('publisher', 'publisher', () => Promise.reject(new Error('broker gone')))
  lifetimes.add('database', 'ledger', async () => {
    await pause(20)
    order.push('database')
  })
  const startedMs = performance.now()
  await lifetimes.close()
  expect(performance.now() - startedMs).toBeLessThan(1_000)
  expect(order).toEqual(['database'])
  expect(lines.map(({ message, fields }) => `${fields['step']}: ${message}`)).toEqual([
    'groups: did not close in time',
    'publisher: did not close cleanly',
    'database: closed',
  ])
})

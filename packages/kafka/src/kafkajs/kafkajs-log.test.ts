import type { LogFields } from '@interchange/messaging'
import { silentLogger } from '@interchange/messaging'
import type { LogEntry } from 'kafkajs'
import { expect, test } from 'vitest'
import { kafkajsLogCreator } from './kafkajs-log.ts'

const entry = (message: string, more: object = {}): LogEntry => ({
  namespace: 'Connection',
  level: 1,
  label: 'ERROR',
  log: { timestamp: '', message, ...more },
})

const recorder = () => {
  const lines: [string, LogFields][] = []
  return {
    lines,
    logger: { ...silentLogger, warn: (fields: LogFields, message: string) => void lines.push([message, fields]) },
  }
}

test('a storm of one message is one line in ten seconds, which says how many it stands for (K38)', () => {
  let now = 0
  const { lines, logger } = recorder()
  const log = kafkajsLogCreator(
    logger,
    () => false,
    () => now,
  )(1)
  for (let attempt = 0; attempt < 500; attempt++) log(entry(`Failed to connect, attempt ${attempt}`))
  now = 10_001
  log(entry('Failed to connect, attempt 501'))
  expect(lines.map(([message]) => message)).toEqual(['Failed to connect, attempt 0', 'Failed to connect, attempt 501'])
  expect(lines[1]?.[1]).toMatchObject({ repeated: 499 })
})

test('a line says where, never what: payloads, credentials and stacks stay out', () => {
  const { lines, logger } = recorder()
  kafkajsLogCreator(logger)(1)(
    entry('Response', { broker: 'b:1', payload: 'secret', stack: 'at x', sasl: { password: 'p' }, topic: 't' }),
  )
  expect(lines).toEqual([['Response', { client: 'kafkajs', part: 'Connection', broker: 'b:1', topic: 't' }]])
})

test('a client that its owner has ended says nothing more', () => {
  const { lines, logger } = recorder()
  kafkajsLogCreator(logger, () => true)(1)(entry('Connection error: closed by the owner'))
  expect(lines).toEqual([])
})

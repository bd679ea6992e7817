import { silentLogger } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { diagnostics } from './diagnostics.ts'

test('what the SDK complains about is said once, in one line', () => {
  const said: string[] = []
  const logger = { ...silentLogger, warn: (_: unknown, message: string) => void said.push(message) }
  const { error, warn, info } = diagnostics(logger)
  const complaint = JSON.stringify({ stack: 'Error: export failed (Not Found)\n    at x', message: 'export failed' })
  error(complaint)
  error(complaint)
  warn('queue is full')
  info('not said')
  expect(said).toEqual(['Error: export failed (Not Found)', 'queue is full'])
})

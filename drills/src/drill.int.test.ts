import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Summary } from './summary.ts'

const ix = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url))

test('ix drill run: lost answers, a member back from the dead, aborted transactions, broken connections: nothing lost, doubled or out of order', {
  timeout: 400_000,
}, async () => {
  const args = [ix, 'drill', 'run', 'A3', 'B2', 'B16', 'D4', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 390_000 })
  const summary = JSON.parse(stdout) as Summary
  expect(summary).toMatchObject({
    scenarios: 4,
    failed: [],
    lost: 0,
    duplicatedEffects: 0,
    orderViolations: 0,
    otherViolations: 0,
    boundsMissed: 0,
  })
  expect(summary.faultsEffective).toBeGreaterThanOrEqual(10)
})

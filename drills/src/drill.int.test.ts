import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ix = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url))

test('ix drill run A3: the broker writes sends and does not answer; each arrives once, in order, and the faults are seen', {
  timeout: 300_000,
}, async () => {
  const args = [ix, 'drill', 'run', 'A3', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 290_000 })
  expect(JSON.parse(stdout)).toMatchObject({
    scenarios: 1,
    failed: [],
    faultsEffective: 5,
    lost: 0,
    duplicatedEffects: 0,
    orderViolations: 0,
    otherViolations: 0,
  })
})

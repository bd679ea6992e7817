import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { OwnResult } from './run-own-drill.ts'

const ix = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url))
const example = fileURLToPath(new URL('../../examples/consumer.json', import.meta.url))

const drill = async (file: string): Promise<{ readonly result: OwnResult; readonly code: number }> => {
  const run = promisify(execFile)(process.execPath, [ix, 'drill', 'run', '--config', file, '--json'])
  const { stdout, code } = await run.then(
    ({ stdout: said }) => ({ stdout: said, code: 0 }),
    (error: { readonly stdout: string; readonly code: number }) => error,
  )
  return { result: JSON.parse(stdout) as OwnResult, code }
}

test('a drill of our own consumer: each order is posted and reserved once, whatever the network, the database and signals do', {
  timeout: 400_000,
}, async () => {
  const { result, code } = await drill(example)
  expect(result.faults.map(({ fault, effective }) => [fault, effective])).toEqual([
    ['network reset', true],
    ['database down', true],
    ['freeze', true],
    ['kill', true],
  ])
  expect(result.invariants.map(({ broken }) => broken)).toEqual([null, null, null])
  expect(result).toMatchObject({ passed: true })
  expect(code).toBe(0)
})

test('a service that forgets what it had when it is killed fails its drill, and the rows that are missing are shown', {
  timeout: 200_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'own-drill-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const forgetful = "let kept = 1; console.log('ready'); setInterval(() => { kept++ }, 1000)"
  await writeFile(
    join(folder, 'drill.json'),
    JSON.stringify({
      name: 'forgetful',
      service: { start: ['node', '-e', forgetful], ready: { log: '^ready$' } },
      faults: [{ kind: 'kill', everyMs: 1 }],
      invariants: [
        { says: 'what was sent was kept', sql: 'SELECT 7 AS lost' },
        { says: 'the command agrees', command: ['node', '-e', 'process.exit(0)'] },
      ],
      settleMs: 1,
    }),
  )
  const { result, code } = await drill(join(folder, 'drill.json'))
  expect(result).toMatchObject({
    passed: false,
    settledMs: null,
    faults: [{ fault: 'kill', effective: true }],
    invariants: [{ broken: '1 rows: {"lost":7}' }, { broken: null }],
  })
  expect(code).toBe(1)
})

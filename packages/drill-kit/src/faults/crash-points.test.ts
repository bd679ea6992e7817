import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { readHistory } from '../history/history.ts'
import { crashText, readCrashPoint } from './crash-points.ts'

const folder = mkdtempSync(join(tmpdir(), 'crash-points-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const victim = fileURLToPath(new URL('./crash-victim.fixture.ts', import.meta.url))

test('a process dies at its point and hit, has told all it did, and runs nothing behind the point', async () => {
  const child = spawn(process.execPath, ['--no-warnings', victim, folder, 'b#2'])
  const [, signal] = await once(child, 'exit')
  expect(signal).toBe('SIGKILL')
  // What a kill in the middle of a line would leave.
  appendFileSync(join(folder, 'victim.jsonl'), '{"at":1,"pro')
  const facts = readHistory(folder).map(({ at, proc, ...fact }) => fact)
  expect(facts).toEqual([
    ...['a1', 'b1', 'a2'].map((detail) => ({ op: 'process', phase: 'ready', detail })),
    { op: 'crash', point: 'b', hit: 2 },
  ])
})

test('a crash point is named in one word and read again; anything else is refused', () => {
  expect(readCrashPoint(crashText({ point: 'outbox.sent', hit: 3 }))).toEqual({ point: 'outbox.sent', hit: 3 })
  expect(readCrashPoint(undefined)).toBeNull()
  expect(() => readCrashPoint('outbox.sent')).toThrow('name#hit')
  expect(() => readCrashPoint('outbox.sent#0')).toThrow('name#hit')
})

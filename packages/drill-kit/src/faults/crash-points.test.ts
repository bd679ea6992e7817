import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readHistory } from '../history/history.ts'
import { crashText, readCrashPoint } from './crash-points.ts'

const folder = mkdtempSync(join(tmpdir(), 'crash-points-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Reaches `a` and `b` in turn, three times, and notes each; its `finally` would note as well. */
const program = (crashAt: string): string => `
  import { createCrashPoints, readCrashPoint } from '${new URL('./crash-points.ts', import.meta.url)}'
  import { openHistory } from '${new URL('../history/history.ts', import.meta.url)}'
  const history = openHistory(${JSON.stringify(folder)}, 'victim')
  const reach = createCrashPoints(readCrashPoint('${crashAt}'), history)
  try {
    for (let round = 1; round <= 3; round++) for (const point of ['a', 'b']) {
      reach(point)
      history.note({ op: 'process', phase: 'ready', detail: point + round })
    }
  } finally {
    history.note({ op: 'process', phase: 'ended', detail: '' })
  }`

test('a process dies at its point and hit, has told all it did, and runs nothing behind the point', async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--no-warnings', '-e', program('b#2')])
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

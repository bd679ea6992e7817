import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHistoryReader, type Fact, type Happened, openHistory } from './history.ts'
import { scanHistory } from './scan-history.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const deliver = (offset: number): Fact => ({ op: 'deliver', partition: 0, offset, epoch: 1, id: `id-${offset}` })
const noted = (at: number, fact: Fact): string => `${JSON.stringify({ at, proc: 'member-1', ...fact })}\n`

const scanned = (): readonly Happened[] => {
  const facts: Happened[] = []
  scanHistory(folder, (fact) => facts.push(fact))
  return facts
}

test('a scan hands over all that was noted, whatever the size of a piece, and not the line that a death cut short', () => {
  const [writer, member] = [openHistory(folder, 'writer-1'), openHistory(folder, 'member-1')]
  for (let offset = 0; offset < 20_000; offset++) member.note(deliver(offset))
  writer.note({ op: 'send', phase: 'ok', id: 'ä'.repeat(2_000_000), key: 'k', seq: 1 })
  appendFileSync(join(folder, 'member-1.jsonl'), '{"op":"deliv')
  const facts = scanned()
  expect(facts.flatMap((fact) => (fact.op === 'deliver' ? [fact.offset] : []))).toEqual([...Array(20_000).keys()])
  expect(facts.flatMap((fact) => (fact.op === 'send' ? [fact.id.length] : []))).toEqual([2_000_000])
})

test('a reader that keeps the newest alone forgets messages and never assignments, faults or processes', () => {
  const file = join(folder, 'member-1.jsonl')
  const facts = createHistoryReader(folder, { keepMs: 1_000 })
  appendFileSync(file, noted(0, { op: 'assigned', partition: 0, epoch: 1 }) + noted(1, deliver(0)))
  expect(facts()).toHaveLength(2)
  appendFileSync(file, noted(500, deliver(1)) + noted(1_400, deliver(2)))
  expect(facts().map(({ op, at }) => [op, at])).toEqual([
    ['assigned', 0],
    ['deliver', 500],
    ['deliver', 1_400],
  ])
})

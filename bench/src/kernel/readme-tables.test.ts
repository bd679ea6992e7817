import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import type { Compared } from './compare.ts'
import { comparisons } from './comparisons.ts'
import { costsTable, kernelTables, readmeOf, readmePath, withTables } from './readme-tables.ts'
import { type KernelFile, type Named, withoutOlder } from './result-files.ts'

const compared = (name: Compared['name'], ratio: number, met: boolean): Compared => ({
  name,
  ratio,
  interval: [ratio - 1, ratio + 1],
  goal: { atLeast: 1 },
  met,
  arms: [{ arm: 'full', recordsPerSecond: 1_000, cpuMicrosPerRecord: 2, duplicates: 0 }],
})

const run = (name: string, results: readonly Compared[], profiles: KernelFile['profiles'] = []): Named<KernelFile> => ({
  name,
  file: {
    commit: 'abc',
    node: 'v24',
    cpus: 2,
    pinned: true,
    rounds: 5,
    seconds: 5,
    driftPercent: 1,
    results,
    profiles,
  },
})

it('shows in the README the newest results that are committed', async () => {
  const text = await readFile(readmePath, 'utf8')
  expect(text).toBe(await readmeOf(text))
})

it('takes the newest result of each cell, and leaves out a run that has none', () => {
  const runs = [
    run('3', [compared('P2', 3, true)]),
    run('2', [compared('P1', 2, true), compared('P2', 2, true)]),
    run('1', [compared('P1', 1, true)]),
  ]
  const left = withoutOlder(runs).map(({ name, file }) => [
    name,
    file.results.map((each) => `${each.name} ${each.ratio}`),
  ])
  expect(left).toEqual([
    ['3', ['P2 3']],
    ['2', ['P1 2']],
  ])
})

it('publishes a losing cell like a winning one, with its flame graph and the next idea', () => {
  const profile = {
    arm: 'full',
    cpuMicrosPerRecord: 2,
    parts: [],
    hottest: [{ name: 'take (x.js:1)', share: 0.2 }],
  } as const
  const tables = kernelTables([run('now', [compared('P1', 3, false), compared('P4', 2, true)], [profile])])
  expect(tables).toContain(
    '| P1 | full consume path | NestJS Kafka transport, JSON | 3.00 | 2.00 to 4.00 | >= 6 | **no** |  |',
  )
  const { nextIdea } = comparisons.P1
  expect(tables).toContain(`| P1 | [full.svg](results/now/full.svg) | take (x.js:1) 20 % | ${nextIdea} |`)
  expect(tables).not.toMatch(/\| P4 \| \[/)
})

it('holds what is spent against the budget, part by part and as a whole', () => {
  const costs = {
    bytesMicros: 1.6,
    opaqueMicros: 2,
    fullMicros: 4,
    parts: [
      { part: 'client: fetch, record decoding', micros: 2 },
      { part: 'Avro decoding', micros: 1 },
      { part: 'garbage collector', micros: 0.5 },
      { part: 'sockets, event loop, engine', micros: 0.5 },
    ],
  }
  const table = costsTable({ name: 'then', file: { commit: 'abc', node: 'v24', cpus: 2, figures: { costs } } })
  expect(table).toContain('| client: fetch, record decoding |  | 2.00 | 50 % |')
  expect(table).toContain('| Avro decoding | 0.78 | 1.00 | 25 % |')
  expect(table).toContain('| **all but stock kafkajs alone** | 1.71 | 2.40 | 60 % |')
})

it('replaces what stands between the marks and nothing else, and misses marks loudly', () => {
  const begin = '<!-- costs: generated from the newest results by `bench --readme` -->'
  expect(withTables(`a\n${begin}\nold\n<!-- /costs -->\nb`, 'costs', 'new')).toBe(
    `a\n${begin}\n\nnew\n\n<!-- /costs -->\nb`,
  )
  expect(() => withTables('a', 'costs', 'new')).toThrow('no place for the tables of costs')
})

import { expect, it } from 'vitest'
import { costParts } from './cost-parts.ts'
import { type CpuProfile, callTree, hottest } from './cpu-profile.ts'
import { flameGraph } from './flame-graph.ts'

const node = (id: number, functionName: string, url: string, ...children: number[]) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
  children,
})

/** 100 us of an intake, 300 of a decoder called by it, 200 of native text below that, 250 of collection, 5,000 of nothing, 400 of the profiler. */
const profile: CpuProfile = {
  nodes: [
    node(1, '(root)', '', 2, 3, 4, 7),
    node(2, '(idle)', ''),
    node(3, '(garbage collector)', ''),
    node(4, 'take', 'file:///home/x/packages/messaging/dist/consume/intake.js', 5),
    node(5, 'decode', 'file:///home/x/node_modules/.pnpm/avsc@5/node_modules/avsc/lib/types.js', 6),
    node(6, 'utf8<Slice>', ''),
    node(7, 'post', 'node:inspector'),
  ],
  samples: [7, 4, 5, 6, 2, 3, 4],
  timeDeltas: [0, 400, 100, 300, 200, 5_000, 250],
}

it('gives each function the time until the next sample, and leaves out what was no work', () => {
  const root = callTree(profile)
  expect(root.totalMicros).toBe(850)
  expect(hottest(root, 2)).toEqual([
    { name: 'decode (avsc/lib/types.js:10)', share: 300 / 850 },
    { name: '(garbage collector)', share: 250 / 850 },
  ])
})

it('counts native work to the part that asked for it, and every microsecond once', () => {
  const shares = costParts(callTree(profile))
  expect(shares).toEqual([
    { part: 'Avro decoding', share: 500 / 850 },
    { part: 'intake, lanes, offset ring', share: 100 / 850 },
    { part: 'garbage collector', share: 250 / 850 },
  ])
})

it('draws a flame graph that needs nothing else: one file, no script, names that are no mark-up', () => {
  const svg = flameGraph('P1 <full>', callTree(profile))
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 1200 \d+"/)
  expect(svg).toContain('P1 &lt;full&gt;')
  expect(svg).toContain('utf8&lt;Slice&gt;: 23.5 %, 100 % of it itself')
  expect(svg).not.toMatch(/<script|href|idle/)
  expect(svg.match(/<g>/g)?.length).toBe(svg.match(/<\/g>/g)?.length)
})

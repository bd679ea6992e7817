import { expect, test } from 'vitest'
import { htmlReport } from './html-report.ts'
import { resultNamed } from './result.fixture.ts'
import type { Timeline } from './tally.ts'

const facts = { at: '2026-01-01T00:00:00.000Z', commit: 'abc', seed: 7 }
const timeline: Timeline = {
  acknowledged: [100, 0, 50],
  delivered: [90, 0, 60],
  assignedMs: [100, 2_000],
  faults: [
    { fromMs: 500, toMs: 1_500, stallMs: 900, recoveryMs: 100 },
    { fromMs: 2_000, toMs: 2_000, stallMs: 10, recoveryMs: null },
  ],
}

/** Elements that are opened and never closed, or the other way round. Attributes in quotes are skipped. */
const unbalanced = (page: string): readonly string[] => {
  const open: string[] = []
  for (const [, closing, name = '', selfClosed] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (selfClosed === '/') continue
    if (closing === '') open.push(name)
    else if (open.at(-1) === name) open.pop()
    else return [...open, `/${name}`]
  }
  return open
}

const elements = (page: string, pattern: RegExp): number => [...page.matchAll(pattern)].length

test('is one page that is whole and loads nothing from anywhere', () => {
  const page = htmlReport([resultNamed('B1', { timeline }), resultNamed('A3')], facts)
  expect(unbalanced(page)).toEqual([])
  expect(page).not.toMatch(/<script|<link|<img|@import|url\(|(?:src|href)=/)
})

test('draws a curve for what was acknowledged and delivered, a bar for each fault and a tick for each take-over', () => {
  const page = htmlReport([resultNamed('B1', { timeline })], facts)
  expect(elements(page, /<polyline /g)).toBe(2)
  expect(elements(page, /<rect class="fault"/g)).toBe(1)
  expect(elements(page, /<rect class="unseen"/g)).toBe(1)
  expect(elements(page, /<rect class="take-over"/g)).toBe(2)
  for (const [, points = ''] of page.matchAll(/points="([^"]*)"/g))
    for (const point of points.split(' ')) expect(point).toMatch(/^\d+\.\d,\d+\.\d$/)
})

test('bars stay within the picture', () => {
  const page = htmlReport([resultNamed('B1', { timeline })], facts)
  for (const [, x, width] of page.matchAll(/<rect class="(?:fault|unseen)" x="([\d.]+)"[^>]* width="([\d.]+)"/g))
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(952)
})

test('what comes from outside is text, not markup', () => {
  const faults = [{ fault: '<b>', target: '"&\'', effective: true }]
  const counterExamples = [{ invariant: 'V1', detail: '</pre><script>', facts: [{ key: '<i>' }] } as const]
  const page = htmlReport([resultNamed('B1', { faults, counterExamples, timeline, passed: false })], facts)
  expect(unbalanced(page)).toEqual([])
  expect(page).not.toMatch(/<script|<b>|<i>/)
})

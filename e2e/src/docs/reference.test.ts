import { ceHeaders, deadLetterHeaders, errorCodes, failureClasses, traceHeaders } from '@interchange/messaging'
import { attributes, correlationBaggageKey, logFields, metricNames, spanNames } from '@interchange/telemetry'
import { describe, expect, it } from 'vitest'
import { codeOf, readPage, sourceFiles, tableRows, textOf } from './markdown.ts'

/** First cells of a page's tables that are nothing but code. */
const listedIn = (page: string): readonly string[] => tableRows(page).flatMap(([cell]) => codeOf(cell) ?? [])

const once = (names: readonly string[]): readonly string[] => {
  expect(
    names.filter((name, at) => names.indexOf(name) !== at),
    'listed twice',
  ).toEqual([])
  return names.toSorted()
}

describe('docs/reference/errors.md', () => {
  const rows = tableRows('docs/reference/errors.md').filter(([code]) => codeOf(code)?.startsWith('ICX_'))
  const sources = sourceFiles()
    .filter((path) => !path.endsWith('error-codes.ts'))
    .map(textOf)

  it('lists exactly the codes of the union, with their meaning', () => {
    expect(once(rows.map(([code]) => codeOf(code) ?? ''))).toEqual(Object.keys(errorCodes).toSorted())
    expect(Object.fromEntries(rows.map(([code, meaning]) => [codeOf(code), meaning]))).toEqual(errorCodes)
  })

  it('gives each a class or an HTTP status, and says what to do', () => {
    const known = new Set<string>([
      ...failureClasses,
      ...['400', '401', '404', '408', '409', '413', '415', '422', '429', '500', '503'],
    ])
    for (const [code, , kinds = '', remedy = ''] of rows) {
      expect(
        kinds.split(', ').filter((kind) => !known.has(kind)),
        code,
      ).toEqual([])
      expect(remedy.length, `${code} says nothing`).toBeGreaterThan(10)
    }
  })

  it('names every class and status that the code gives a code by name', () => {
    const pattern =
      /new InterchangeError\(\s*'(ICX_\w+)'(?:(?!new (?:Interchange|Problem)Error)[\s\S]){0,400}?class: '([a-z-]+)'|new ProblemError\((\d{3}), '(ICX_\w+)'/g
    const given = sources.flatMap((text) =>
      [...text.matchAll(pattern)].map(([, code, failureClass, status, problem]) => [
        code ?? problem,
        failureClass ?? status,
      ]),
    )
    expect(given.length).toBeGreaterThan(80)
    const listed = new Map(rows.map(([code, , kinds = '']) => [codeOf(code), kinds.split(', ')]))
    expect(given.filter(([code, kind]) => !listed.get(code)?.includes(kind ?? ''))).toEqual([])
  })

  it('lists no code that nothing raises', () => {
    expect(Object.keys(errorCodes).filter((code) => !sources.some((text) => text.includes(`'${code}'`)))).toEqual([])
  })
})

describe('docs/reference/headers.md', () => {
  it('lists exactly the headers we read or write', () => {
    const names = [ceHeaders, traceHeaders, deadLetterHeaders].flatMap((group) => Object.values<string>(group))
    expect(once(listedIn('docs/reference/headers.md'))).toEqual(names.toSorted())
  })
})

describe('docs/reference/telemetry.md', () => {
  it('lists exactly the names that leave the system', () => {
    const names = [
      spanNames.send('<topic>'),
      spanNames.process('<topic>'),
      spanNames.httpServer('<METHOD>', '<route>'),
      correlationBaggageKey,
      ...Object.values(attributes),
      ...Object.values(metricNames),
      ...Object.values(logFields),
    ]
    // The baggage entry and an attribute share a name.
    expect([...new Set(listedIn('docs/reference/telemetry.md'))].toSorted()).toEqual([...new Set(names)].toSorted())
  })

  it('gives the buckets of the durations', () => {
    const names = textOf('packages/telemetry/src/telemetry-names.ts')
    const buckets = /durationBuckets = \[([^\]]+)\]/.exec(names)?.[1] ?? 'none found'
    expect(textOf('docs/reference/telemetry.md')).toContain(buckets)
  })
})

describe('docs/reference/demo.md', () => {
  const page = 'docs/reference/demo.md'
  const sample = JSON.parse(textOf('e2e/src/docs/examples/demo-result.json')) as {
    readonly groups: readonly { group: string; in: number; done: number; waiting: number; dead: number }[]
  }

  it('says what each figure of the JSON line means', () => {
    expect(once(listedIn(page))).toEqual([...new Set(pathsOf(sample))].toSorted())
  })

  it('shows a line with every figure that the demo prints', () => {
    const source = textOf('packages/cli/src/demo/demo-result.ts')
    const shape = source.slice(source.indexOf('interface DemoResult'), source.indexOf('interface DemoFacts'))
    const declared = [...shape.matchAll(/readonly (\w+):/g)].map(([, name = '']) => name)
    const shown = new Set(pathsOf(sample).flatMap((path) => path.replaceAll('[]', '').split('.')))
    expect(declared.filter((name) => !shown.has(name))).toEqual([])
  })

  it('shows the line of a run in which nothing was lost', () => {
    expect(sample).toMatchObject({ ok: true, events: { lost: 0, duplicatedEffects: 0 } })
    expect(readPage(page).fences.some(({ info }) => info.startsWith('json'))).toBe(true)
  })

  it('is of the run that the README shows', () => {
    const shown = textOf('README.md').replaceAll(/ +/g, ' ')
    for (const { group, in: received, done, waiting, dead } of sample.groups) {
      expect(shown).toContain(`\n ${group} ${received} = ${done} + ${waiting} + ${dead}\n`)
    }
  })
})

/** `events.lost`, `groups[].in`: the path of every leaf; a list of words is a leaf. */
const pathsOf = (value: unknown, path = ''): readonly string[] => {
  if (Array.isArray(value)) {
    const parts = value.filter((item) => typeof item === 'object')
    return parts.length === 0 ? [path] : [...new Set(parts.flatMap((item) => pathsOf(item, `${path}[]`)))]
  }
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, path === '' ? name : `${path}.${name}`))
}

import { badInputs, type OddRecord, oddRecords } from '@interchange/conformance'
import { describe, expect, it } from 'vitest'
import { expectSection, markdownTable } from './generated-section.ts'
import { hasTitle } from './test-titles.ts'

const page = 'docs/reference/bad-inputs.md'
const matrix = 'conformance/src/bad-inputs/bad-inputs.int.test.ts'

const ofInput = (id: string): readonly OddRecord[] => oddRecords.filter((odd) => odd.input === id)

const fateOf = ({ becomes }: OddRecord): string =>
  typeof becomes === 'string' ? becomes : `letter \`${becomes.code}\`, ${becomes.failureClass}`

/** Odd records of an input, those of one fate together. */
const onTopics = (id: string): readonly string[] =>
  [...Map.groupBy(ofInput(id), fateOf)].map(([fate, records]) => {
    const whats = records.map(({ what }) => what.replaceAll('_', '\\_')).join(', ')
    return `${whats}: ${fate}`
  })

const linkTo = (path: string): string => `[${path.slice(path.lastIndexOf('/') + 1)}](../../${path})`

const rowOf = ({ id, input, elsewhere }: (typeof badInputs)[number]): readonly string[] => {
  const files = [...(ofInput(id).length > 0 ? [matrix] : []), ...elsewhere.map(({ file }) => file)]
  const fates = [...onTopics(id), ...elsewhere.map(({ becomes }) => becomes)]
  return [id, input, fates.join('<br>'), [...new Set(files)].map(linkTo).join('<br>')]
}

describe(page, () => {
  it('has a row for each of the 66 inputs', () => {
    const ids = Array.from({ length: 66 }, (_, index) => `X${String(index + 1).padStart(2, '0')}`)
    expect(badInputs.map(({ id }) => id)).toEqual(ids)
    expect(oddRecords.filter(({ input }) => !ids.includes(input))).toEqual([])
  })

  it('says of each what becomes of it, and what shows that', () => {
    for (const { id, elsewhere } of badInputs) {
      expect(ofInput(id).length + elsewhere.length, `${id} is shown by nothing`).toBeGreaterThan(0)
    }
  })

  const shown = badInputs.flatMap(({ id, elsewhere }) => elsewhere.map(({ file, title }) => [id, file, title] as const))
  it.each(shown)('%s: %s has the test "%s"', (_id, file, title) => {
    expect(hasTitle(file, title)).toBe(true)
  })

  it('is generated from the list and the odd records', () => {
    expectSection(page, 'bad inputs', markdownTable(['', 'input', 'becomes', 'shown by'], badInputs.map(rowOf)))
  })
})

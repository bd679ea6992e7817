import { declaredGaps } from '@interchange/conformance'
import { describe, expect, it } from 'vitest'
import { expectSection, markdownTable } from './generated-section.ts'
import { hasTitle } from './test-titles.ts'

const page = 'docs/reference/drivers.md'

describe(page, () => {
  it('gives each declared gap a reason, and the test that shows how it is without', () => {
    for (const { doesNot, because, shown } of declaredGaps) {
      expect(because.length, doesNot).toBeGreaterThan(20)
      expect(hasTitle(shown.file, shown.title), shown.title).toBe(true)
    }
  })

  it('lists them as they are declared', () => {
    const rows = declaredGaps.map(({ drivers, doesNot, because, shown }) => [
      drivers.join(', '),
      doesNot,
      because,
      `[${shown.title.split(' ')[0]}](../../${shown.file})`,
    ])
    expectSection(
      page,
      'gaps',
      markdownTable(['driver', 'does not', 'no promise is touched, because', 'shown by'], rows),
    )
  })
})

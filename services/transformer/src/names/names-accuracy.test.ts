import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parsePersonName } from './parse-person-name.ts'

const shared = process.env['INTERCHANGE_SHARED_DATA'] ?? '../shared/data'
const file = join(shared, 'names', 'probablepeople-person_labeled.xml')
const present = existsSync(file)

interface LabelledName {
  readonly text: string
  readonly given: string
  readonly family: string
  readonly around: string
}

const givenLabels = ['GivenName', 'FirstInitial', 'MiddleName', 'MiddleInitial']
const familyLabels = ['Surname', 'LastInitial']
const aroundLabels = ['PrefixMarital', 'PrefixOther', 'SuffixGenerational', 'SuffixOther']

/** One person each, with a given and a family name; single words and couples say nothing about taking names apart. */
const labelledNames = (): readonly LabelledName[] =>
  [...readFileSync(file, 'utf8').matchAll(/<Name>(.*?)<\/Name>/gs)].flatMap(([, xml = '']) => {
    const words = [...xml.matchAll(/<(\w+)>(.*?)<\/\1>/g)].map(([, label = '', word = '']) => ({
      label,
      word: unescaped(word),
    }))
    const of = (labels: readonly string[]): string =>
      words.flatMap(({ label, word }) => (labels.includes(label) ? [word.replaceAll(',', '')] : [])).join(' ')
    const name = {
      text: words.map(({ word }) => word).join(' '),
      given: of(givenLabels),
      family: of(familyLabels),
      around: of(aroundLabels),
    }
    return name.given === '' || name.family === '' || words.some(({ label }) => label === 'And') ? [] : [name]
  })

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&')

const joined = (...parts: readonly (string | null)[]): string => parts.filter((part) => part !== null).join(' ')

const title = present
  ? 'names of probablepeople, labelled by hand'
  : `SKIPPED: no labelled names at ${file}; set INTERCHANGE_SHARED_DATA`

describe.skipIf(!present)(title, () => {
  it('are taken apart word for word in at least 96 of 100', () => {
    const names = labelledNames()
    const right = names.filter((name) => {
      const { prefix, given, middle, particles, family, suffix } = parsePersonName(name.text)
      return (
        joined(given, middle) === name.given &&
        joined(particles, family) === name.family &&
        joined(prefix, suffix) === name.around
      )
    })
    const score = right.length / names.length
    process.stdout.write(
      `names taken apart as labelled: ${right.length} of ${names.length} (${(score * 100).toFixed(1)} %)\n`,
    )
    expect(names.length).toBeGreaterThan(1_500)
    expect(score).toBeGreaterThanOrEqual(0.96)
  })
})

import { expect, it } from 'vitest'
import { comparisonNames } from './kernel/comparisons.ts'
import { readOptions, usage } from './read-options.ts'

it('runs what is named, variants included, in the order of the tables', () => {
  expect(readOptions(['--only', 'costs,P12-512,P6,P1'])).toMatchObject({
    comparisons: ['P1', 'P6-1ms', 'P6-10ms', 'P6-50ms', 'P12-512'],
    sessions: ['costs'],
  })
})

it('runs everything when nothing is named', () => {
  expect(readOptions([])).toMatchObject({
    comparisons: comparisonNames,
    sessions: ['pipeline', 'costs'],
    seconds: 5,
    rounds: 5,
    budgetMinutes: 17,
  })
})

it('measures nothing when asked for none', () => {
  expect(readOptions(['--only', 'none', '--readme'])).toMatchObject({ comparisons: [], sessions: [], readme: true })
})

it.each([
  [['--only', 'P1,P99'], 'There is no benchmark P99.'],
  [['--only', ''], 'There is no benchmark .'],
  [['--rounds', '1.5'], '--rounds is a whole number above 0.'],
  [['--seconds', 'x'], '--seconds and --budget are numbers above 0.'],
  [['--budget', '0'], '--seconds and --budget are numbers above 0.'],
  [['--minutes=-1'], '--minutes is a number from 0 to 1440.'],
])('complains of %j', (args, complaint) => {
  expect(readOptions(args)).toBe(complaint)
})

it('complains of an option it does not know, and answers nothing but help when asked for it', () => {
  expect(readOptions(['--fast'])).toMatch("Unknown option '--fast'")
  expect(readOptions(['-h', '--only', 'P99'])).toBe('')
})

it('names every comparison in its help', () => {
  for (const name of comparisonNames) expect(usage).toContain(`  ${name.split('-')[0]} `)
})

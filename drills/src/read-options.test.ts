import { expect, test } from 'vitest'
import { readOrder } from './read-options.ts'
import { runsIn } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'

const namesOf = (...args: readonly string[]): readonly string[] => {
  const order = readOrder(args)
  return order.do === 'scenarios' ? order.chosen.map(({ name }) => name) : []
}

test('without a word it is a look at every scenario that has one', () => {
  const small = scenarios.filter((scenario) => runsIn(scenario, 'smoke'))
  expect(readOrder([])).toMatchObject({ do: 'scenarios', size: 'smoke', chosen: small, json: false })
})

test('a look has two lanes, figures are measured in one', () => {
  expect(readOrder([])).toMatchObject({ lanes: 2 })
  expect(readOrder(['--all'])).toMatchObject({ lanes: 1 })
  expect(readOrder(['--all', '--lanes', '3'])).toMatchObject({ lanes: 3 })
})

test('shards share out the scenarios: each is in one', () => {
  const shards = [1, 2, 3].map((part) => namesOf('--all', '--shard', `${part}/3`))
  expect(shards.flat().sort()).toEqual(scenarios.map(({ name }) => name).sort())
  expect(Math.max(...shards.map(({ length }) => length))).toBeLessThanOrEqual(Math.ceil(scenarios.length / 3))
})

test.each([
  [['--only', 'Z9'], 'There is no scenario Z9.'],
  [['--smoke', '--all'], '--smoke or --all, not both.'],
  [['--shard', '4/3'], '--shard is K/N: the Kth of N parts.'],
  [['--shard', '0/3'], '--shard is K/N: the Kth of N parts.'],
  [['soak', '--minutes', '0'], '--minutes is a number above zero.'],
  [['soak', 'more'], 'There is nothing called soak more.'],
  [['--lanes', '0'], '--lanes is a number above zero.'],
  [['--seed', '1.5'], '--seed is a whole number.'],
])('%j is answered with "%s"', (args, about) => {
  expect(readOrder(args)).toEqual({ do: 'complain', about })
})

test('an option that there is not is named', () => {
  expect(readOrder(['--al'])).toMatchObject({ do: 'complain', about: expect.stringContaining("'--al'") })
})

test('a soak lasts an hour unless it is told otherwise', () => {
  expect(readOrder(['soak'])).toMatchObject({ do: 'soak', minutes: 60 })
  expect(readOrder(['soak', '--minutes', '3', '--json'])).toMatchObject({ do: 'soak', minutes: 3, json: true })
})

test("a drill of a service of one's own is a file", () => {
  expect(readOrder(['--config', 'mine.json', '--seed', '7'])).toMatchObject({ do: 'own', file: 'mine.json', seed: 7 })
})

test('in real time there are those whose clocks run faster, with clocks that do not, once', () => {
  const order = readOrder(['--real-time'])
  const fast = scenarios.filter(({ handling }) => handling?.clockFactor !== undefined)
  expect(fast.length).toBeGreaterThan(0)
  if (order.do !== 'scenarios') throw new Error(order.do)
  expect(order.chosen.map(({ name }) => name)).toEqual(fast.map(({ name }) => `${name}-real-time`))
  for (const { handling, faults } of order.chosen) {
    expect(handling?.clockFactor).toBeUndefined()
    expect(faults.map(({ times }) => times.full)).toEqual(faults.map(() => 1))
  }
})

test('nothing in real time among those that were named is said', () => {
  expect(readOrder(['--real-time', '--only', 'A1'])).toEqual({
    do: 'complain',
    about: 'A1 has no clocks that run faster.',
  })
})

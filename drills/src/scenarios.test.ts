import { expect, test } from 'vitest'
import { scenarios } from './scenarios/index.ts'

test('scenarios have names of their own', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length)
})

test.each(scenarios)('$name says in two sentences what it does and what must hold', ({ says }) => {
  expect(says.match(/\.(\s|$)/g)).toHaveLength(2)
})

test.each(scenarios)('$name has faults in each size, more in full, and invariants', ({ faults, invariants }) => {
  expect(faults.length).toBeGreaterThan(0)
  for (const { times } of faults) expect(times.full).toBeGreaterThan(times.smoke)
  expect(invariants.length).toBeGreaterThan(0)
})

test('there is a control on a stock client, and it asks for what the drill it controls asks for', () => {
  const controls = scenarios.filter(({ mustBreak }) => mustBreak)
  expect(controls.length).toBeGreaterThan(0)
  for (const { name, invariants, faults, brokers } of controls) {
    const own = scenarios.find((scenario) => scenario.name === name.replace(/-stock$/, ''))
    expect(own?.invariants).toEqual(expect.arrayContaining([...invariants]))
    expect(own?.faults.map(({ fault }) => fault)).toEqual(faults.map(({ fault }) => fault))
    expect(own?.brokers).toBe(brokers)
  }
})

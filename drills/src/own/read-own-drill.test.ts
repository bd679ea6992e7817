import { expect, test } from 'vitest'
import { readOwnDrill } from './read-own-drill.ts'

const whole = {
  name: 'mine',
  service: { start: ['node', 'service.js'], ready: { url: 'http://127.0.0.1:{port}/ready' } },
  faults: [{ kind: 'kill' }],
  invariants: [{ says: 'nothing is missing', sql: 'SELECT 1 WHERE false' }],
}

test('what a drill leaves out is one broker, one instance, no registry, no load and a minute to settle', () => {
  expect(readOwnDrill(whole)).toEqual({
    name: 'mine',
    brokers: 1,
    registry: false,
    setUp: [],
    service: { ...whole.service, env: {}, instances: 1 },
    load: null,
    faults: [{ fault: { kind: 'kill' }, times: 1, everyMs: 2_000 }],
    invariants: whole.invariants,
    settleMs: 60_000,
  })
})

test.each([
  ['an unknown field', { ...whole, fault: [] }, 'fault in the drill has to be'],
  ['no name', { ...whole, name: undefined }, 'name has to be a text.'],
  ['a name that is no folder', { ...whole, name: '../x' }, 'name has to be lower-case letters'],
  ['two brokers', { ...whole, brokers: 2 }, 'brokers has to be 1 or 3.'],
  ['an unknown fault', { ...whole, faults: [{ kind: 'flood' }] }, 'fault 1.kind has to be kill'],
  ['an unknown toxic', { ...whole, faults: [{ kind: 'network', toxic: { kind: 'rain' } }] }, 'fault 1.toxic.kind has'],
  [
    'a toxic without its number',
    { ...whole, faults: [{ kind: 'database', toxic: { kind: 'latency' } }] },
    'fault 1.toxic.latencyMs has to be a whole number above zero.',
  ],
  ['no fault', { ...whole, faults: [] }, 'faults has to be a list with at least one.'],
  ['no invariant', { ...whole, invariants: [] }, 'invariants has to be a list with at least one.'],
  ['an invariant of two kinds', { ...whole, invariants: [{ says: 'x', sql: 'x', command: ['x'] }] }, 'either sql or'],
  ['a service that is never ready', { ...whole, service: { start: ['x'], ready: {} } }, 'either a url or a log.'],
  [
    'a start that is no list',
    { ...whole, service: { ...whole.service, start: 'node x' } },
    'service.start has to be a list',
  ],
])('%s is refused by name', (_, json, says) => {
  expect(() => readOwnDrill(json)).toThrow(says)
})

import type { GroupHealth } from '@interchange/messaging'
import type { RelayHealth } from '@interchange/store'
import { expect, test } from 'vitest'
import { healthReport } from './health-controller.ts'
import type { StartState } from './kafka-runtime.ts'

const statusOf = (group: GroupHealth['state'], relay: RelayHealth['state'], start: StartState = 'started'): string =>
  healthReport({
    state: () => start,
    health: () => [{ group: 'ledger', state: group, detail: '', inFlight: 0, assigned: 1, progressAgeMs: 0 }],
    relays: () => [{ group: 'ledger', state: relay, detail: '', sent: 0, quarantined: 0 }],
  }).status

test.each(['starting', 'standby', 'running', 'closed'] as const)(
  'a relay that is %s takes nothing from ok',
  (relay) => {
    expect(statusOf('running', relay)).toBe('ok')
  },
)

test('a relay that sends nothing for an outage is degraded, and never worse', () => {
  expect(statusOf('running', 'degraded')).toBe('degraded')
  expect(statusOf('failed', 'degraded')).toBe('failed')
  expect(statusOf('starting', 'degraded')).toBe('starting')
  expect(statusOf('running', 'degraded', 'failed')).toBe('failed')
})

import { beforeAll, describe, expect, it } from 'vitest'
import { any, firstSeed, type Of, red, redAll } from './broken-history.fixture.ts'
import { checkHistory } from './check-history.ts'
import type { Happened } from './history.ts'
import { toldBytesMax, toldTopic } from './plan.ts'
import type { SeedResult } from './run-seed.ts'

let relayed: SeedResult
beforeAll(async () => {
  relayed = await firstSeed(
    ({ outbox }) => outbox !== undefined,
    [
      (event) => event.kind === 'quarantined',
      (event) => event.kind === 'written',
      (event) => event.kind === 'relay' && event.what === 'sends',
    ],
  )
}, 120_000)

describe('the checkers of the relay', () => {
  it('find nothing in a sound history', () => {
    expect(checkHistory(relayed.plan, relayed.history)).toEqual([])
  })

  it('see a row of the outbox that is not sent, not written, out of order, or quarantined for nothing (O1)', () => {
    const { history } = relayed
    const isTold = ({ topic }: Of<'append'>): boolean => topic === toldTopic
    expect(redAll(relayed, (event) => (event.kind === 'append' && isTold(event) ? undefined : event))).toContain('O1')
    expect(red(relayed, 'append', isTold, (event) => [event, { ...event, id: 'another', offset: 9_999 }])).toContain(
      'O1',
    )
    const isSent = ({ topic, bytes }: Of<'written'>): boolean => topic === toldTopic && bytes < toldBytesMax
    const quarantined = ({ id, topic, atMs }: Of<'written'>): Happened => ({ kind: 'quarantined', id, topic, atMs })
    expect(red(relayed, 'written', isSent, (event) => [event, quarantined(event)])).toContain('O1')
    expect(red(relayed, 'quarantined', any, () => [])).toContain('O1')
    const late = (event: Of<'written'>): Happened[] => [{ ...event, position: 1_000 }]
    const hasLater = (event: Of<'written'>): boolean =>
      isSent(event) &&
      history.some(
        (other) =>
          other.kind === 'written' && isSent(other) && other.key === event.key && other.position > event.position,
      )
    expect(red(relayed, 'written', hasLater, late)).toContain('O1')
  })

  it('see a relay that sends although another has the lease (O2)', () => {
    const fenced = ({ process, atMs }: Of<'relay'>): Happened => ({ kind: 'relay', process, what: 'refused', atMs })
    expect(
      red(
        relayed,
        'relay',
        ({ what }) => what === 'sends',
        (event) => [fenced(event), event],
      ),
    ).toContain('O2')
  })
})

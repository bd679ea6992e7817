import { type Mutant, storeMutant as mutant } from './mutant.ts'

const relay = 'outbox/relay.ts'
const sends = 'outbox/send-page.ts'
const pages = 'outbox/read-page.ts'

/** The relay of the outbox. */
export const relayMutants: readonly Mutant[] = [
  mutant(
    'relay-moves-first',
    relay,
    'const refused = await sendPage(',
    'await settle(lease, page, [])\n        const refused = await sendPage(',
  ),
  mutant('relay-unknown-is-sent', sends, "outcome.status === 'unknown' ||", ''),
  mutant('relay-fenced-goes-on', 'outbox/relay-lease.ts', 'if (rows.length === 0) throw lost(owner)', ''),
  mutant(
    'relay-page-skipped',
    pages,
    '{ ...cursor, sentPosition: last.position }',
    '{ ...cursor, sentPosition: windowEnd }',
  ),
  mutant(
    'relay-late-commit-lost',
    pages,
    '? { sentXid: windowXid, windowXid,',
    '? { sentXid: String(BigInt(windowXid) + 3n), windowXid,',
  ),
  mutant(
    'relay-window-forgotten',
    pages,
    'BigInt(cursor.sentPosition) < BigInt(cursor.windowEnd)',
    'BigInt(cursor.sentPosition) < 0n',
  ),
  mutant(
    'relay-side-by-side',
    sends,
    'Map.groupBy(rows, ({ record }) =>',
    'Map.groupBy(rows, ({ record, id }) => id +',
  ),
  mutant(
    'relay-resends-backwards',
    sends,
    'pending = pending.slice(open)',
    'pending = pending.slice(open).toReversed()',
  ),
  mutant('relay-refused-forgotten', relay, 'await quarantine(tx, refused)', ''),
  mutant(
    'relay-ends-at-outage',
    relay,
    'if (signal.aborted) break\n        degraded',
    'if (failures >= 0) break\n        degraded',
  ),
  mutant(
    'relay-prunes-unsent',
    'outbox/relay.ts',
    'await lease.advance(tx, page.next, !page.full)',
    'await lease.advance(tx, { ...page.next, sentXid: page.next.windowXid }, !page.full)',
  ),
]

import { configPart } from './config-part.ts'
import { withDefault } from './setting.ts'
import { integer } from './setting-types.ts'

/** What a group keeps in Postgres beside its effects. */
export const storeConfig = configPart(
  'Inbox and outbox',
  {
    inboxWindowDays: withDefault(
      'INBOX_WINDOW_DAYS',
      integer(-1, 3_650),
      '45',
      'How long the inbox remembers what it has settled; -1: for ever. At least as long as the topics can be read.',
    ),
    inboxPruneEveryMs: withDefault(
      'INBOX_PRUNE_EVERY_MS',
      integer(1_000, 86_400_000),
      '3600000',
      'Pause between two rounds of forgetting.',
    ),
    outboxPollMs: withDefault(
      'OUTBOX_POLL_MS',
      integer(10, 60_000),
      '500',
      'Longest time the relay sleeps when nothing wakes it.',
    ),
    outboxLeaseMs: withDefault(
      'OUTBOX_LEASE_MS',
      integer(1_000, 600_000),
      '15000',
      'How long a relay that says nothing keeps the others out; longer than one send may take.',
    ),
  },
  ({ inboxWindowDays }) =>
    inboxWindowDays === 0
      ? [{ env: 'INBOX_WINDOW_DAYS', found: '0', remedy: 'set it to at least 1, or to -1 for ever' }]
      : [],
)

import type { Topic } from '@interchange/messaging'
import { defineTopic } from './define-topic.ts'
import { type DeliveryOutcome, deliveryOutcomeVersions } from './generated/interchange/delivery-outcome.ts'
import { type ReplayAudit, replayAuditVersions } from './generated/interchange/replay-audit.ts'

/** What became of messages that failed before, keyed by message id. Every group publishes it; nobody has dead letters on it. */
export const deliveryOutcome: Topic<DeliveryOutcome> = defineTopic({
  kind: 'internal',
  versions: deliveryOutcomeVersions,
  keyOf: (outcome: DeliveryOutcome) => outcome.messageId,
  owner: 'every group',
  groups: [],
  description: 'What became of a message that failed before or was replayed.',
})

/** Who did what to dead letters, keyed by audit id; kept for ever. */
export const replayAudit: Topic<ReplayAudit> = defineTopic({
  kind: 'internal',
  versions: replayAuditVersions,
  keyOf: (record: ReplayAudit) => record.auditId,
  owner: 'dlq-replay',
  groups: [],
  description: 'Who did what to dead letters, and why.',
})

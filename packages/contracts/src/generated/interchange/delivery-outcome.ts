// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** What became of a message that failed before or carries a replay id. Published by every group, in the transaction of the outcome itself. */
export interface DeliveryOutcome {
  /** Id of the message. */
  readonly messageId: string
  /** The consumer group that speaks. */
  readonly group: string
  /** The topic the message came from first. */
  readonly topic: string
  /** How the delivery ended. */
  readonly outcome: DeliveryResult
  /** The replay that sent it; null when it was no replay. */
  readonly replayId: string | null
  /** Attempts of this delivery, the last included. */
  readonly attempts: number
  /** When it ended. */
  readonly at: TimestampMillis
  /** Error code, for example "ICX_HANDLER_REJECTED"; null on success. */
  readonly code: string | null
  /** Failure class, for example "poison"; null on success. */
  readonly class: string | null
}

/** How a delivery ended. */
export type DeliveryResult = 'resolved' | 'failed_again' | 'duplicate' | 'superseded' | 'dead_lettered'

/** Every version of `io.interchange.interchange.DeliveryOutcome`, oldest first. */
export const deliveryOutcomeVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'interchange.delivery-outcome.v1-value',
    recordName: 'io.interchange.interchange.DeliveryOutcome',
    version: 1,
    text: '{"type":"record","name":"DeliveryOutcome","namespace":"io.interchange.interchange","doc":"What became of a message that failed before or carries a replay id. Published by every group, in the transaction of the outcome itself.","fields":[{"name":"messageId","type":"string","doc":"Id of the message."},{"name":"group","type":"string","doc":"The consumer group that speaks."},{"name":"topic","type":"string","doc":"The topic the message came from first."},{"name":"outcome","type":{"type":"enum","name":"DeliveryResult","doc":"How a delivery ended.","symbols":["resolved","failed_again","duplicate","superseded","dead_lettered"]},"doc":"How the delivery ended."},{"name":"replayId","type":["null","string"],"default":null,"doc":"The replay that sent it; null when it was no replay."},{"name":"attempts","type":"int","doc":"Attempts of this delivery, the last included."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it ended."},{"name":"code","type":["null","string"],"default":null,"doc":"Error code, for example \\"ICX_HANDLER_REJECTED\\"; null on success."},{"name":"class","type":["null","string"],"default":null,"doc":"Failure class, for example \\"poison\\"; null on success."}]}',
  },
]

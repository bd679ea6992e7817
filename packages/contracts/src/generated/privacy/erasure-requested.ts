// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** A person wants to be forgotten: whoever holds personal data of this customer erases it. */
export interface PrivacyErasureRequested {
  /** Customer id of the source. */
  readonly customerId: string
  /** When the request reached us. */
  readonly requestedAt: TimestampMillis
}

/** Every version of `io.interchange.privacy.ErasureRequested`, oldest first. */
export const privacyErasureRequestedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'privacy.erasure-requested.v1-value',
    recordName: 'io.interchange.privacy.ErasureRequested',
    version: 1,
    text: '{"type":"record","name":"ErasureRequested","namespace":"io.interchange.privacy","doc":"A person wants to be forgotten: whoever holds personal data of this customer erases it.","fields":[{"name":"customerId","type":"string","doc":"Customer id of the source."},{"name":"requestedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the request reached us."}]}',
  },
]

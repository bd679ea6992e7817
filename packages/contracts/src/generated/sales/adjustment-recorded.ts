// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** The seller's books are adjusted without goods moving, for example for a bad debt. */
export interface AdjustmentRecorded {
  /** Id of the adjustment at the source. */
  readonly adjustmentId: string
  /** When it was recorded. */
  readonly recordedAt: TimestampMillis
  /** ISO 4217 code of the amount. */
  readonly currency: string
  /** The adjustment, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; positive raises revenue, negative lowers it. */
  readonly amountMinor: number
  /** Why, as the source wrote it. */
  readonly reason: string
}

/** Every version of `io.interchange.sales.AdjustmentRecorded`, oldest first. */
export const adjustmentRecordedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'sales.adjustment-recorded.v1-value',
    recordName: 'io.interchange.sales.AdjustmentRecorded',
    version: 1,
    text: '{"type":"record","name":"AdjustmentRecorded","namespace":"io.interchange.sales","doc":"The seller\'s books are adjusted without goods moving, for example for a bad debt.","fields":[{"name":"adjustmentId","type":"string","doc":"Id of the adjustment at the source."},{"name":"recordedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was recorded."},{"name":"currency","type":"string","doc":"ISO 4217 code of the amount."},{"name":"amountMinor","type":"long","doc":"The adjustment, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; positive raises revenue, negative lowers it."},{"name":"reason","type":"string","doc":"Why, as the source wrote it."}]}',
  },
]

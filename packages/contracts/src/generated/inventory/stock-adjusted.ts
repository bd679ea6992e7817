// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** Stock was corrected without a sale: damaged, found, lost, counted. */
export interface StockAdjusted {
  /** Id of the correction at the source. */
  readonly adjustmentId: string
  /** When it was corrected. */
  readonly adjustedAt: TimestampMillis
  /** The corrections in the order of the source; at least one. */
  readonly lines: readonly StockAdjustedLine[]
}

/** One correction. */
export interface StockAdjustedLine {
  /** Stock keeping unit, with its case as the source wrote it. */
  readonly sku: string
  /** Units added (positive) or removed (negative); not 0. */
  readonly quantityDelta: number
  /** Why, as the source wrote it; null when it says nothing. */
  readonly reason: string | null
}

/** Every version of `io.interchange.inventory.StockAdjusted`, oldest first. */
export const stockAdjustedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'inventory.stock-adjusted.v1-value',
    recordName: 'io.interchange.inventory.StockAdjusted',
    version: 1,
    text: '{"type":"record","name":"StockAdjusted","namespace":"io.interchange.inventory","doc":"Stock was corrected without a sale: damaged, found, lost, counted.","fields":[{"name":"adjustmentId","type":"string","doc":"Id of the correction at the source."},{"name":"adjustedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was corrected."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"StockAdjustedLine","doc":"One correction.","fields":[{"name":"sku","type":"string","doc":"Stock keeping unit, with its case as the source wrote it."},{"name":"quantityDelta","type":"long","doc":"Units added (positive) or removed (negative); not 0."},{"name":"reason","type":["null","string"],"default":null,"doc":"Why, as the source wrote it; null when it says nothing."}]}},"doc":"The corrections in the order of the source; at least one."}]}',
  },
]

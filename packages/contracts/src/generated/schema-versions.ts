// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import { billingCustomerRegisteredVersions } from './billing/customer-registered.ts'
import { deliveryOutcomeVersions } from './interchange/delivery-outcome.ts'
import { replayAuditVersions } from './interchange/replay-audit.ts'
import { stockAdjustedVersions } from './inventory/stock-adjusted.ts'
import { marketingCustomerRegisteredVersions } from './marketing/customer-registered.ts'
import { privacyErasureRequestedVersions } from './privacy/erasure-requested.ts'
import { invoiceReceivedVersions } from './retail/invoice-received.ts'
import { adjustmentRecordedVersions } from './sales/adjustment-recorded.ts'
import { orderCancelledVersions } from './sales/order-cancelled.ts'
import { orderPlacedVersions } from './sales/order-placed.ts'
import { refundIssuedVersions } from './sales/refund-issued.ts'
import { customerReceivedVersions } from './shop/customer-received.ts'
import { shopErasureRequestedVersions } from './shop/erasure-requested.ts'
import { orderReceivedVersions } from './shop/order-received.ts'
import { refundReceivedVersions } from './shop/refund-received.ts'

/** Every version of every schema, oldest first; one entry a subject. */
export const schemaVersions: readonly (readonly [SchemaReference, ...SchemaReference[]])[] = [
  billingCustomerRegisteredVersions,
  deliveryOutcomeVersions,
  replayAuditVersions,
  stockAdjustedVersions,
  marketingCustomerRegisteredVersions,
  privacyErasureRequestedVersions,
  invoiceReceivedVersions,
  adjustmentRecordedVersions,
  orderCancelledVersions,
  orderPlacedVersions,
  refundIssuedVersions,
  customerReceivedVersions,
  shopErasureRequestedVersions,
  orderReceivedVersions,
  refundReceivedVersions,
]

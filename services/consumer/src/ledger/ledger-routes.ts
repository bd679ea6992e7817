import {
  adjustmentRecorded,
  billingCustomerRegistered,
  orderCancelled,
  orderPlaced,
  refundIssued,
} from '@interchange/contracts'
import { type EffectStore, effectRoute, type Route } from '@interchange/messaging'
import { billCustomer, postAdjustment, postCancellation, postOrder, postRefund } from './decide-ledger.ts'
import type { LedgerEffect } from './ledger-effect.ts'

export const ledgerGroup = 'ledger'

/** The group's SQL migrations; the same path from `src` and from `dist`. */
export const ledgerMigrations = new URL('../../migrations/ledger/', import.meta.url)

/** What the ledger listens to. */
export const ledgerRoutes = (store: EffectStore<LedgerEffect>): readonly Route[] => [
  effectRoute({ from: orderPlaced, group: ledgerGroup, ordering: 'key', handle: postOrder, store }),
  effectRoute({ from: orderCancelled, group: ledgerGroup, ordering: 'key', handle: postCancellation, store }),
  effectRoute({ from: refundIssued, group: ledgerGroup, ordering: 'key', handle: postRefund, store }),
  effectRoute({ from: adjustmentRecorded, group: ledgerGroup, ordering: 'key', handle: postAdjustment, store }),
  effectRoute({ from: billingCustomerRegistered, group: ledgerGroup, ordering: 'key', handle: billCustomer, store }),
]

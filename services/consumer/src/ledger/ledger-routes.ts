import {
  adjustmentRecorded,
  billingCustomerRegistered,
  orderCancelled,
  orderPlaced,
  refundIssued,
} from '@interchange/contracts'
import { type EffectStore, effectRoute, type Route } from '@interchange/messaging'
import type { Subscriber } from '../subscriber.ts'
import { applyLedger } from './apply-ledger.ts'
import { billCustomer, postAdjustment, postCancellation, postOrder, postRefund } from './decide-ledger.ts'
import type { LedgerEffect } from './ledger-effect.ts'

const group = 'ledger'

const ledgerRoutes = (store: EffectStore<LedgerEffect>): readonly Route[] => [
  effectRoute({ from: orderPlaced, group, ordering: 'key', handle: postOrder, store }),
  effectRoute({ from: orderCancelled, group, ordering: 'key', handle: postCancellation, store }),
  effectRoute({ from: refundIssued, group, ordering: 'key', handle: postRefund, store }),
  effectRoute({ from: adjustmentRecorded, group, ordering: 'key', handle: postAdjustment, store }),
  effectRoute({ from: billingCustomerRegistered, group, ordering: 'key', handle: billCustomer, store }),
]

/** The ledger as a subscriber. The path of the migrations is the same from `src` and from `dist`. */
export const ledger: Subscriber<LedgerEffect> = {
  group,
  migrations: new URL('../../migrations/ledger/', import.meta.url),
  apply: applyLedger,
  routes: ledgerRoutes,
}

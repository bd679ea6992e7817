import { orderCancelled, orderPlaced, refundIssued, stockAdjusted } from '@interchange/contracts'
import { type EffectStore, effectRoute, type Route } from '@interchange/messaging'
import type { Subscriber } from '../subscriber.ts'
import { applyWarehouse } from './apply-warehouse.ts'
import { adjustStock, cancelOrder, reserveOrder, restockRefund } from './decide-warehouse.ts'
import type { WarehouseEffect } from './warehouse-effect.ts'

const group = 'warehouse'

const warehouseRoutes = (store: EffectStore<WarehouseEffect>): readonly Route[] => [
  effectRoute({ from: orderPlaced, group, ordering: 'key', handle: reserveOrder, store }),
  effectRoute({ from: orderCancelled, group, ordering: 'key', handle: cancelOrder, store }),
  effectRoute({ from: refundIssued, group, ordering: 'key', handle: restockRefund, store }),
  effectRoute({ from: stockAdjusted, group, ordering: 'key', handle: adjustStock, store }),
]

/** The warehouse as a subscriber. The path of the migrations is the same from `src` and from `dist`. */
export const warehouse: Subscriber<WarehouseEffect> = {
  group,
  migrations: new URL('../../migrations/warehouse/', import.meta.url),
  apply: applyWarehouse,
  routes: warehouseRoutes,
}

import { orderCancelled, orderPlaced, refundIssued, stockAdjusted } from '@interchange/contracts'
import { type EffectStore, effectRoute, type Route } from '@interchange/messaging'
import { adjustStock, cancelOrder, reserveOrder, restockRefund } from './decide-warehouse.ts'
import type { WarehouseEffect } from './warehouse-effect.ts'

export const warehouseGroup = 'warehouse'

/** The group's SQL migrations; the same path from `src` and from `dist`. */
export const warehouseMigrations = new URL('../../migrations/warehouse/', import.meta.url)

/** What the warehouse listens to. */
export const warehouseRoutes = (store: EffectStore<WarehouseEffect>): readonly Route[] => [
  effectRoute({ from: orderPlaced, group: warehouseGroup, ordering: 'key', handle: reserveOrder, store }),
  effectRoute({ from: orderCancelled, group: warehouseGroup, ordering: 'key', handle: cancelOrder, store }),
  effectRoute({ from: refundIssued, group: warehouseGroup, ordering: 'key', handle: restockRefund, store }),
  effectRoute({ from: stockAdjusted, group: warehouseGroup, ordering: 'key', handle: adjustStock, store }),
]

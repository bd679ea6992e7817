import { orderCancelled, orderPlaced, refundIssued, stockAdjusted } from '@interchange/contracts'
import { type EffectStore, effectRoute, type Route } from '@interchange/messaging'
import { adjustStock, cancelOrder, reserveOrder, restockRefund } from './decide-warehouse.ts'
import type { WarehouseEffect } from './warehouse-effect.ts'

export const warehouseGroup = 'warehouse'

/** What the warehouse listens to. */
export const warehouseRoutes = (store: EffectStore<WarehouseEffect>): readonly Route[] => [
  effectRoute({ from: orderPlaced, group: warehouseGroup, ordering: 'key', handle: reserveOrder, store }),
  effectRoute({ from: orderCancelled, group: warehouseGroup, ordering: 'key', handle: cancelOrder, store }),
  effectRoute({ from: refundIssued, group: warehouseGroup, ordering: 'key', handle: restockRefund, store }),
  effectRoute({ from: stockAdjusted, group: warehouseGroup, ordering: 'key', handle: adjustStock, store }),
]

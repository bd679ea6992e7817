import {
  customerReceived,
  invoiceReceived,
  orderReceived,
  refundReceived,
  shopErasureRequested,
} from '@interchange/contracts'
import { type PublishRoute, publishRoute, type Route } from '@interchange/messaging'
import type { Countries } from './countries/countries.ts'
import { transformInvoice } from './retail/transform-invoice.ts'
import { transformCustomer } from './shop/transform-customer.ts'
import { transformErasure } from './shop/transform-erasure.ts'
import { type TestOrders, transformOrder } from './shop/transform-order.ts'
import { transformRefund } from './shop/transform-refund.ts'

const group = 'transformer'

/** Every source topic, and what becomes of its events. All keep the order of their key. */
export const transformerRoutes = (
  countries: Countries,
  testOrders: TestOrders,
  delivery: NonNullable<PublishRoute<unknown>['delivery']> = 'at-least-once',
): readonly Route[] => [
  publishRoute({ from: invoiceReceived, group, delivery, handle: (invoice) => transformInvoice(invoice, countries) }),
  publishRoute({
    from: orderReceived,
    group,
    delivery,
    handle: (order) => transformOrder(order, countries, testOrders),
  }),
  publishRoute({
    from: customerReceived,
    group,
    delivery,
    handle: (customer) => transformCustomer(customer, countries),
  }),
  publishRoute({ from: refundReceived, group, delivery, handle: (refund) => transformRefund(refund) }),
  publishRoute({ from: shopErasureRequested, group, delivery, handle: (request) => transformErasure(request) }),
]

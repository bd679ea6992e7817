import { type OrderPlaced, orderPlaced } from '@interchange/contracts'
import { Consume } from '@interchange/nest'
import { earnPoints, type Points } from './earn-points.ts'

export const POINTS_STORE: unique symbol = Symbol('points store')

export class Loyalty {
  @Consume(orderPlaced, { group: 'loyalty', store: POINTS_STORE })
  onOrder(order: OrderPlaced): Points | undefined {
    return earnPoints(order)
  }
}

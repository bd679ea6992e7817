import type { Answer, EffectRoute, HandlerContext, Outgoing, PublishRoute, Route, Topic } from '@interchange/messaging'
import { type InjectionToken, SetMetadata } from '@nestjs/common'

/** A route's settings beside where it reads and what it does. */
export type ConsumeOptions<Value> = Omit<PublishRoute<Value>, 'from' | 'handle'>

/** Settings of a route with effects: `store` names the provider that holds its `EffectStore`. */
export type ConsumeEffectsOptions<Value> = Omit<EffectRoute<Value, unknown>, 'from' | 'handle' | 'store'> & {
  readonly store: InjectionToken
}

/** What the decorator leaves on a method for the scan at start. */
export interface Consumption {
  readonly topic: Topic<unknown>
  readonly options: ConsumeOptions<unknown> | ConsumeEffectsOptions<unknown>
}

export const consumptionKey = 'interchange:consume'

/** A decorator for methods that can stand where `Handler` is asked for. */
type MethodDecoratorOf<Handler> = <Method extends Handler>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void

/**
 * Makes a provider's method the handler of a topic. What it answers is published, or written by `store`; the method's types
 * are checked against the topic's.
 */
export function Consume<Value>(
  topic: Topic<Value>,
  options: ConsumeEffectsOptions<Value>,
): MethodDecoratorOf<(value: Value, context: HandlerContext) => Answer<unknown>>
export function Consume<Value>(
  topic: Topic<Value>,
  options: ConsumeOptions<Value>,
): MethodDecoratorOf<(value: Value, context: HandlerContext) => Answer<Outgoing>>
export function Consume<Value>(
  topic: Topic<Value>,
  options: ConsumeOptions<Value> | ConsumeEffectsOptions<Value>,
): MethodDecorator {
  return SetMetadata(consumptionKey, { topic, options })
}

/** Routes written as literals: a provider whose value is a `Subscription` is found by the same scan as `@Consume`. */
export class Subscription {
  readonly routes: readonly Route[]

  constructor(routes: readonly Route[]) {
    this.routes = routes
  }
}

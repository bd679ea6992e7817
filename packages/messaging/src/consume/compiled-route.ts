import type { EffectStore } from '../effect-store.ts'
import { InterchangeError } from '../failure/failure.ts'
import { defaultRetryPolicy, type RetryPolicy } from '../failure/retry-policy.ts'
import type { OrderAfterLetter } from '../record/letter-facts.ts'
import type { Route } from '../route.ts'
import type { AnyTopic } from '../topic.ts'
import type { HeldKeys, WaitingRoom } from '../waiting-room.ts'
import { type Handle, handlerOf } from './superseded.ts'

/** A route with every default in its place, looked at once when the group starts. */
export interface CompiledRoute {
  readonly topic: AnyTopic
  readonly group: string
  readonly handle: Handle
  /** Undefined for a publish route. */
  readonly store: EffectStore<unknown> | undefined
  /** Where its messages wait durably; undefined where they wait in place. */
  readonly room: WaitingRoom | undefined
  /** Where keys are held after a dead letter; undefined where they go on. What holds is settled key by key, one after another. */
  readonly heldKeys: HeldKeys | undefined
  /** Delays of the group's retry topics, shortest first; empty where messages wait elsewhere. */
  readonly retryDelaysMs: readonly number[]
  /** Its outputs, letters and offsets are committed in transactions. */
  readonly transactional: boolean
  readonly ordering: 'key' | 'partition' | 'none'
  readonly orderAfterLetter: OrderAfterLetter
  readonly concurrencyMax: number
  /** Handlers running, and messages handled but not settled, before no more are started. */
  readonly unsettledMax: number
  readonly batchMax: number
  /** Transactions of effects under way at once. */
  readonly batchesMax: number
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  readonly skipsTombstones: boolean
  /** Handlers running now. */
  running: number
  /** Started and not concluded. */
  unsettled: number
}

/** Throws `ICX_CONFIG_INVALID` (class `fatal`) when the routes cannot be one group. */
export const compileRoutes = (
  group: string,
  routes: readonly Route[],
  hasPublisher: boolean,
): ReadonlyMap<string, CompiledRoute> => {
  if (routes.length === 0) throw invalid(group, 'has no route')
  const compiled = new Map<string, CompiledRoute>()
  for (const route of routes) {
    if (route.group !== group) throw invalid(group, `was given a route of group ${route.group}`)
    if (compiled.has(route.from.name)) throw invalid(group, `has two routes from ${route.from.name}`)
    if (!('store' in route) && !hasPublisher)
      throw invalid(group, `publishes from ${route.from.name} without a publisher`)
    compiled.set(route.from.name, compileRoute(route))
  }
  return compiled
}

const compileRoute = (route: Route): CompiledRoute => {
  const concurrencyMax = positive(route, 'concurrencyMax', route.concurrencyMax ?? 512)
  const store = 'store' in route ? route.store : undefined
  const batchMax = positive(route, 'batchMax', ('batchMax' in route ? route.batchMax : undefined) ?? 500)
  const batchesMax = positive(route, 'batchesMax', ('batchesMax' in route ? route.batchesMax : undefined) ?? 3)
  return {
    topic: route.from,
    group: route.group,
    handle: handlerOf(route),
    store,
    heldKeys: heldKeysOf(route),
    room: (route.ordering ?? 'key') === 'key' ? store?.waiting : undefined,
    retryDelaysMs: retryDelaysOf(route),
    transactional: isTransactional(route),
    ordering: route.ordering ?? 'key',
    orderAfterLetter: orderAfterLetterOf(route),
    concurrencyMax,
    unsettledMax: store === undefined ? 4 * concurrencyMax : concurrencyMax + 2 * batchesMax * batchMax,
    batchMax,
    batchesMax,
    timeoutMs: positive(route, 'timeoutMs', route.timeoutMs ?? 30_000),
    retry: { ...defaultRetryPolicy, ...route.retry },
    skipsTombstones: route.tombstones === 'skip',
    running: 0,
    unsettled: 0,
  }
}

const orderAfterLetterOf = ({ afterDeadLetter, supersededBy, ordering = 'key' }: Route): OrderAfterLetter => {
  if (afterDeadLetter === 'hold') return 'hold'
  return supersededBy === undefined ? ordering : 'checked'
}

const heldKeysOf = (route: Route): HeldKeys | undefined => {
  if (route.afterDeadLetter !== 'hold') return undefined
  const keys = (route.ordering ?? 'key') === 'key' && 'store' in route ? route.store.waiting?.keys : undefined
  if (keys !== undefined) return keys
  throw invalid(
    route.group,
    `asks for afterDeadLetter 'hold' on its route from ${route.from.name} without ordering 'key' and a store whose waiting room can hold keys`,
  )
}

/** Longest delay that a timer can hold, with room to spare. */
const retryDelayMsMax = 7 * 86_400_000

const retryDelaysOf = (route: Route): readonly number[] => {
  const delaysMs = route.from.retryDelaysMs?.[route.group] ?? []
  if (delaysMs.length === 0) return delaysMs
  const what = `has retry topics for ${route.from.name}`
  if ('store' in route || route.ordering !== 'none')
    throw invalid(route.group, `${what}, which want ordering 'none' and no store`)
  if (delaysMs.some((delayMs, index) => !(delayMs > (delaysMs[index - 1] ?? 0) && delayMs <= retryDelayMsMax)))
    throw invalid(route.group, `${what} whose delays do not grow from above 0 to at most ${retryDelayMsMax} ms`)
  return delaysMs
}

const isTransactional = (route: Route): boolean => {
  if (!('delivery' in route) || route.delivery !== 'transactional') return false
  const what = `asks for transactions on its route from ${route.from.name}`
  if ('store' in route) throw invalid(route.group, `${what}, whose effects commit in its database`)
  if (retryDelaysOf(route).length > 0) throw invalid(route.group, `${what}, which waits in retry topics outside them`)
  return true
}

const positive = (route: Route, name: string, value: number): number => {
  if (value > 0) return value
  throw invalid(route.group, `has ${name} ${value} on its route from ${route.from.name}`)
}

const invalid = (group: string, what: string): InterchangeError =>
  new InterchangeError('ICX_CONFIG_INVALID', `Consumer group ${group} ${what}.`, { class: 'fatal', facts: { group } })

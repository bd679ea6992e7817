import { type EffectStore, InterchangeError, type Route } from '@interchange/messaging'
import type { InjectionToken } from '@nestjs/common'
import type { DiscoveryService, MetadataScanner } from '@nestjs/core'
import { type ConsumeEffectsOptions, type Consumption, consumptionKey, Subscription } from './consume.ts'
import { type GroupParts, GroupStore } from './group-store.ts'

export interface RouteSources {
  readonly discovery: DiscoveryService
  readonly scanner: MetadataScanner
  /** The provider under a token, from wherever in the application it is. */
  readonly resolve: (token: InjectionToken) => unknown
}

/**
 * Every route of the application by group: `@Consume` methods and `Subscription` providers; and each group's `GroupStore`.
 * Throws `ICX_ROUTE_INVALID`.
 */
export const findRoutes = ({ discovery, scanner, resolve }: RouteSources): ReadonlyMap<string, GroupParts> => {
  const groups = new Map<string, Route[]>()
  const stores = new Map<string, GroupStore>()
  const seen = new Set<unknown>()
  for (const { instance, metatype } of [...discovery.getProviders(), ...discovery.getControllers()]) {
    if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue
    seen.add(instance)
    if (instance instanceof GroupStore) {
      const { group } = instance
      if (stores.has(group)) throw invalid(`group ${group} has two stores; its inbox is in one`, group)
      stores.set(group, instance)
      continue
    }
    const routes = instance instanceof Subscription ? instance.routes : methodRoutes(instance, scanner, resolve)
    for (const route of routes) add(groups, route, metatype?.name ?? 'a provider')
  }
  for (const group of stores.keys()) {
    if (!groups.has(group)) throw invalid(`group ${group} has a store, and no handler`, group)
  }
  return new Map([...groups].map(([group, routes]) => [group, { routes, store: stores.get(group) }]))
}

const add = (groups: Map<string, Route[]>, route: Route, owner: string): void => {
  const { group, from } = route
  const routes = groups.get(group) ?? []
  if (routes.some((other) => other.from.name === from.name)) {
    throw invalid(`${owner}: group ${group} has two handlers for ${from.name}; a group reads a topic once`, group)
  }
  if (!from.groups.includes(group)) {
    throw invalid(`${owner}: the catalogue does not list group ${group} for ${from.name}; add it to the topic`, group)
  }
  groups.set(group, [...routes, route])
}

const methodRoutes = (instance: object, scanner: MetadataScanner, resolve: RouteSources['resolve']): Route[] => {
  const prototype: object | null = Object.getPrototypeOf(instance)
  if (prototype === null || prototype === Object.prototype) return []
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const method: unknown = Reflect.get(instance, name)
    if (typeof method !== 'function') return []
    const found: Consumption | undefined = Reflect.getMetadata(consumptionKey, method)
    return found === undefined
      ? []
      : [routeOf(found, method.bind(instance), `${prototype.constructor.name}.${name}`, resolve)]
  })
}

const routeOf = (
  { topic, options }: Consumption,
  handle: Route['handle'],
  owner: string,
  resolve: RouteSources['resolve'],
): Route => {
  if (!('store' in options)) return { ...options, from: topic, handle }
  return { ...options, from: topic, handle, store: effectStore(options, owner, resolve) }
}

const effectStore = (
  { store: token, group }: ConsumeEffectsOptions<unknown>,
  owner: string,
  resolve: RouteSources['resolve'],
): EffectStore<unknown> => {
  const message = `${owner}: no EffectStore is provided under ${String(token)}`
  let store: unknown
  try {
    store = resolve(token)
  } catch (cause) {
    throw invalid(message, group, cause)
  }
  if (!isEffectStore(store)) throw invalid(message, group)
  return store
}

const isEffectStore = (value: unknown): value is EffectStore<unknown> =>
  typeof value === 'object' && value !== null && 'settle' in value && typeof value.settle === 'function'

const invalid = (message: string, group: string, cause?: unknown): InterchangeError =>
  new InterchangeError('ICX_ROUTE_INVALID', message, { class: 'fatal', facts: { group }, cause })

import { marketingCustomerRegistered, privacyErasureRequested } from '@interchange/contracts'
import { type EffectStore, effectRoute, type Route } from '@interchange/messaging'
import type { Subscriber } from '../subscriber.ts'
import { applyNotifications } from './apply-notifications.ts'
import { eraseCustomer, type Welcome, welcomeCustomer } from './notifications-effect.ts'

const group = 'notifications'

const notificationsRoutes = (store: EffectStore<Welcome>): readonly Route[] => [
  effectRoute({
    from: marketingCustomerRegistered,
    group,
    ordering: 'key',
    handle: welcomeCustomer,
    store,
  }),
  effectRoute({
    from: privacyErasureRequested,
    group,
    ordering: 'key',
    handle: eraseCustomer,
    store,
  }),
]

/** The notifications as a subscriber. The path of the migrations is the same from `src` and from `dist`. */
export const notifications: Subscriber<Welcome> = {
  group,
  migrations: new URL('../../migrations/notifications/', import.meta.url),
  apply: applyNotifications,
  routes: notificationsRoutes,
}

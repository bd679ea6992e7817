import { marketingCustomerRegistered, privacyErasureRequested } from '@interchange/contracts'
import { type EffectStore, effectRoute, type Route } from '@interchange/messaging'
import { eraseCustomer, type Welcome, welcomeCustomer } from './notifications-effect.ts'

export const notificationsGroup = 'notifications'

/** The group's SQL migrations; the same path from `src` and from `dist`. */
export const notificationsMigrations = new URL('../../migrations/notifications/', import.meta.url)

/** What the notifications listen to. */
export const notificationsRoutes = (store: EffectStore<Welcome>): readonly Route[] => [
  effectRoute({
    from: marketingCustomerRegistered,
    group: notificationsGroup,
    ordering: 'key',
    handle: welcomeCustomer,
    store,
  }),
  effectRoute({
    from: privacyErasureRequested,
    group: notificationsGroup,
    ordering: 'key',
    handle: eraseCustomer,
    store,
  }),
]

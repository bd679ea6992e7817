import { marketingCustomerRegistered, privacyErasureRequested } from '@interchange/contracts'
import { type EffectStore, effectRoute, type Route } from '@interchange/messaging'
import { eraseCustomer, type Welcome, welcomeCustomer } from './notifications-effect.ts'

export const notificationsGroup = 'notifications'

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

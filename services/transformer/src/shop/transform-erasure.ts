import { privacyErasureRequested, type ShopErasureRequested } from '@interchange/contracts'
import { type Outgoing, outgoing } from '@interchange/messaging'

/** `privacy.erasure-requested` with the customer alone: passing e-mail and telephone on would spread what is to be forgotten. */
export const transformErasure = ({ customerId, receivedAt }: ShopErasureRequested): Outgoing =>
  outgoing(privacyErasureRequested, { customerId, requestedAt: receivedAt })

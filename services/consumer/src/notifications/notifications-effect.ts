import type { MarketingCustomerRegistered, PrivacyErasureRequested } from '@interchange/contracts'
import type { HandlerContext } from '@interchange/messaging'
import { greetingOf } from './greeting.ts'

/** States of a customer's one welcome message, in the only direction they go: a state gives way to a later one alone. */
export const welcomeStates = ['suppressed', 'queued', 'erased'] as const

/** What a message says about a customer's welcome. */
export interface Welcome {
  readonly customerId: string
  readonly messageId: string
  readonly state: (typeof welcomeStates)[number]
  /** Why nothing is sent; null when it is. */
  readonly reason: 'no-consent' | 'no-email' | 'erasure-requested' | null
  readonly greeting: string | null
  readonly email: string | null
  readonly decidedAtMs: number
}

type Handled = Pick<HandlerContext, 'messageId' | 'timeMs'>

/** One welcome for a customer who agreed to it and can be reached; otherwise why not, and nothing about the person. */
export const welcomeCustomer = (
  { customerId, name, email, consent }: MarketingCustomerRegistered,
  { messageId, timeMs }: Handled,
): Welcome => {
  const decided = { customerId, messageId, decidedAtMs: timeMs }
  const suppressed = { ...decided, state: 'suppressed', greeting: null, email: null } as const
  if (consent !== 'granted') return { ...suppressed, reason: 'no-consent' }
  if (email === null || email.trim() === '') return { ...suppressed, reason: 'no-email' }
  return { ...decided, state: 'queued', reason: null, greeting: greetingOf(name), email }
}

/** Forgets the person for good: a welcome that arrives later meets this row and changes nothing. */
export const eraseCustomer = ({ customerId }: PrivacyErasureRequested, { messageId, timeMs }: Handled): Welcome => ({
  customerId,
  messageId,
  state: 'erased',
  reason: 'erasure-requested',
  greeting: null,
  email: null,
  decidedAtMs: timeMs,
})

/** One row per customer: the furthest state, the first message that reached it; sorted by customer id. */
export const furthestWelcomes = (welcomes: readonly Welcome[]): readonly Welcome[] => {
  const furthest = new Map<string, Welcome>()
  for (const welcome of welcomes) {
    const known = furthest.get(welcome.customerId)
    if (known === undefined || rank(known) < rank(welcome)) furthest.set(welcome.customerId, welcome)
  }
  return [...furthest.values()].sort((a, b) => (a.customerId < b.customerId ? -1 : 1))
}

const rank = ({ state }: Welcome): number => welcomeStates.indexOf(state)

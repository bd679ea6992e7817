import {
  billingCustomerRegistered,
  type CustomerReceived,
  type MarketingConsent,
  marketingCustomerRegistered,
} from '@interchange/contracts'
import { type Outgoing, outgoing } from '@interchange/messaging'
import { billingAddress } from '../addresses/billing-address.ts'
import type { Countries } from '../countries/countries.ts'
import { fullName, presentText } from '../names/full-name.ts'
import { parsePersonName, parseSplitName } from '../names/parse-person-name.ts'

/**
 * Two narrow customers for one: for billing a legal name and an address, for marketing a name in parts and a consent.
 * Somebody without any name, person or company, is no customer of billing yet: marketing alone hears of them.
 */
export const transformCustomer = (customer: CustomerReceived, countries: Countries): readonly Outgoing[] => {
  const { customerId, defaultAddress } = customer
  const email = presentText(customer.email)
  const person = nameFields(customer)
  const legalName = fullName(person.first, person.last) ?? presentText(defaultAddress?.company)
  const marketing = outgoing(marketingCustomerRegistered, {
    customerId,
    name: person.whole === undefined ? parseSplitName(person.first, person.last) : parsePersonName(person.whole),
    email,
    consent: consentOf(customer),
  })
  if (legalName === null) return [marketing]
  const billing = outgoing(billingCustomerRegistered, {
    customerId,
    legalName,
    address: billingAddress(defaultAddress, countries),
    email,
  })
  return [billing, marketing]
}

/**
 * What the person agreed to. The newer field rules; null there means that the shop holds no consent. Only where the shop
 * did not send it at all does the older flag speak. Nothing but a clear yes is `granted`.
 */
export const consentOf = ({
  emailMarketingConsent: state,
  acceptsMarketing,
}: Pick<CustomerReceived, 'emailMarketingConsent' | 'acceptsMarketing'>): MarketingConsent => {
  if (typeof state === 'string') return consentStates.get(state) ?? 'unknown'
  if (state === null || typeof acceptsMarketing !== 'boolean') return 'unknown'
  return acceptsMarketing ? 'granted' : 'refused'
}

/** Shopify's e-mail consent states; `pending` has not been confirmed by the person. */
const consentStates: ReadonlyMap<string, MarketingConsent> = new Map([
  ['subscribed', 'granted'],
  ['not_subscribed', 'refused'],
  ['unsubscribed', 'refused'],
  ['invalid', 'refused'],
  ['redacted', 'refused'],
  ['pending', 'unknown'],
])

interface NameFields {
  readonly first: string | null
  readonly last: string | null
  /** The whole name, where the source only has it in one piece. */
  readonly whole: string | undefined
}

/** The customer's own name, else the name on the default address; null, missing and blank fields count as none. */
const nameFields = ({ firstName, lastName, defaultAddress }: CustomerReceived): NameFields => {
  const own = { first: asWritten(firstName), last: asWritten(lastName), whole: undefined }
  if (own.first !== null || own.last !== null) return own
  const onAddress = {
    first: asWritten(defaultAddress?.firstName),
    last: asWritten(defaultAddress?.lastName),
    whole: undefined,
  }
  if (onAddress.first !== null || onAddress.last !== null) return onAddress
  const whole = asWritten(defaultAddress?.name)
  return whole === null ? own : { first: whole, last: null, whole }
}

const asWritten = (text: string | object | null | undefined): string | null =>
  typeof text === 'string' && presentText(text) !== null ? text : null

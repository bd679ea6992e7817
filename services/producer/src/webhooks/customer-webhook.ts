import type { Absent, CustomerReceived } from '@interchange/contracts'
import { z } from 'zod'
import { narrowAddress, nullableText, shopAddress, shopId, shopTime } from './shop-fields.ts'

/** What we read of the bodies of `customers/create` and `customers/update`. */
export const customerBody = z.object({
  id: shopId,
  first_name: nullableText(),
  last_name: nullableText(),
  email: nullableText(320),
  accepts_marketing: z.boolean().nullish(),
  email_marketing_consent: z.object({ state: nullableText(100) }).nullish(),
  created_at: shopTime.nullish(),
  updated_at: shopTime.nullish(),
  default_address: shopAddress.nullish(),
})

const absent: Absent = {}

/** Keeps "not said" apart from "said: nothing". */
const saidOrAbsent = <Value>(value: Value | undefined): Value | Absent => (value === undefined ? absent : value)

/** The customer in our words; null, missing and empty stay three things. */
export const customerReceivedFrom = (customer: z.infer<typeof customerBody>): CustomerReceived => ({
  customerId: String(customer.id),
  firstName: saidOrAbsent(customer.first_name),
  lastName: saidOrAbsent(customer.last_name),
  email: saidOrAbsent(customer.email),
  acceptsMarketing: saidOrAbsent(customer.accepts_marketing),
  emailMarketingConsent: saidOrAbsent(
    customer.email_marketing_consent === null ? null : customer.email_marketing_consent?.state,
  ),
  createdAt: customer.created_at ?? null,
  updatedAt: customer.updated_at ?? null,
  defaultAddress: narrowAddress(customer.default_address),
})

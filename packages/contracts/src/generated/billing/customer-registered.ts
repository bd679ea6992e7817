// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'

/** A customer as the ledger needs it: a legal name on one line and an address that any country can use. */
export interface BillingCustomerRegistered {
  /** Customer id of the source. */
  readonly customerId: string
  /** Full legal name on one line, in the order its culture uses; the family name may come first. */
  readonly legalName: string
  /** Where bills go; null when the source has no address. */
  readonly address: PostalAddress | null
  /** E-mail for bills. */
  readonly email: string | null
}

/** An address in international form. */
export interface PostalAddress {
  /** Street lines from the recipient outwards, without empty ones. */
  readonly lines: readonly string[]
  /** City or post town. */
  readonly city: string
  /** Province, state or county. */
  readonly region: string | null
  /** Postal code; null where there is none. */
  readonly postalCode: string | null
  /** ISO 3166-1 alpha-2 code. */
  readonly countryCode: string
}

/** Every version of `io.interchange.billing.CustomerRegistered`, oldest first. */
export const billingCustomerRegisteredVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'billing.customer-registered.v1-value',
    recordName: 'io.interchange.billing.CustomerRegistered',
    version: 1,
    text: '{"type":"record","name":"CustomerRegistered","namespace":"io.interchange.billing","doc":"A customer as the ledger needs it: a legal name on one line and an address that any country can use.","fields":[{"name":"customerId","type":"string","doc":"Customer id of the source."},{"name":"legalName","type":"string","doc":"Full legal name on one line, in the order its culture uses; the family name may come first."},{"name":"address","type":["null",{"type":"record","name":"PostalAddress","doc":"An address in international form.","fields":[{"name":"lines","type":{"type":"array","items":"string"},"doc":"Street lines from the recipient outwards, without empty ones."},{"name":"city","type":"string","doc":"City or post town."},{"name":"region","type":["null","string"],"default":null,"doc":"Province, state or county."},{"name":"postalCode","type":["null","string"],"default":null,"doc":"Postal code; null where there is none."},{"name":"countryCode","type":"string","doc":"ISO 3166-1 alpha-2 code."}]}],"default":null,"doc":"Where bills go; null when the source has no address."},{"name":"email","type":["null","string"],"default":null,"doc":"E-mail for bills."}]}',
  },
]

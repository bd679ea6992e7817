// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'

/** A customer webhook of the shop. Null, missing (`Absent`) and empty are kept apart, because they mean different things. */
export interface CustomerReceived {
  /** Customer id: the digits as written. */
  readonly customerId: string
  /** First name as written. */
  readonly firstName: string | Absent | null
  /** Last name as written. */
  readonly lastName: string | Absent | null
  /** E-mail as written; null = removed by the customer, absent = not said. */
  readonly email: string | Absent | null
  /** The older consent flag. */
  readonly acceptsMarketing: boolean | Absent | null
  /** State of the e-mail consent as written, for example "subscribed" or "not_subscribed". */
  readonly emailMarketingConsent: string | Absent | null
  /** Creation time as written, ISO 8601 with an offset. */
  readonly createdAt: string | null
  /** Time of the last change as written, ISO 8601 with an offset. */
  readonly updatedAt: string | null
  /** The default address; null when there is none. */
  readonly defaultAddress: CustomerReceivedAddress | null
}

/** The source sent no such field at all; null and "" are something else. */
export type Absent = Record<string, never>

/** The default address as written; a field that is null or missing there is null here. */
export interface CustomerReceivedAddress {
  /** Full name. */
  readonly name: string | null
  /** First name. */
  readonly firstName: string | null
  /** Last name. */
  readonly lastName: string | null
  /** Company. */
  readonly company: string | null
  /** First line. */
  readonly address1: string | null
  /** Second line. */
  readonly address2: string | null
  /** City. */
  readonly city: string | null
  /** Province or state, in words. */
  readonly province: string | null
  /** Province or state, as a code. */
  readonly provinceCode: string | null
  /** Postal code. */
  readonly zip: string | null
  /** Country, in words or as a code. */
  readonly country: string | null
  /** Country as ISO 3166-1 alpha-2. */
  readonly countryCode: string | null
}

/** Every version of `io.interchange.shop.CustomerReceived`, oldest first. */
export const customerReceivedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'shop.customer-received.v1-value',
    recordName: 'io.interchange.shop.CustomerReceived',
    version: 1,
    text: '{"type":"record","name":"CustomerReceived","namespace":"io.interchange.shop","doc":"A customer webhook of the shop. Null, missing (`Absent`) and empty are kept apart, because they mean different things.","fields":[{"name":"customerId","type":"string","doc":"Customer id: the digits as written."},{"name":"firstName","type":["null","string",{"type":"record","name":"Absent","doc":"The source sent no such field at all; null and \\"\\" are something else.","fields":[]}],"doc":"First name as written."},{"name":"lastName","type":["null","string","Absent"],"doc":"Last name as written."},{"name":"email","type":["null","string","Absent"],"doc":"E-mail as written; null = removed by the customer, absent = not said."},{"name":"acceptsMarketing","type":["null","boolean","Absent"],"doc":"The older consent flag."},{"name":"emailMarketingConsent","type":["null","string","Absent"],"doc":"State of the e-mail consent as written, for example \\"subscribed\\" or \\"not_subscribed\\"."},{"name":"createdAt","type":["null","string"],"default":null,"doc":"Creation time as written, ISO 8601 with an offset."},{"name":"updatedAt","type":["null","string"],"default":null,"doc":"Time of the last change as written, ISO 8601 with an offset."},{"name":"defaultAddress","type":["null",{"type":"record","name":"CustomerReceivedAddress","doc":"The default address as written; a field that is null or missing there is null here.","fields":[{"name":"name","type":["null","string"],"default":null,"doc":"Full name."},{"name":"firstName","type":["null","string"],"default":null,"doc":"First name."},{"name":"lastName","type":["null","string"],"default":null,"doc":"Last name."},{"name":"company","type":["null","string"],"default":null,"doc":"Company."},{"name":"address1","type":["null","string"],"default":null,"doc":"First line."},{"name":"address2","type":["null","string"],"default":null,"doc":"Second line."},{"name":"city","type":["null","string"],"default":null,"doc":"City."},{"name":"province","type":["null","string"],"default":null,"doc":"Province or state, in words."},{"name":"provinceCode","type":["null","string"],"default":null,"doc":"Province or state, as a code."},{"name":"zip","type":["null","string"],"default":null,"doc":"Postal code."},{"name":"country","type":["null","string"],"default":null,"doc":"Country, in words or as a code."},{"name":"countryCode","type":["null","string"],"default":null,"doc":"Country as ISO 3166-1 alpha-2."}]}],"default":null,"doc":"The default address; null when there is none."}]}',
  },
]

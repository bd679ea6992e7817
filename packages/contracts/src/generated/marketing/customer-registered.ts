// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'

/** A customer as marketing needs it: a name in parts for a greeting, and what the person agreed to. */
export interface MarketingCustomerRegistered {
  /** Customer id of the source. */
  readonly customerId: string
  /** The name. */
  readonly name: PersonName
  /** E-mail for messages. */
  readonly email: string | null
  /** What the person agreed to. */
  readonly consent: MarketingConsent
}

/** A name in parts; a part that does not exist or cannot be told is null. */
export interface PersonName {
  /** "Dr.", "Mrs". */
  readonly prefix: string | null
  /** First given name. */
  readonly given: string | null
  /** Further given names or initials. */
  readonly middle: string | null
  /** "van der", "de la". */
  readonly particles: string | null
  /** Family name without its particles, "Watson-Parker". */
  readonly family: string | null
  /** "Jr.", "III". */
  readonly suffix: string | null
  /** The name as the source wrote it; never changed. */
  readonly original: string
}

/** What the person agreed to; a reader takes symbols it does not know as `unknown`. */
export type MarketingConsent = 'unknown' | 'granted' | 'refused'

/** Every version of `io.interchange.marketing.CustomerRegistered`, oldest first. */
export const marketingCustomerRegisteredVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'marketing.customer-registered.v1-value',
    recordName: 'io.interchange.marketing.CustomerRegistered',
    version: 1,
    text: '{"type":"record","name":"CustomerRegistered","namespace":"io.interchange.marketing","doc":"A customer as marketing needs it: a name in parts for a greeting, and what the person agreed to.","fields":[{"name":"customerId","type":"string","doc":"Customer id of the source."},{"name":"name","type":{"type":"record","name":"PersonName","doc":"A name in parts; a part that does not exist or cannot be told is null.","fields":[{"name":"prefix","type":["null","string"],"default":null,"doc":"\\"Dr.\\", \\"Mrs\\"."},{"name":"given","type":["null","string"],"default":null,"doc":"First given name."},{"name":"middle","type":["null","string"],"default":null,"doc":"Further given names or initials."},{"name":"particles","type":["null","string"],"default":null,"doc":"\\"van der\\", \\"de la\\"."},{"name":"family","type":["null","string"],"default":null,"doc":"Family name without its particles, \\"Watson-Parker\\"."},{"name":"suffix","type":["null","string"],"default":null,"doc":"\\"Jr.\\", \\"III\\"."},{"name":"original","type":"string","doc":"The name as the source wrote it; never changed."}]},"doc":"The name."},{"name":"email","type":["null","string"],"default":null,"doc":"E-mail for messages."},{"name":"consent","type":{"type":"enum","name":"MarketingConsent","doc":"What the person agreed to; a reader takes symbols it does not know as `unknown`.","symbols":["unknown","granted","refused"],"default":"unknown"},"doc":"What the person agreed to."}]}',
  },
]

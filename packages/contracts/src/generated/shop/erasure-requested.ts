// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** The shop passes on a person's request to be erased. */
export interface ShopErasureRequested {
  /** Customer id: the digits as written. */
  readonly customerId: string
  /** Shop id: the digits as written. */
  readonly shopId: string
  /** Domain of the shop. */
  readonly shopDomain: string
  /** E-mail of the person. */
  readonly email: string | null
  /** Telephone number of the person. */
  readonly phone: string | null
  /** Ids of the orders that hold the person's data; may be empty. */
  readonly ordersToRedact: readonly string[]
  /** When the producer accepted the request; the source sends no time. */
  readonly receivedAt: TimestampMillis
}

/** Every version of `io.interchange.shop.ErasureRequested`, oldest first. */
export const shopErasureRequestedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'shop.erasure-requested.v1-value',
    recordName: 'io.interchange.shop.ErasureRequested',
    version: 1,
    text: '{"type":"record","name":"ErasureRequested","namespace":"io.interchange.shop","doc":"The shop passes on a person\'s request to be erased.","fields":[{"name":"customerId","type":"string","doc":"Customer id: the digits as written."},{"name":"shopId","type":"string","doc":"Shop id: the digits as written."},{"name":"shopDomain","type":"string","doc":"Domain of the shop."},{"name":"email","type":["null","string"],"default":null,"doc":"E-mail of the person."},{"name":"phone","type":["null","string"],"default":null,"doc":"Telephone number of the person."},{"name":"ordersToRedact","type":{"type":"array","items":"string"},"doc":"Ids of the orders that hold the person\'s data; may be empty."},{"name":"receivedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the producer accepted the request; the source sends no time."}]}',
  },
]

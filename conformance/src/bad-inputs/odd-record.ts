import type { ErrorCode, FailureClass, OutboundRecord } from '@interchange/messaging'
import type { ForeignSchemas } from './foreign-schemas.ts'
import type { Parcel } from './parcel.ts'

/** The bytes of a record, as far as they differ from those of a good one. */
export interface OddBytes extends Partial<Pick<OutboundRecord, 'key' | 'value' | 'headers' | 'timestampMs'>> {
  /** What the handler must get, where the record is handled. */
  readonly handled?: Parcel
}

/** What the bytes may refer to. */
export interface Surroundings {
  /** Id and key of the good records around it; different for every odd record and every place. */
  readonly id: string
  /** Of the schema the topic is written with. */
  readonly schemaId: number
  readonly foreign: ForeignSchemas
  /** A good record that came first in this partition, under a message id of its own. */
  readonly known: { readonly messageId: string; readonly parcel: Parcel; readonly value: Buffer }
}

/** What must become of a record: handled as it is, passed over without an effect, or one dead letter. */
export type Fate = 'handled' | 'skipped' | { readonly code: ErrorCode; readonly failureClass: FailureClass }

/** One way in which a record on a topic can be bad, by the number of the bad input it belongs to. */
export interface OddRecord {
  readonly input: string
  readonly what: string
  readonly becomes: Fate
  /** On the topic whose route skips null values. */
  readonly onEntities?: boolean
  /** Sent by a producer that compresses. */
  readonly compressed?: boolean
  readonly bytes: (around: Surroundings) => OddBytes
}

/** A letter of class `contract`: the record itself is wrong, whoever handles it. */
export const contract = (code: ErrorCode): Fate => ({ code, failureClass: 'contract' })

/** A fate in words, for titles and the docs. */
export const fateText = (fate: Fate): string =>
  typeof fate === 'string' ? fate : `a letter ${fate.code}, class ${fate.failureClass}`

/** A type position in an Avro schema: a name, a union, or a definition. */
export type AvroType = string | readonly AvroType[] | AvroSchema

/** A field of a record. */
export interface RecordField {
  readonly name: string
  readonly type: AvroType
  readonly doc?: string
}

/** An Avro definition in its JSON form, as far as the generator reads it. */
export interface AvroSchema {
  readonly type: AvroType
  readonly name?: string
  readonly namespace?: string
  readonly doc?: string
  readonly logicalType?: string
  readonly fields?: readonly RecordField[]
  readonly symbols?: readonly string[]
  readonly items?: AvroType
  readonly values?: AvroType
}

/** A record, enum or fixed. */
export type NamedSchema = AvroSchema & { readonly name: string; readonly type: 'record' | 'error' | 'enum' | 'fixed' }

/** Takes parsed JSON as a definition. Throws TypeError when it has no `type`. */
export const asSchema = (json: unknown): AvroSchema => {
  if (typeof json !== 'object' || json === null || !('type' in json)) {
    throw new TypeError(`not an Avro definition: ${JSON.stringify(json)}`)
  }
  return json as AvroSchema
}

/** True for definitions that other places may refer to by name. */
export const isNamed = (schema: AvroSchema): schema is NamedSchema =>
  schema.name !== undefined &&
  (schema.type === 'record' || schema.type === 'error' || schema.type === 'enum' || schema.type === 'fixed')

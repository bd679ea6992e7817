/** What stands for a masked text; tells neither its length nor whether two are equal. */
export const masked = '•••'

/** Fields whose text, and whatever lies below them, is about a person. The names of all our schemas, source and canonical. */
const personalFields: ReadonlySet<string> = new Set([
  'address',
  'address1',
  'address2',
  'billingAddress',
  'city',
  'company',
  'defaultAddress',
  'email',
  'firstName',
  'greeting',
  'lastName',
  'legalName',
  'name',
  'note',
  'phone',
  'postalCode',
  'province',
  'provinceCode',
  'recipientName',
  'region',
  'shippingAddress',
  'zip',
])

/** Within an address these say no more than where a parcel clears customs, and most failures are about them. */
const keptBelow: ReadonlySet<string> = new Set(['country', 'countryCode'])

/** A copy of a decoded value in which text about persons is masked; null, numbers and the shape stay. */
export const maskPersonal = (value: unknown): unknown => mask(value, false)

const mask = (value: unknown, personal: boolean): unknown => {
  if (typeof value === 'string') return personal ? masked : value
  if (Array.isArray(value)) return value.map((item) => mask(item, personal))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      mask(field, !keptBelow.has(name) && (personal || personalFields.has(name))),
    ]),
  )
}

import { z } from 'zod'

/** Text of the shop, bounded in characters, without what no database and no UTF-8 can hold: NUL and half a surrogate pair. */
export const shopText = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'holds a NUL character or half a surrogate pair')

/** Null where the shop says null or nothing. */
export const nullableText = (lengthMax = 500) => shopText(lengthMax).nullish()

/** An id: the digits of the JSON text, whether the shop wrote a number or a string. Kept as digits, because it may exceed 2^53. */
export const shopId = z
  .union([z.string().regex(/^\d{1,30}$/, 'expected an id of at most 30 digits'), z.int().nonnegative()])
  .meta({ description: 'Digits; as a JSON number it may exceed 2^53 and is kept exactly.' })

/** An amount as a decimal, in a string or as a number; kept as written. */
export const shopAmount = z
  .union([z.string().regex(/^-?\d{1,15}(\.\d{1,6})?$/, 'expected a decimal amount'), z.number()])
  .meta({ description: 'A decimal amount; kept as written.' })

/** Time with an offset, as the shop writes it. */
export const shopTime = z.iso.datetime({ offset: true }).max(40)

/** Currency code ISO 4217. */
export const shopCurrency = z.string().regex(/^[A-Z]{3}$/, 'expected a currency code such as "USD"')

/** A count of units. */
export const shopQuantity = z.int()

/** An address, every part of it optional. */
export const shopAddress = z.object({
  name: nullableText(),
  first_name: nullableText(),
  last_name: nullableText(),
  company: nullableText(),
  address1: nullableText(),
  address2: nullableText(),
  city: nullableText(),
  province: nullableText(),
  province_code: nullableText(20),
  zip: nullableText(40),
  country: nullableText(100),
  country_code: nullableText(10),
})

/** What both customer and order records say of an address. */
export interface NarrowAddress {
  readonly name: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly company: string | null
  readonly address1: string | null
  readonly address2: string | null
  readonly city: string | null
  readonly province: string | null
  readonly provinceCode: string | null
  readonly zip: string | null
  readonly country: string | null
  readonly countryCode: string | null
}

/** The address in our field names; null and missing are the same here. */
export const narrowAddress = (address: z.infer<typeof shopAddress> | null | undefined): NarrowAddress | null =>
  address == null
    ? null
    : {
        name: address.name ?? null,
        firstName: address.first_name ?? null,
        lastName: address.last_name ?? null,
        company: address.company ?? null,
        address1: address.address1 ?? null,
        address2: address.address2 ?? null,
        city: address.city ?? null,
        province: address.province ?? null,
        provinceCode: address.province_code ?? null,
        zip: address.zip ?? null,
        country: address.country ?? null,
        countryCode: address.country_code ?? null,
      }

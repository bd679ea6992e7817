import type { PostalAddress } from '@interchange/contracts'
import { rejected } from '@interchange/messaging'
import type { Countries } from '../countries/countries.ts'
import { countryNameOf } from '../countries/iso-3166.ts'
import { presentText } from '../names/full-name.ts'

/** An address as the shop's events write it. */
export interface ShopAddress {
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

/** Countries whose addresses need no city (libaddressinput, fields required without "C"): the country's name stands there. */
const withoutCities: ReadonlySet<string> = new Set(['AG', 'GI', 'HK', 'KY', 'MO', 'NR', 'SG', 'SM', 'VG'])

/** Postal codes whose form one line can tell; other countries' codes are taken as they are. */
const postalCodes: Readonly<Record<string, RegExp>> = {
  CA: /^[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d$/,
  DE: /^\d{5}$/,
  FR: /^\d{5}$/,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/,
  US: /^\d{5}(?:-\d{4})?$/,
}

/**
 * The address bills go to. Null when the source has none, or one with neither street, city nor postal code (shops keep
 * such a stub for people who only left an e-mail). Throws class `poison` without an honest country or city, or with a
 * postal code that its country cannot have.
 */
export const billingAddress = (address: ShopAddress | null, countries: Countries): PostalAddress | null => {
  if (address === null) return null
  const lines = [address.company, address.address1, address.address2].map(presentText).filter((line) => line !== null)
  const city = presentText(address.city)
  const postalCode = presentText(address.zip)?.toUpperCase() ?? null
  if (
    presentText(address.address1) === null &&
    presentText(address.address2) === null &&
    city === null &&
    postalCode === null
  )
    return null
  const countryCode = addressCountry(address, countries)
  if (postalCode !== null && postalCodes[countryCode]?.test(postalCode) === false)
    throw rejected(`the country has no such postal code: ${countryCode}`, { country: countryCode })
  return {
    lines,
    city: city ?? cityOf(countryCode),
    region: presentText(address.province) ?? presentText(address.provinceCode),
    postalCode,
    countryCode,
  }
}

/** The code where the shop gives one, else the name. Throws class `poison` where neither has an answer. */
export const addressCountry = (address: Pick<ShopAddress, 'country' | 'countryCode'>, countries: Countries): string =>
  countries.codeOf(presentText(address.countryCode) ?? presentText(address.country))

const cityOf = (countryCode: string): string => {
  if (!withoutCities.has(countryCode))
    throw rejected(`an address without a city in ${countryCode}`, { country: countryCode })
  return countryNameOf(countryCode)
}

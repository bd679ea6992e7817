import { describe, expect, it } from 'vitest'
import { createCountries } from '../countries/countries.ts'
import { billingAddress, type ShopAddress } from './billing-address.ts'

const countries = createCountries({})

const nothing: ShopAddress = {
  company: null,
  address1: null,
  address2: null,
  city: null,
  province: null,
  provinceCode: null,
  zip: null,
  country: null,
  countryCode: null,
}

const american: ShopAddress = {
  company: 'Shipping Company',
  address1: '123 Shipping Street',
  address2: ' Suite  4 ',
  city: 'Shippington',
  province: 'Kentucky',
  provinceCode: 'KY',
  zip: '40003',
  country: 'United States',
  countryCode: 'US',
}

const addressOf = (change: Partial<ShopAddress>, from = american) => billingAddress({ ...from, ...change }, countries)

describe('addresses', () => {
  it('ADR-01 takes an American address over', () => {
    expect(addressOf({})).toEqual({
      lines: ['Shipping Company', '123 Shipping Street', 'Suite 4'],
      city: 'Shippington',
      region: 'Kentucky',
      postalCode: '40003',
      countryCode: 'US',
    })
  })

  it('ADR-02 takes international addresses over', () => {
    const canadian = { address1: "151 O'Connor Street", city: 'Ottawa', province: 'ON', zip: ' k2p 2l8', country: 'CA' }
    expect(addressOf(canadian, nothing)).toEqual({
      lines: ["151 O'Connor Street"],
      city: 'Ottawa',
      region: 'ON',
      postalCode: 'K2P 2L8',
      countryCode: 'CA',
    })
    const german = { address1: 'Große Straße 1', city: 'Köln', zip: '50667', country: 'Germany' }
    expect(addressOf(german, nothing)).toMatchObject({ lines: ['Große Straße 1'], region: null, countryCode: 'DE' })
    const japanese = { address1: '千代田1-1', city: '千代田区', province: '東京都', zip: '100-0001', countryCode: 'JP' }
    expect(addressOf(japanese, nothing)).toMatchObject({ region: '東京都', postalCode: '100-0001', countryCode: 'JP' })
  })

  it('ADR-03 keeps no blank field', () => {
    expect(addressOf({ company: '', address2: ' ', province: '', provinceCode: null, zip: '' })).toEqual({
      lines: ['123 Shipping Street'],
      city: 'Shippington',
      region: null,
      postalCode: null,
      countryCode: 'US',
    })
  })

  it('ADR-04 takes a stub as no address', () => {
    expect(billingAddress(null, countries)).toBeNull()
    expect(addressOf({}, nothing)).toBeNull()
    expect(addressOf({ country: 'United States', countryCode: 'US', province: 'Texas', city: '' }, nothing)).toBeNull()
    expect(addressOf({ city: 'Paris', country: 'France' }, nothing)).toMatchObject({ lines: [], city: 'Paris' })
  })

  it.each([
    ['SG', 'Singapore'],
    ['GI', 'Gibraltar'],
  ])('ADR-05 needs no city in %s', (countryCode, city) => {
    expect(addressOf({ countryCode, city: ' ', zip: '018956' })).toMatchObject({ city, countryCode })
  })

  it('ADR-06 rejects an address without a city', () => {
    expect(() => addressOf({ city: null })).toThrow('an address without a city in US')
  })

  it('ADR-07 believes the code before the name', () => {
    expect(addressOf({ country: 'Elbonia', countryCode: 'US' })).toMatchObject({ countryCode: 'US' })
    expect(addressOf({ country: 'France', countryCode: '', zip: '75001' })).toMatchObject({ countryCode: 'FR' })
    expect(() => addressOf({ country: 'Elbonia', countryCode: null })).toThrow('no country code for Elbonia')
  })

  it('ADR-08 rejects an address without a country', () => {
    expect(() => addressOf({ country: '', countryCode: null })).toThrow('no country is named')
  })

  it('ADR-09 rejects a postal code that its country cannot have', () => {
    const accepted = [
      ['US', '40003-1234'],
      ['CA', 'K2P2L8'],
      ['GB', 'sw1a 1aa'],
      ['GB', 'M1 1AE'],
      ['DE', '01067'],
      ['IE', 'anything'],
    ] as const
    for (const [countryCode, zip] of accepted)
      expect(addressOf({ countryCode, zip })).toMatchObject({ postalCode: zip.toUpperCase() })
    const refused = [
      ['US', '4003'],
      ['CA', '40003'],
      ['GB', '12345'],
      ['DE', '1067'],
      ['FR', 'F-75001'],
    ] as const
    for (const [countryCode, zip] of refused)
      expect(() => addressOf({ countryCode, zip })).toThrow(`the country has no such postal code: ${countryCode}`)
  })

  it('ADR-10 falls back to the code of a province', () => {
    expect(addressOf({ province: ' ' })).toMatchObject({ region: 'KY' })
  })
})

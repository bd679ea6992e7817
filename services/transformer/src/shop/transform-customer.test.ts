import type { CustomerReceived, CustomerReceivedAddress } from '@interchange/contracts'
import { describe, expect, it } from 'vitest'
import { createCountries } from '../countries/countries.ts'
import { transformCustomer } from './transform-customer.ts'

const countries = createCountries({})
const absent = {}

const address: CustomerReceivedAddress = {
  name: null,
  firstName: null,
  lastName: null,
  company: null,
  address1: "151 O'Connor Street",
  address2: null,
  city: 'Ottawa',
  province: 'ON',
  provinceCode: 'ON',
  zip: 'K2P 2L8',
  country: 'CA',
  countryCode: 'CA',
}

const customer: CustomerReceived = {
  customerId: '706405506930370084',
  firstName: 'Mary Jane',
  lastName: 'Watson-Parker',
  email: 'mj@example.com',
  acceptsMarketing: absent,
  emailMarketingConsent: 'subscribed',
  createdAt: '2021-12-31T19:00:00-05:00',
  updatedAt: null,
  defaultAddress: address,
}

const nameless = { firstName: null, lastName: null }

const transformed = (change: Partial<CustomerReceived>): Record<string, unknown> =>
  Object.fromEntries(
    transformCustomer({ ...customer, ...change }, countries).map(({ topic, value }) => [topic.name, value]),
  )

const billing = 'billing.customer-registered.v1'
const marketing = 'marketing.customer-registered.v1'

describe('shop customers', () => {
  it('CUS-01 makes two narrow customers of one', () => {
    expect(transformed({})).toEqual({
      [billing]: {
        customerId: '706405506930370084',
        legalName: 'Mary Jane Watson-Parker',
        address: {
          lines: ["151 O'Connor Street"],
          city: 'Ottawa',
          region: 'ON',
          postalCode: 'K2P 2L8',
          countryCode: 'CA',
        },
        email: 'mj@example.com',
      },
      [marketing]: {
        customerId: '706405506930370084',
        name: {
          prefix: null,
          given: 'Mary',
          middle: 'Jane',
          particles: null,
          family: 'Watson-Parker',
          suffix: null,
          original: 'Mary Jane Watson-Parker',
        },
        email: 'mj@example.com',
        consent: 'granted',
      },
    })
  })

  it.each([[null], [absent], [''], [' ']])('CUS-02 takes e-mail %j as none known', (email) => {
    expect(transformed({ email })).toMatchObject({ [billing]: { email: null }, [marketing]: { email: null } })
  })

  it('CUS-03 takes the name on the address where the customer has none', () => {
    const inParts = { ...address, firstName: 'Bob', lastName: 'van Dyk', name: 'Bob van Dyk' }
    expect(transformed({ firstName: '', lastName: absent, defaultAddress: inParts })).toMatchObject({
      [billing]: { legalName: 'Bob van Dyk' },
      [marketing]: { name: { given: 'Bob', particles: 'van', family: 'Dyk', original: 'Bob van Dyk' } },
    })
    expect(transformed({ ...nameless, defaultAddress: { ...address, name: 'Biller, Bob' } })).toMatchObject({
      [billing]: { legalName: 'Biller, Bob' },
      [marketing]: { name: { given: 'Bob', family: 'Biller', original: 'Biller, Bob' } },
    })
  })

  it('CUS-04 bills a company where no person is named', () => {
    expect(transformed({ ...nameless, defaultAddress: { ...address, company: 'ACME Ltd' } })).toMatchObject({
      [billing]: { legalName: 'ACME Ltd' },
      [marketing]: { name: { given: null, family: null, original: '' } },
    })
  })

  it('CUS-05 tells marketing alone of somebody without a name', () => {
    expect(Object.keys(transformed(nameless))).toEqual([marketing])
    expect(Object.keys(transformed({ firstName: absent, lastName: ' ', defaultAddress: null }))).toEqual([marketing])
  })

  it('CUS-06 takes a subscription as granted', () => {
    expect(transformed({})).toMatchObject({ [marketing]: { consent: 'granted' } })
    expect(transformed({ acceptsMarketing: false })).toMatchObject({ [marketing]: { consent: 'granted' } })
  })

  it.each(['not_subscribed', 'unsubscribed', 'invalid', 'redacted'])('CUS-07 takes %j as refused', (state) => {
    expect(transformed({ emailMarketingConsent: state, acceptsMarketing: true })).toMatchObject({
      [marketing]: { consent: 'refused' },
    })
  })

  it.each(['pending', '', 'SUBSCRIBED?'])('CUS-08 takes %j as unknown', (state) => {
    expect(transformed({ emailMarketingConsent: state, acceptsMarketing: true })).toMatchObject({
      [marketing]: { consent: 'unknown' },
    })
  })

  it('CUS-09 takes a consent of null as unknown, whatever the older flag says', () => {
    expect(transformed({ emailMarketingConsent: null, acceptsMarketing: true })).toMatchObject({
      [marketing]: { consent: 'unknown' },
    })
  })

  it.each([
    [true, 'granted'],
    [false, 'refused'],
    [null, 'unknown'],
    [absent, 'unknown'],
  ])('CUS-10 takes the older flag %j as %s where no consent was sent', (acceptsMarketing, consent) => {
    expect(transformed({ emailMarketingConsent: absent, acceptsMarketing })).toMatchObject({ [marketing]: { consent } })
  })

  it('CUS-11 writes the family name first where the script does', () => {
    expect(transformed({ firstName: '太郎', lastName: '山田' })).toMatchObject({
      [billing]: { legalName: '山田 太郎' },
      [marketing]: { name: { given: '太郎', family: '山田', original: '太郎 山田' } },
    })
  })
})

import { expect, test } from 'vitest'
import { masked, maskPersonal } from './mask-personal.ts'

test('masks text about persons and keeps what failures are about', () => {
  const value = {
    orderId: 'o1',
    orderName: '#9999',
    email: 'mj@example.com',
    customerId: null,
    shippingAddress: { name: 'Mary Jane', address1: 'Strand 1', city: 'Leeds', country: 'EIRE', zip: null },
    name: { given: 'Mary', middle: 'Jane', original: 'Mary Jane' },
    lines: [{ sku: 'A', title: 'Mug', quantity: 1 }],
    address: { lines: ['Strand 1'], countryCode: 'GB' },
  }
  expect(maskPersonal(value)).toEqual({
    orderId: 'o1',
    orderName: '#9999',
    email: masked,
    customerId: null,
    shippingAddress: { name: masked, address1: masked, city: masked, country: 'EIRE', zip: null },
    name: { given: masked, middle: masked, original: masked },
    lines: [{ sku: 'A', title: 'Mug', quantity: 1 }],
    address: { lines: [masked], countryCode: 'GB' },
  })
})

import type { SchemaReference, Topic } from '@interchange/messaging'

/** The ten fields that every arm reads. */
export interface Order {
  readonly customerId: string
  /** 0, 1, 2 ... within a topic: the id that proves that nothing was lost. */
  readonly number: number
  readonly orderId: string
  readonly placedAtMs: number
  readonly status: string
  readonly currency: string
  readonly totalMinor: number
  readonly quantity: number
  readonly note: string
  readonly shipTo: {
    readonly name: string
    readonly street: string
    readonly city: string
    readonly postcode: string
    readonly country: string
    readonly zone: number
  }
}

const recordName = 'io.interchange.bench.Order'
const text = (name: string) => ({ name, type: 'string' })
const fields = [
  text('customerId'),
  { name: 'number', type: 'int' },
  text('orderId'),
  { name: 'placedAtMs', type: 'long' },
  text('status'),
  text('currency'),
  { name: 'totalMinor', type: 'long' },
  { name: 'quantity', type: 'int' },
  text('note'),
  {
    name: 'shipTo',
    type: {
      type: 'record',
      name: 'Address',
      fields: [
        text('name'),
        text('street'),
        text('city'),
        text('postcode'),
        text('country'),
        { name: 'zone', type: 'int' },
      ],
    },
  },
]

const schemaText = (channel: readonly object[]): string =>
  JSON.stringify({
    type: 'record',
    name: 'Order',
    namespace: 'io.interchange.bench',
    doc: 'An order as the benchmarks send it.',
    fields: [...fields, ...channel],
  })

/** What the events are written with, and the evolved schema that every Avro arm reads them with. */
export const schemaTexts = {
  writer: schemaText([]),
  reader: schemaText([{ name: 'channel', type: 'string', default: 'web' }]),
} as const

/** The topic as our own arms know it. */
export const orderTopic = (
  name: string,
  version: keyof typeof schemaTexts,
  partitions = partitionCount,
): Topic<Order> => ({
  name,
  kind: 'source',
  keyOf: ({ customerId }) => customerId,
  schema: schemaOf(name, version),
  partitions,
  retentionMs: -1,
  cleanup: 'delete',
  eventType: 'io.interchange.bench.order.v1',
  owner: 'bench',
  groups: [],
  description: 'orders of the benchmarks',
})

export const schemaOf = (topic: string, version: keyof typeof schemaTexts): SchemaReference => ({
  subject: `${topic}-value`,
  recordName,
  version: version === 'writer' ? 1 : 2,
  text: schemaTexts[version],
})

export const partitionCount = 6
const customers = 10_000

const statuses = ['placed', 'paid', 'packed', 'shipped'] as const
const cities = ['Leeds', 'Bristol', 'Sheffield', 'Cardiff', 'Glasgow'] as const

/** Order `number`, the same in every run: about 180 bytes of Avro, 390 of JSON. */
export const orderOf = (number: number): Order => {
  const mixed = Math.imul(number + 1, 0x9e3779b1) >>> 0
  const customer = mixed % customers
  return {
    customerId: `customer-${String(customer).padStart(5, '0')}`,
    number,
    orderId: `01970000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`,
    placedAtMs: 1_767_225_600_000 + number,
    status: statuses[mixed % statuses.length] ?? 'placed',
    currency: 'GBP',
    totalMinor: mixed % 100_000,
    quantity: (mixed % 12) + 1,
    note: 'leave with the neighbour at no. 7',
    shipTo: {
      name: `Customer ${customer}`,
      street: `${(mixed % 300) + 1} Station Road`,
      city: cities[mixed % cities.length] ?? 'Leeds',
      postcode: `LS${(mixed % 28) + 1} 4QJ`,
      country: 'GB',
      zone: mixed % 9,
    },
  }
}

/** What the handlers of all orders below `count` must add up to. */
export const sumOf = (count: number): number => {
  let sum = 0
  for (let number = 0; number < count; number++) {
    const { totalMinor, quantity, shipTo } = orderOf(number)
    sum += totalMinor + quantity + shipTo.zone
  }
  return sum
}

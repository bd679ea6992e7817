import { createHash, randomUUID } from 'node:crypto'
import type { OrderCancelled, OrderPlaced } from '@interchange/contracts'
import { timestampMillis } from '@interchange/contracts'
import { type EffectStore, newEventId, type SettleEntry } from '@interchange/messaging'
import { createDatabase, createEffectStore, type Database, migrate } from '@interchange/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { billCustomer, postCancellation, postOrder } from './ledger/decide-ledger.ts'
import type { LedgerEffect } from './ledger/ledger-effect.ts'
import { ledger } from './ledger/ledger-routes.ts'
import { eraseCustomer, type Welcome, welcomeCustomer } from './notifications/notifications-effect.ts'
import { notifications } from './notifications/notifications-routes.ts'
import { cancelOrder, reserveOrder } from './warehouse/decide-warehouse.ts'
import type { WarehouseEffect } from './warehouse/warehouse-effect.ts'
import { warehouse } from './warehouse/warehouse-routes.ts'

const at = timestampMillis(1_291_191_960_000)
const skus = ['85123A', '85123a', '71053', '84406B', 'POST']

const line = (place: number, sign: 1 | -1 = 1) => {
  const quantity = (place % 7) + 1
  return {
    sku: skus[place % skus.length] ?? 'POST',
    description: null,
    quantity,
    unitPriceMills: 2_550,
    amountMinor: sign * 255 * quantity,
  }
}

const order = (orderId: string, place: number): OrderPlaced => {
  const lines = Array.from({ length: (place % 4) + 1 }, (_, index) => line(place + index))
  return {
    orderId,
    source: 'retail',
    placedAt: at,
    customerRef: null,
    recipientName: null,
    countryCode: 'GB',
    currency: place % 2 === 0 ? 'GBP' : 'EUR',
    lines,
    totalMinor: lines.reduce((total, { amountMinor }) => total + amountMinor, 0),
    channel: 'export',
    shippingMinor: 0,
    discountMinor: 0,
    taxMinor: 0,
  }
}

const cancellation = (orderId: string, place: number): OrderCancelled => {
  const taken = line(place, -1)
  return {
    cancellationId: `C${orderId}`,
    originalOrderRef: orderId,
    cancelledAt: at,
    countryCode: 'GB',
    currency: place % 2 === 0 ? 'GBP' : 'EUR',
    lines: [taken],
    totalMinor: taken.amountMinor,
  }
}

/** 1,000 documents: 800 orders and a cancellation of every fourth, each cancellation before its order. */
const documents = (): { orders: readonly OrderPlaced[]; cancellations: readonly OrderCancelled[] } => {
  const ids = Array.from({ length: 800 }, () => randomUUID())
  return {
    orders: ids.map(order),
    cancellations: ids.flatMap((id, place) => (place % 4 === 0 ? [cancellation(id, place)] : [])),
  }
}

const entry = <Effect>(messageId: string, offset: number, effect: Effect): SettleEntry<Effect> => ({
  messageId,
  contentHash: createHash('sha256').update(messageId).digest().subarray(0, 16),
  topic: 'sales.order-placed.v1',
  partition: 0,
  offset,
  effects: [effect],
  cause: { correlationId: messageId, timeMs: 0, trace: [] },
})

const entries = <Effect>(decided: readonly ((messageId: string) => Effect)[]): readonly SettleEntry<Effect>[] =>
  decided.map((decide, offset) => {
    const messageId = newEventId(Date.now())
    return entry(messageId, offset, decide(messageId))
  })

const settleAll = async <Effect>(
  store: EffectStore<Effect>,
  group: string,
  all: readonly SettleEntry<Effect>[],
  batchMax = 300,
): Promise<ReadonlyMap<unknown, number>> => {
  const counts = new Map<unknown, number>()
  for (let from = 0; from < all.length; from += batchMax) {
    for (const result of await store.settle(group, all.slice(from, from + batchMax))) {
      const outcome = typeof result === 'string' ? result : result.code
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    }
  }
  return counts
}

const databases: Database[] = []
const freshDatabase = async (group: string, migrations: URL): Promise<Database> => {
  const schema = `${group}_${randomUUID().slice(0, 8)}`
  const database = createDatabase({ url: process.env['DATABASE_URL'] ?? '', schema })
  databases.push(database)
  await migrate(database, migrations)
  return database
}

afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()))
})

describe('warehouse', () => {
  const { orders, cancellations } = documents()
  const decided = [
    ...cancellations.map((value) => (messageId: string) => cancelOrder(value, { messageId })),
    ...orders.map((value) => (messageId: string) => reserveOrder(value, { messageId })),
  ]
  let database: Database
  let store: EffectStore<WarehouseEffect>
  beforeAll(async () => {
    database = await freshDatabase(warehouse.group, warehouse.migrations)
    store = createEffectStore({ database, apply: warehouse.apply })
  })

  const levels = () => database.query('SELECT sku, on_hand, reserved FROM stock ORDER BY sku COLLATE "C"')
  const documentCounts = () =>
    database.query('SELECT (SELECT count(*) FROM reservation) AS orders, (SELECT count(*) FROM movement) AS moves')

  test('leaves stock as it is when the same 1,000 messages come again in other batches', async () => {
    const all = entries<WarehouseEffect>(decided)
    expect(await settleAll(store, warehouse.group, all)).toEqual(new Map([['done', 1_000]]))
    const [before, counted] = [await levels(), await documentCounts()]
    expect(counted).toEqual([{ orders: '800', moves: '200' }])
    expect(await settleAll(store, warehouse.group, all, 170)).toEqual(new Map([['duplicate', 1_000]]))
    expect(await levels()).toEqual(before)
    expect(await documentCounts()).toEqual(counted)
  })

  test('agrees with the documents: reserved is what orders hold and cancellations gave back', async () => {
    const expected = new Map<string, number>()
    for (const { sku, quantity } of orders.flatMap(({ lines }) => lines))
      expected.set(sku, (expected.get(sku) ?? 0) + quantity)
    for (const { sku, quantity } of cancellations.flatMap(({ lines }) => lines))
      expected.set(sku, (expected.get(sku) ?? 0) - quantity)
    const rows = (await levels()) as readonly { sku: string; on_hand: string; reserved: string }[]
    expect(new Map(rows.map(({ sku, reserved }) => [sku, Number(reserved)]))).toEqual(expected)
    const [sums] = await database.query(
      `SELECT (SELECT sum(reserved) FROM stock) =
              (SELECT sum(units) FROM reservation) + (SELECT sum(reserved_units) FROM movement) AS agrees`,
    )
    expect(sums).toEqual({ agrees: true })
  })

  test('refuses an order that comes again under another message id, and takes its neighbours', async () => {
    const fresh = [order(randomUUID(), 0), order(randomUUID(), 1)]
    const [known] = orders
    if (known === undefined) throw new Error('no orders')
    const mixed = [fresh[0], known, fresh[1]].flatMap((value) => (value === undefined ? [] : [value]))
    const all = entries<WarehouseEffect>(mixed.map((value) => (messageId) => reserveOrder(value, { messageId })))
    const results = await store.settle(warehouse.group, all)
    expect(results).toEqual(['done', expect.objectContaining({ code: 'ICX_STORE_REFUSED' }), 'done'])
  })

  test('lets batches that share every SKU run side by side', async () => {
    const batches = Array.from({ length: 8 }, () => {
      const { orders: more } = documents()
      return entries<WarehouseEffect>(more.slice(0, 100).map((o) => (messageId) => reserveOrder(o, { messageId })))
    })
    const results = await Promise.all(batches.map((batch) => store.settle(warehouse.group, batch)))
    expect(results.flat().every((result) => result === 'done')).toBe(true)
  })
})

describe('ledger', () => {
  let database: Database
  let store: EffectStore<LedgerEffect>
  beforeAll(async () => {
    database = await freshDatabase(ledger.group, ledger.migrations)
    store = createEffectStore({ database, apply: ledger.apply })
  })

  test('sums to zero in every currency, and the same messages again change nothing', async () => {
    const { orders, cancellations } = documents()
    const all = entries<LedgerEffect>([
      ...cancellations.map((value) => (messageId: string) => postCancellation(value, { messageId })),
      ...orders.map((value) => (messageId: string) => postOrder(value, { messageId })),
    ])
    const totals = () =>
      database.query(
        `SELECT kind, account, currency, count(*), sum(amount_minor) FROM posting
         GROUP BY kind, account, currency ORDER BY kind, account, currency`,
      )
    expect(await settleAll(store, ledger.group, all)).toEqual(new Map([['done', 1_000]]))
    const before = await totals()
    expect(await settleAll(store, ledger.group, all)).toEqual(new Map([['duplicate', 1_000]]))
    expect(await totals()).toEqual(before)
    expect(await database.query('SELECT currency, sum(amount_minor) FROM posting GROUP BY 1 ORDER BY 1')).toEqual([
      { currency: 'EUR', sum: '0' },
      { currency: 'GBP', sum: '0' },
    ])
    const [posted] = await database.query(
      `SELECT sum(amount_minor) FILTER (WHERE kind = 'order' AND source = 'retail') AS gross,
              sum(amount_minor) FILTER (WHERE kind = 'cancellation') AS cancelled
       FROM journal JOIN posting USING (kind, document_id) WHERE account = 'receivable'`,
    )
    expect(posted).toEqual({
      gross: String(orders.reduce((total, { totalMinor }) => total + totalMinor, 0)),
      cancelled: String(cancellations.reduce((total, { totalMinor }) => total + totalMinor, 0)),
    })
  })

  test('has a table that refuses postings which do not cancel out, and any change of one', async () => {
    const documentId = randomUUID()
    await database.query(
      `INSERT INTO journal (kind, document_id, message_id, posted_at, currency) VALUES ('order', $1, 'm', now(), 'GBP')`,
      [documentId],
    )
    const insert = `INSERT INTO posting VALUES ('order', $1, 'receivable', 'GBP', 5), ('order', $1, 'sales', 'GBP', $2)`
    await expect(database.query(insert, [documentId, -4])).rejects.toThrow('leave 1 GBP')
    await database.query(insert, [documentId, -5])
    await expect(database.query('UPDATE posting SET amount_minor = 0')).rejects.toThrow('never changed')
    await expect(database.query('DELETE FROM posting')).rejects.toThrow('never changed')
  })

  test('keeps the newest bill address of a customer when an older one comes late', async () => {
    const customerId = randomUUID()
    const customer = { customerId, legalName: 'Wu Hui', email: null }
    const address = {
      lines: ['Flat "3"', 'Long, Road'],
      city: 'Leeds',
      region: null,
      postalCode: null,
      countryCode: 'GB',
    }
    const newer = billCustomer({ ...customer, address }, { messageId: randomUUID(), timeMs: 2_000 })
    const older = billCustomer({ ...customer, address: null }, { messageId: randomUUID(), timeMs: 1_000 })
    await store.settle(ledger.group, [entry(newer.messageId, 0, newer)])
    await store.settle(ledger.group, [entry(older.messageId, 1, older)])
    const rows = await database.query('SELECT address_lines, city FROM billing_customer WHERE customer_id = $1', [
      customerId,
    ])
    expect(rows).toEqual([{ address_lines: ['Flat "3"', 'Long, Road'], city: 'Leeds' }])
  })
})

describe('notifications', () => {
  let database: Database
  let store: EffectStore<Welcome>
  beforeAll(async () => {
    database = await freshDatabase(notifications.group, notifications.migrations)
    store = createEffectStore({ database, apply: notifications.apply })
  })

  const name = {
    prefix: null,
    given: 'Mary',
    middle: 'Jane',
    particles: null,
    family: 'Watson-Parker',
    suffix: null,
    original: 'Mary Jane Watson-Parker',
  }
  const welcome = (customerId: string, consent: 'granted' | 'refused' = 'granted') =>
    welcomeCustomer({ customerId, name, email: 'mj@example.com', consent }, { messageId: randomUUID(), timeMs: 1_000 })
  const settle = (...welcomes: readonly Welcome[]) =>
    store.settle(
      notifications.group,
      welcomes.map((effect, offset) => entry(effect.messageId, offset, effect)),
    )
  const rowsOf = (customerId: string) =>
    database.query('SELECT state, reason, greeting, email FROM welcome WHERE customer_id = $1', [customerId])

  test('records one welcome per customer, however often the customer is registered', async () => {
    const customerId = randomUUID()
    await settle(welcome(customerId, 'refused'), welcome(customerId))
    await settle(welcome(customerId), welcome(customerId, 'refused'))
    expect(await rowsOf(customerId)).toEqual([
      { state: 'queued', reason: null, greeting: 'Dear Mary Jane,', email: 'mj@example.com' },
    ])
  })

  test('holds nothing of an erased person, also when the welcome arrives after the erasure', async () => {
    const [before, after] = [randomUUID(), randomUUID()]
    const erase = (customerId: string) =>
      eraseCustomer({ customerId, requestedAt: at }, { messageId: randomUUID(), timeMs: 2_000 })
    await settle(welcome(before), erase(after))
    await settle(erase(before))
    await settle(welcome(after))
    const erased = [{ state: 'erased', reason: 'erasure-requested', greeting: null, email: null }]
    expect(await rowsOf(before)).toEqual(erased)
    expect(await rowsOf(after)).toEqual(erased)
  })
})

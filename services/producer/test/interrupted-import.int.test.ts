import { randomInt } from 'node:crypto'
import { invoiceReceived } from '@interchange/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  get,
  json,
  mark,
  prepareCluster,
  type RunningProducer,
  sendImport,
  startProducer,
  testCodec,
  testTransport,
  until,
} from './running-producer.fixture.ts'

let producer: RunningProducer
const transport = testTransport()
const codec = testCodec()
const invoiceCount = 6_000
const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n'

beforeAll(async () => {
  await prepareCluster()
  await codec.prepare([invoiceReceived])
  producer = await startProducer()
})
afterAll(() => producer?.stop())

/** Every 50th invoice is scattered, every 70th is bad. */
const exportFile = (): string => {
  const first = randomInt(10_000_000, 90_000_000)
  const rest = 'WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n'
  const invoices = Array.from({ length: invoiceCount }, (_, at) => {
    const invoiceNo = String(first + at)
    const scattered = at % 50 === 1 ? `${first + at - 1},LATE,${rest}` : ''
    return `${invoiceNo},A,${rest}`.repeat(3) + (at % 70 === 3 ? `${invoiceNo},A,X,bad\n` : '') + scattered
  })
  return header + invoices.join('')
}

describe('an import that is killed in the middle', () => {
  it.each([
    ['once', 1],
    ['four times', 4],
  ])('%s is finished by the next process, without a loss and without a double', async (_, kills) => {
    const since = await mark(transport, invoiceReceived)
    const response = await sendImport(producer, exportFile())
    expect(response.status).toBe(202)
    const path = response.headers.get('location') ?? ''
    for (let kill = 0; kill < kills; kill++) {
      const before = (await json(get(producer, path))).linesRead
      await until(async () => (await json(get(producer, path))).linesRead > before)
      await producer.kill()
      await producer.start()
    }
    const status = await until(async () => {
      const seen = await json(get(producer, path))
      return seen.state === 'done' || seen.state === 'failed' ? seen : undefined
    })
    const bad = Math.ceil((invoiceCount - 3) / 70)
    expect(status).toMatchObject({ state: 'done', invoicesRejected: bad, invoicesPublished: invoiceCount - bad })
    const seen = (await since()).filter(({ record }) => {
      const value = codec.decode(invoiceReceived, record.value ?? Buffer.alloc(0))
      return typeof value === 'object' && value.batchId === status.id
    })
    expect(new Set(seen.map(({ id }) => id)).size).toBe(invoiceCount - bad)
    expect(seen.length).toBe(invoiceCount - bad)
    const rejects = (await (await get(producer, `${path}/rejects`)).text()).trim().split('\r\n')
    expect(new Set(rejects).size).toBe(rejects.length)
    expect(rejects.length - 1).toBe(status.linesRejected)
  })
})

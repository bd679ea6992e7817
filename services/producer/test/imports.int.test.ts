import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { invoiceReceived } from '@interchange/contracts'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  get,
  ingestToken,
  json,
  mark,
  prepareCluster,
  type RunningProducer,
  type SeenRecord,
  sendImport,
  sendWebhook,
  startProducer,
  testCodec,
  testTransport,
  until,
} from './running-producer.fixture.ts'

let producer: RunningProducer
const transport = testTransport()
const codec = testCodec()
const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n'
const bytesMax = 4 * 1024 * 1024

beforeAll(async () => {
  await prepareCluster()
  await codec.prepare([invoiceReceived])
  producer = await startProducer({ IMPORT_BYTES_MAX: String(bytesMax), IMPORT_BODY_TIMEOUT_MS: '3000' })
})
afterAll(() => producer?.stop())

let next = randomInt(10_000_000, 90_000_000)
const newInvoiceNo = (): string => String(next++)
const line = (
  invoiceNo: string,
  stockCode = 'A',
  rest = 'X,1,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
): string => `${invoiceNo},${stockCode},${rest}\n`
const key = (): string => randomBytes(8).toString('hex')

/** Sends the file and waits for the end of its job. */
const importFile = async (body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}) => {
  const response = await sendImport(producer, body, headers)
  expect(response.status).toBe(202)
  const location = response.headers.get('location') ?? ''
  const status = await until(async () => {
    const seen = await json(get(producer, location))
    return seen.state === 'done' || seen.state === 'failed' ? seen : undefined
  })
  const rejects: string[][] = parse(await (await get(producer, `${location}/rejects`)).text())
  return { status, rejects: rejects.slice(1), location }
}

const invoicesIn = (seen: readonly SeenRecord[], jobId: string) =>
  seen
    .flatMap(({ id, record }) => {
      const value = record.value === null ? undefined : codec.decode(invoiceReceived, record.value)
      return typeof value === 'object' && value.batchId === jobId ? [{ id, ...value }] : []
    })
    .sort((one, other) => Number(one.invoiceNo > other.invoiceNo) - Number(one.invoiceNo < other.invoiceNo))

describe('an import', () => {
  it('becomes one event per invoice with all its lines, also where they are scattered', async () => {
    const since = await mark(transport, invoiceReceived)
    const [one, two, long] = [newInvoiceNo(), newInvoiceNo(), newInvoiceNo()]
    const { status, rejects } = await importFile(
      header + line(one) + line(two) + line(one, 'B') + line(long).repeat(1_114) + line(two, 'B'),
    )
    expect(status).toMatchObject({ state: 'done', invoicesPublished: 3, invoicesRejected: 0, linesTotal: 1_119 })
    expect(status).toMatchObject({ linesRead: 1_119, bytesRead: status.bytesTotal })
    expect(rejects).toEqual([])
    const invoices = invoicesIn(await since(), status.id)
    expect(invoices.map(({ invoiceNo, lines }) => [invoiceNo, lines.length])).toEqual([
      [one, 2],
      [two, 2],
      [long, 1_114],
    ])
    expect(invoices[1]?.lines.map(({ lineNo, stockCode }) => [lineNo, stockCode])).toEqual([
      [3, 'A'],
      [1_119, 'B'],
    ])
  })

  it('of the shipped sample has 59 good invoices and one reject, packed or not', async () => {
    const own = key().replaceAll(/\D/g, '').padEnd(4, '7').slice(0, 4)
    const sample = readFileSync(new URL('../samples/retail-export.csv', import.meta.url), 'utf8')
    // Other invoice numbers each time, so that an earlier run on this database is no duplicate.
    const content = sample.replaceAll(/^([AC]?)(7\d{5}),/gm, `$1${own}$2,`)
    const { status, rejects } = await importFile(gzipSync(content), { 'content-encoding': 'gzip' })
    expect(status).toMatchObject({ state: 'done', invoicesPublished: 59, invoicesRejected: 1, linesRejected: 1 })
    expect(rejects.map(([, reason]) => reason)).toEqual(['a quote that is not closed on its line'])
  })

  it('with bad lines rejects those invoices with reasons and takes the others', async () => {
    const since = await mark(transport, invoiceReceived)
    const good = [newInvoiceNo(), newInvoiceNo()]
    const bad = newInvoiceNo()
    const content = Buffer.concat([
      Buffer.from(`\u{FEFF}${header}${line(good[0] ?? '')}${line(bad)}`),
      Buffer.from(line(bad, 'B', 'CAFÉ,1,d,1,c,UK'), 'latin1'),
      Buffer.from(`${line(newInvoiceNo(), 'A', 'NUL\0,1,d,1,c,UK')}${newInvoiceNo()},"open,1\n`),
      Buffer.from(line(newInvoiceNo(), 'A', '=cmd,many,d,1,c,UK') + line(good[1] ?? '')),
    ])
    const { status, rejects } = await importFile(content)
    expect(status).toMatchObject({ state: 'done', invoicesPublished: 2, invoicesRejected: 4, linesRejected: 5 })
    expect(rejects.map(([lineNo, reason]) => [Number(lineNo), reason])).toEqual([
      [3, `invoice ${bad} is not sent in part: line 4 is rejected`],
      [4, expect.stringContaining('not UTF-8 (byte 0xC9')],
      [5, expect.stringContaining('a NUL byte')],
      [6, 'a quote that is not closed on its line'],
      [7, 'Quantity is not an integer'],
    ])
    expect(invoicesIn(await since(), status.id).map(({ invoiceNo }) => invoiceNo)).toEqual(good)
  })

  it('skips an invoice that was imported before and rejects one that was imported with other content', async () => {
    const since = await mark(transport, invoiceReceived)
    const [same, changed] = [newInvoiceNo(), newInvoiceNo()]
    await importFile(header + line(same) + line(changed))
    const { status, rejects } = await importFile(header + line(changed, 'B') + line(same) + line(newInvoiceNo()))
    expect(status).toMatchObject({ invoicesPublished: 1, invoicesDuplicate: 1, invoicesRejected: 1 })
    expect(rejects).toEqual([['2', expect.stringContaining('ICX_INBOX_CONFLICT'), expect.stringContaining(changed)]])
    expect((await since()).length).toBe(3)
  })

  it('with an event that is too large for Kafka rejects that invoice alone', async () => {
    const [large, small] = [newInvoiceNo(), newInvoiceNo()]
    const wide = line(large, 'A', `${'x'.repeat(900)},1,2010-12-01 08:26:00,2.55,17850.0,United Kingdom`)
    const { status, rejects } = await importFile(header + wide.repeat(1_500) + line(small))
    expect(status).toMatchObject({ state: 'done', invoicesPublished: 1, invoicesRejected: 1, linesRejected: 1_500 })
    expect(rejects[0]?.[1]).toMatch(/^ICX_/)
  })
})

describe('the Idempotency-Key', () => {
  it('with the same body is the same job, packed or not, and with another body is refused', async () => {
    const headers = { 'idempotency-key': key() }
    const body = header + line(newInvoiceNo())
    const { status } = await importFile(body, headers)
    const again = await sendImport(producer, body, headers)
    expect(again.status).toBe(200)
    expect((await json(again)).id).toBe(status.id)
    const packed = await sendImport(producer, gzipSync(body), { ...headers, 'content-encoding': 'gzip' })
    expect((await json(packed)).id).toBe(status.id)
    const other = await sendImport(producer, body + line(newInvoiceNo()), headers)
    expect(other.status).toBe(422)
    expect(await json(other)).toMatchObject({ code: 'ICX_IMPORT_KEY_REUSED' })
  })

  it('used by many at once makes one job', async () => {
    const headers = { 'idempotency-key': key() }
    const body = header + line(newInvoiceNo())
    const responses = await Promise.all(Array.from({ length: 8 }, () => sendImport(producer, body, headers)))
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 202])
    expect(new Set((await Promise.all(responses.map(json))).map(({ id }) => id)).size).toBe(1)
  })
})

describe('an upload', () => {
  const body = header + line('1')
  it.each([
    ['without a token', body, { authorization: '' }, 401, 'ICX_HTTP_UNAUTHENTICATED'],
    ['with a wrong token', body, { authorization: 'Bearer wrong' }, 401, 'ICX_HTTP_UNAUTHENTICATED'],
    ['without an Idempotency-Key', body, { 'idempotency-key': '' }, 400, 'ICX_HTTP_MALFORMED'],
    ['of another type', body, { 'content-type': 'application/json' }, 415, 'ICX_HTTP_MEDIA_TYPE'],
    ['in another charset', body, { 'content-type': 'text/csv; charset=latin1' }, 415, 'ICX_HTTP_MEDIA_TYPE'],
    ['in another encoding', body, { 'content-encoding': 'br' }, 415, 'ICX_HTTP_MEDIA_TYPE'],
    ['that is empty', '', {}, 422, 'ICX_IMPORT_HEADER'],
    ['with other columns', 'a,b\n1,2\n', {}, 422, 'ICX_IMPORT_HEADER'],
    ['in UTF-16', new Uint8Array([0xff, 0xfe, 0x49, 0x00]), {}, 422, 'ICX_IMPORT_HEADER'],
    ['that says gzip and is not', body, { 'content-encoding': 'gzip' }, 400, 'ICX_HTTP_MALFORMED'],
    ['that is half a gzip', gzipSync(body).subarray(0, 40), { 'content-encoding': 'gzip' }, 400, 'ICX_HTTP_MALFORMED'],
    ['that is too large', header + 'x'.repeat(bytesMax), {}, 413, 'ICX_HTTP_TOO_LARGE'],
    [
      'that is too large when unpacked',
      gzipSync(Buffer.alloc(200 * 1024 * 1024)),
      { 'content-encoding': 'gzip' },
      413,
      'ICX_HTTP_TOO_LARGE',
    ],
  ])('%s is refused', async (_, content, headers, status, code) => {
    const response = await sendImport(producer, content as string, headers)
    expect(response.status).toBe(status)
    expect(await json(response)).toMatchObject({ status, code })
    expect((await get(producer, '/health/live')).status).toBe(200)
  })

  it('that stalls is answered 408', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${ingestToken}`, 'content-type': 'text/csv', 'idempotency-key': key() }
      const sending = request(`${producer.url}/imports/retail`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode)
        sending.destroy()
      })
      sending.on('error', reject)
      sending.write(header)
    })
    expect(status).toBe(408)
  })

  it('that breaks off leaves nothing behind and hurts nobody', async () => {
    await new Promise<void>((resolve) => {
      const headers = { authorization: `Bearer ${ingestToken}`, 'content-type': 'text/csv', 'idempotency-key': key() }
      const sending = request(`${producer.url}/imports/retail`, { method: 'POST', headers })
      sending.on('error', () => resolve())
      sending.write(header, () => sending.destroy(new Error('gone')))
    })
    const { status } = await importFile(header + line(newInvoiceNo()))
    expect(status).toMatchObject({ state: 'done', invoicesPublished: 1 })
  })

  it('of which there is none is answered 404', async () => {
    for (const path of ['/imports/x', '/imports/01a206db-4775-8cb9-b991-78b2ab5c5cbc/rejects']) {
      expect((await get(producer, path)).status).toBe(404)
    }
  })
})

it('shows the way of an imported invoice by the id of its event', async () => {
  const since = await mark(transport, invoiceReceived)
  const invoiceNo = newInvoiceNo()
  const { status } = await importFile(header + line(invoiceNo))
  const [invoice] = invoicesIn(await since(), status.id)
  expect(await json(get(producer, `/events/${invoice?.id}`))).toMatchObject({
    source: 'retail',
    naturalKey: invoiceNo,
    state: 'published',
    correlationId: invoice?.id,
  })
  expect((await sendWebhook(producer, 'customers/create', '{"id":1}')).status).toBe(202)
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { InvoiceReceived, InvoiceReceivedLine, OrderCancelled, OrderPlaced } from '@interchange/contracts'
import { describe, expect, it } from 'vitest'
import { loadCountries, shippedAliasesFile } from '../countries/country-aliases.ts'
import { transformInvoice } from './transform-invoice.ts'

const shared = process.env['INTERCHANGE_SHARED_DATA'] ?? '../shared/data'
const folder = join(shared, 'online-retail')
const present = existsSync(folder)
const title = present ? 'the real export' : `SKIPPED: no retail export at ${folder}; set INTERCHANGE_SHARED_DATA`

const countries = loadCountries(shippedAliasesFile)

/** Splits one record; the export quotes fields with commas and has no line ends inside them. */
const fieldsOf = (record: string): readonly string[] =>
  [...record.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )

const invoicesOf = (csv: string): readonly InvoiceReceived[] => {
  const byNumber = new Map<string, InvoiceReceivedLine[]>()
  for (const [place, record] of csv.split(/\r?\n/).entries()) {
    if (place === 0 || record === '') continue
    const [invoiceNo = '', stockCode = '', description = '', quantity, invoiceDate = '', unitPrice = '', ...rest] =
      fieldsOf(record)
    const [customerId = '', country = ''] = rest
    const line = {
      lineNo: place + 1,
      stockCode,
      description: description || null,
      quantity: Number(quantity),
      invoiceDate,
      unitPrice,
      customerId: customerId || null,
      country,
    }
    const lines = byNumber.get(invoiceNo)
    if (lines === undefined) byNumber.set(invoiceNo, [line])
    else lines.push(line)
  }
  return [...byNumber].map(([invoiceNo, lines]) => ({ invoiceNo, batchId: 'test', lines }))
}

/** Invoices, lines and pence by what became of the invoice. */
const totalsOf = (received: readonly InvoiceReceived[]): Record<string, readonly [number, number, number]> => {
  const totals: Record<string, readonly [number, number, number]> = {}
  for (const invoice of received) {
    const [name, pence] = fateOf(invoice)
    const [invoices, lines, amount] = totals[name] ?? [0, 0, 0]
    totals[name] = [invoices + 1, lines + invoice.lines.length, amount + pence]
  }
  return totals
}

const fateOf = (invoice: InvoiceReceived): [string, number] => {
  try {
    const { topic, value } = transformInvoice(invoice, countries)
    const { totalMinor, amountMinor } = value as Partial<OrderPlaced & OrderCancelled & { amountMinor: number }>
    return [topic.name, totalMinor ?? amountMinor ?? 0]
  } catch (error) {
    return [error instanceof Error ? (error.message.split(':')[0] ?? '') : '', 0]
  }
}

// The expected figures were computed from the files by another program in another language, with decimal arithmetic.
describe.skipIf(!present)(title, () => {
  it('of one day becomes what another program counted', () => {
    expect(totalsOf(invoicesOf(readFileSync(join(folder, 'by-day', '2010-12-01.csv'), 'utf8')))).toEqual({
      'sales.order-placed.v1': [127, 3_072, 5_896_079],
      'sales.order-cancelled.v1': [6, 26, -32_523],
      'inventory.stock-adjusted.v1': [10, 10, 0],
    })
  })

  it('of the whole year becomes what another program counted, and only countries without an answer are rejected', () => {
    const year = gunzipSync(readFileSync(join(folder, 'online-retail-2010-12-01_2011-11-30.csv.gz'))).toString('utf8')
    expect(totalsOf(invoicesOf(year))).toEqual({
      'sales.order-placed.v1': [19_102, 504_147, 999_052_772],
      'sales.order-cancelled.v1': [3_683, 8_918, -69_131_942],
      'inventory.stock-adjusted.v1': [2_048, 2_057, 0],
      'sales.adjustment-recorded.v1': [3, 3, -1_106_206],
      'no country code for Channel Islands': [31, 752, 0],
      'no country code for European Community': [5, 61, 0],
      'no country code for Unspecified': [13, 446, 0],
    })
  }, 30_000)
})

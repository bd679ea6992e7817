import {
  type InvoiceReceived,
  type InvoiceReceivedLine,
  type TimestampMillis,
  timestampMillis,
} from '@interchange/contracts'
import { rejected } from '@interchange/messaging'
import { millsOf, minorOf } from '../money/decimal.ts'
import { presentText } from '../names/full-name.ts'
import { londonInstant } from '../time/local-instant.ts'

/** Every price of the export is in pounds. */
export const retailCurrency = 'GBP'
const penceExponent = 2

/** An invoice with its texts read and nothing decided yet. */
export interface ReadInvoice {
  readonly invoiceNo: string
  /** The earliest of its lines' times. */
  readonly issuedAt: TimestampMillis
  readonly customerRef: string | null
  /** As the file wrote it; not every kind of invoice needs it. */
  readonly country: string
  /** In the order of the file; exact duplicates are kept. */
  readonly lines: readonly ReadLine[]
}

/** One line with exact numbers and their signs as in the file. */
export interface ReadLine {
  readonly sku: string
  readonly description: string | null
  readonly quantity: number
  readonly unitPriceMills: number
  readonly amountMinor: number
}

/** Reads what all kinds of invoices share. Throws class `poison` for an invoice that contradicts itself or cannot be read. */
export const readInvoice = ({ invoiceNo, lines }: InvoiceReceived): ReadInvoice => {
  const customers = distinct(lines.map(({ customerId }) => customerRefOf(customerId)))
  const countries = distinct(lines.map(({ country }) => country))
  if (customers.length > 1) throw rejected('an invoice names more than one customer', { invoiceNo })
  if (countries.length > 1) throw rejected('an invoice names more than one country', { invoiceNo })
  const [customerRef = null] = customers
  const [country] = countries
  if (country === undefined) throw rejected('an invoice without lines', { invoiceNo })
  const times = distinct(lines.map(({ invoiceDate }) => invoiceDate)).map(londonInstant)
  const issuedAt = timestampMillis(Math.min(...times))
  return { invoiceNo, issuedAt, customerRef, country, lines: lines.map(readLine) }
}

/** "17850.0" is customer 17850 (the export went through a spreadsheet's floats). Blank is no customer. */
export const customerRefOf = (text: string | null): string | null => {
  const present = presentText(text)
  if (present === null) return null
  const digits = /^(\d{1,18})(?:\.0+)?$/.exec(present)?.[1]
  if (digits === undefined)
    throw rejected(`no customer number: "${present.slice(0, 40)}"`, { customerId: present.slice(0, 40) })
  return digits
}

/** Codes that differ by case only are one product: of the file's 111 such pairs, 109 share a description and none contradict. */
const skuOf = (stockCode: string): string => {
  const sku = stockCode.trim().toUpperCase()
  if (sku === '') throw rejected('a line without a stock code')
  return sku
}

const readLine = ({ stockCode, description, quantity, unitPrice }: InvoiceReceivedLine): ReadLine => {
  const unitPriceMills = millsOf(unitPrice)
  return {
    sku: skuOf(stockCode),
    description: presentText(description),
    quantity,
    unitPriceMills,
    amountMinor: minorOf(quantity, unitPriceMills, penceExponent),
  }
}

const distinct = <Item>(items: readonly Item[]): readonly Item[] => [...new Set(items)]

import type { InvoiceReceivedLine } from '@interchange/contracts'
import { splitFields } from './split-fields.ts'

/** The column names a retail export begins with, as its first line. */
export const retailHeader = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'

/** One line of the file: its number (the header is 1) and its text without the line break, or why it is no text. */
export interface FileLine {
  readonly lineNo: number
  /** Where its first byte lies, and the first byte behind its line break. */
  readonly byteStart: number
  readonly byteEnd: number
  readonly text: string
  /** Why the bytes of the line cannot be read; `text` is then a best effort for the reject file. */
  readonly fault: string | undefined
}

const columnCount = 8
const lengthsMax = [32, 64, 1_000, 20, 40, 40, 40, 100] as const
const names = retailHeader.split(',')
const integer = /^-?\d{1,15}$/
const decimal = /^-?\d{1,12}(\.\d{1,6})?$/

/** The line as a record, or the reason it is rejected. What it means (zero, negative, unknown country) is not judged here. */
export const readRetailLine = (line: FileLine): InvoiceReceivedLine | string => {
  if (line.fault !== undefined) return line.fault
  const fields = splitFields(line.text)
  if (typeof fields === 'string') return fields
  if (fields.length !== columnCount) return `${fields.length} columns instead of ${columnCount}`
  const [invoiceNo, stockCode = '', description = '', quantity = '', invoiceDate = '', unitPrice = ''] = fields
  for (let column = 0; column < columnCount; column++) {
    const lengthMax = lengthsMax[column] ?? 0
    if ((fields[column]?.length ?? 0) > lengthMax) return `${names[column]} is longer than ${lengthMax} characters`
  }
  if (invoiceNo !== invoiceNoOf(line.text)) return invoiceNo ? 'InvoiceNo is no invoice number' : 'InvoiceNo is empty'
  if (!integer.test(quantity)) return 'Quantity is not an integer'
  if (!decimal.test(unitPrice)) return 'UnitPrice is not a decimal number'
  return {
    lineNo: line.lineNo,
    stockCode,
    description: description === '' ? null : description,
    quantity: Number(quantity),
    invoiceDate,
    unitPrice,
    customerId: fields[6] || null,
    country: fields[7] ?? '',
  }
}

/**
 * The invoice a line belongs to: its first field, undefined when that cannot be told. Also asked of lines that are
 * rejected, because an invoice goes out whole or not at all.
 */
export const invoiceNoOf = (text: string): string | undefined => {
  const comma = text.indexOf(',')
  const first = comma === -1 ? text : text.slice(0, comma)
  const invoiceNo = first.length > 1 && first.startsWith('"') && first.endsWith('"') ? first.slice(1, -1) : first
  return /^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,31}$/.test(invoiceNo) ? invoiceNo : undefined
}

// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'

/** One invoice of the retail export, its lines as the file wrote them. Nothing is interpreted here. */
export interface InvoiceReceived {
  /** Invoice number as written, for example "536365", "C536379" (a cancellation) or "A563185" (an adjustment). */
  readonly invoiceNo: string
  /** The import job that read the file. */
  readonly batchId: string
  /** The lines in the order of the file; exact duplicates are real. */
  readonly lines: readonly InvoiceReceivedLine[]
}

/** One line of the file. */
export interface InvoiceReceivedLine {
  /** 1-based number of the line in the file; the header is line 1. */
  readonly lineNo: number
  /** Stock code as written; codes that differ by case only are different codes. */
  readonly stockCode: string
  /** Description as written; null when the column is empty. */
  readonly description: string | null
  /** Quantity; negative on cancellations and stock corrections. */
  readonly quantity: number
  /** Local time in the United Kingdom as written, YYYY-MM-DD HH:MM:SS, without a zone. */
  readonly invoiceDate: string
  /** Price of one unit in pounds as written, up to three decimals, may be negative. */
  readonly unitPrice: string
  /** Customer as written, for example "17850.0"; null when the column is empty. */
  readonly customerId: string | null
  /** Country name as written, for example "EIRE" or "Unspecified"; may be empty. */
  readonly country: string
}

/** Every version of `io.interchange.retail.InvoiceReceived`, oldest first. */
export const invoiceReceivedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'retail.invoice-received.v1-value',
    recordName: 'io.interchange.retail.InvoiceReceived',
    version: 1,
    text: '{"type":"record","name":"InvoiceReceived","namespace":"io.interchange.retail","doc":"One invoice of the retail export, its lines as the file wrote them. Nothing is interpreted here.","fields":[{"name":"invoiceNo","type":"string","doc":"Invoice number as written, for example \\"536365\\", \\"C536379\\" (a cancellation) or \\"A563185\\" (an adjustment)."},{"name":"batchId","type":"string","doc":"The import job that read the file."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"InvoiceReceivedLine","doc":"One line of the file.","fields":[{"name":"lineNo","type":"int","doc":"1-based number of the line in the file; the header is line 1."},{"name":"stockCode","type":"string","doc":"Stock code as written; codes that differ by case only are different codes."},{"name":"description","type":["null","string"],"default":null,"doc":"Description as written; null when the column is empty."},{"name":"quantity","type":"long","doc":"Quantity; negative on cancellations and stock corrections."},{"name":"invoiceDate","type":"string","doc":"Local time in the United Kingdom as written, YYYY-MM-DD HH:MM:SS, without a zone."},{"name":"unitPrice","type":"string","doc":"Price of one unit in pounds as written, up to three decimals, may be negative."},{"name":"customerId","type":["null","string"],"default":null,"doc":"Customer as written, for example \\"17850.0\\"; null when the column is empty."},{"name":"country","type":"string","doc":"Country name as written, for example \\"EIRE\\" or \\"Unspecified\\"; may be empty."}]}},"doc":"The lines in the order of the file; exact duplicates are real."}]}',
  },
]

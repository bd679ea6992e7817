import { expect, it } from 'vitest'
import { balanceFile } from './file-balance.ts'
import type { FileTotals } from './file-totals.ts'

const file: FileTotals = {
  lines: 5,
  invoices: 4,
  grossMinor: 1_700,
  cancelledMinor: -200,
  byInvoice: new Map([
    ['1', { amountMinor: 1_000, lines: 2 }],
    ['2', { amountMinor: 400, lines: 1 }],
    ['3', { amountMinor: 300, lines: 1 }],
    ['C4', { amountMinor: -200, lines: 1 }],
  ]),
}

const receivables = [
  { documentId: '1', kind: 'order', amountMinor: 1_000 },
  { documentId: 'C4', kind: 'cancellation', amountMinor: -200 },
  { documentId: 'an order of the shop', kind: 'order', amountMinor: 9_999 },
]
const outcome = { receivables, deadInvoices: new Set(['2']), rejectedInvoices: new Set(['3']) }

it('closes when every invoice is posted, dead or rejected', () => {
  expect(balanceFile(file, outcome)).toMatchObject({
    postedGrossMinor: 1_000,
    postedCancelledMinor: -200,
    deadMinor: 400,
    rejectedMinor: 300,
    closes: true,
  })
})

it('does not close when an invoice is nowhere', () => {
  expect(balanceFile(file, { ...outcome, deadInvoices: new Set() })).toMatchObject({ closes: false })
})

it('does not close when two wrong amounts cancel out', () => {
  const wrong = [
    { documentId: '1', kind: 'order', amountMinor: 1_001 },
    { documentId: 'C4', kind: 'cancellation', amountMinor: -201 },
  ]
  expect(balanceFile(file, { ...outcome, receivables: wrong })).toMatchObject({
    closes: false,
    wrongInvoices: ['1', 'C4'],
  })
})

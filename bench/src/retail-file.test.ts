import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileTotals } from '@interchange/accounting'
import { expect, it } from 'vitest'
import { madeRetailFile, renumberedLines, totalsAgain } from './retail-file.ts'

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n'
const line = (invoiceNo: string): string => `${invoiceNo},22633,HAND WARMER,6,2010-12-01 08:28:00,1.85,17850.0,France\n`

it('renumbers each invoice and nothing else, wherever the chunks are cut', async () => {
  const before = header + line('536365') + line('C536379') + line('A563185')
  const after = header + line('7536365') + line('C7536379') + line('A7563185')
  for (const chunkLength of [1, 7, 100, before.length]) {
    const chunks = Array.from({ length: Math.ceil(before.length / chunkLength) }, (_, at) =>
      before.slice(at * chunkLength, (at + 1) * chunkLength),
    )
    expect(await text(Readable.from(renumberedLines(Readable.from(chunks), 7)))).toBe(after)
  }
})

it('knows the totals of the renumbered file without reading it', async () => {
  const made = madeRetailFile(50, 3)
  const totals = await fileTotals(Readable.from([made]))
  expect(totals.lines).toBe(150)
  expect(totalsAgain(totals, 12)).toEqual(await fileTotals(renumberedLines(Readable.from([made]), 12)))
})

import { describe, expect, it } from 'vitest'
import { fileTotals } from './file-totals.ts'

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n'

async function* chunksOf(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

const totalsOf = (lines: string, size = 7) => fileTotals(chunksOf(header + lines, size))

describe('the totals of a file', () => {
  it('add lines by invoice, cancelled ones apart and negative', async () => {
    const totals = await totalsOf('1,A,x,6,t,2.55,,UK\n2,A,x,1,t,10,,UK\n1,B,x,2,t,3.39,,UK\nC3,A,x,-1,t,2.55,,UK\n')
    expect(totals).toMatchObject({ lines: 4, invoices: 3, grossMinor: 1530 + 678 + 1000, cancelledMinor: -255 })
    expect(totals.byInvoice.get('1')).toEqual({ amountMinor: 2208, lines: 2 })
  })

  it('round half away from zero on each line, not on the sum', async () => {
    const totals = await totalsOf(
      '1,A,x,1,t,0.005,,UK\n1,A,x,1,t,0.005,,UK\nC2,A,x,-1,t,0.005,,UK\n1,A,x,1,t,0.001,,UK\n',
    )
    expect(totals).toMatchObject({ grossMinor: 2, cancelledMinor: -1 })
  })

  it.each([1, 3, 1_000])('read quotes and doubled quotes in chunks of %i', async (size) => {
    const totals = await totalsOf('1,A,"5"" lamp, red",2,t,1.50,,"UK"\r\n2,A,,1,t,0.01,,UK', size)
    expect(totals).toMatchObject({ lines: 2, invoices: 2, grossMinor: 301 })
  })

  it('let an open quote swallow its own line and no other', async () => {
    const totals = await totalsOf('1,A,"open,2,t,1.50,,UK\n2,A,,1,t,0.01,,UK\n')
    expect(totals).toMatchObject({ lines: 2, invoices: 2, grossMinor: 1 })
  })

  it('count a line whose amount cannot be read, without an amount', async () => {
    const totals = await totalsOf('1,A,x,two,t,2.55,,UK\n1,A,x,1,t,"1,234.50",,UK\n')
    expect(totals).toMatchObject({ lines: 2, invoices: 1, grossMinor: 0 })
  })
})

import { describe, expect, it } from 'vitest'
import { invoiceNoOf, readRetailLine } from './retail-line.ts'

const line = (text: string, fault?: string) => readRetailLine({ lineNo: 2, byteStart: 0, byteEnd: 0, text, fault })

describe('readRetailLine', () => {
  it('reads a line as written', () => {
    expect(line('536365,85123A,"HEART, WHITE",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom')).toEqual({
      lineNo: 2,
      stockCode: '85123A',
      description: 'HEART, WHITE',
      quantity: 6,
      invoiceDate: '2010-12-01 08:26:00',
      unitPrice: '2.55',
      customerId: '17850.0',
      country: 'United Kingdom',
    })
  })

  it('leaves empty columns, negative numbers and odd countries to the transformer', () => {
    const read = line('A563185,B,,-1,2011-08-12 14:50:00,-11062.06,,')
    expect(read).toMatchObject({
      description: null,
      quantity: -1,
      unitPrice: '-11062.06',
      customerId: null,
      country: '',
    })
  })

  it.each([
    ['too few columns', '536365,85123A,X,6', '4 columns instead of 8'],
    ['too many columns', '1,a,X,6,d,1,c,UK,more', '9 columns instead of 8'],
    ['nothing', '', '1 columns instead of 8'],
    ['no invoice number', ',a,X,6,d,1,c,UK', 'InvoiceNo is empty'],
    ['an invoice number with a comma', '"1,2",a,X,6,d,1,c,UK', 'InvoiceNo is no invoice number'],
    ['half a unit', '1,a,X,1.5,d,1,c,UK', 'Quantity is not an integer'],
    ['a quantity beyond 2^53', '1,a,X,9007199254740993,d,1,c,UK', 'Quantity is not an integer'],
    ['no quantity', '1,a,X,,d,1,c,UK', 'Quantity is not an integer'],
    ['a price with a comma', '1,a,X,1,d,"1,50",c,UK', 'UnitPrice is not a decimal number'],
    ['a price with an exponent', '1,a,X,1,d,1e3,c,UK', 'UnitPrice is not a decimal number'],
    ['an open quote', '1,a,"X,1,d,1,c,UK', 'a quote that is not closed on its line'],
    ['a long description', `1,a,${'x'.repeat(1_001)},1,d,1,c,UK`, 'Description is longer than 1000 characters'],
  ])('rejects %s', (_, text, reason) => {
    expect(line(text)).toBe(reason)
  })

  it('rejects a line whose bytes were no text, for that reason', () => {
    expect(line('1,a,X,1,d,1,c,UK', 'not UTF-8')).toBe('not UTF-8')
  })
})

describe('invoiceNoOf', () => {
  it.each([
    ['536365,a', '536365'],
    ['"C536379",a', 'C536379'],
    ['A563185', 'A563185'],
    [',a', undefined],
    ['"536365,a', undefined],
    [`${'9'.repeat(40)},a`, undefined],
  ])('tells the invoice of %s', (text, invoiceNo) => {
    expect(invoiceNoOf(text)).toBe(invoiceNo)
  })
})

/** A file in the retail export's shape: `count` invoices from `firstNumber` on, `lines` lines each, 2.50 a line. */
export const madeInvoices = (firstNumber: number, count: number, lines: number): string => {
  const rows = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country']
  for (let invoice = firstNumber; invoice < firstNumber + count; invoice++) {
    for (let line = 0; line < lines; line++) {
      rows.push(`${invoice},S${line},ARTICLE ${line},1,2011-03-01 10:00:00,2.50,17850.0,United Kingdom`)
    }
  }
  return `${rows.join('\n')}\n`
}

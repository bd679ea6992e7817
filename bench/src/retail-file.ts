import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'

const yearFile = 'online-retail/online-retail-2010-12-01_2011-11-30.csv.gz'

/**
 * The file to send: the one that is named, else the whole year where the real data lies (INTERCHANGE_SHARED_DATA, default
 * `../shared/data` beside the checkout), else one that is made here in the same shape and size.
 */
export const retailFile = async (named: string | undefined): Promise<{ path: string; made: boolean }> => {
  if (named !== undefined) return { path: named, made: false }
  const shared = join(process.env['INTERCHANGE_SHARED_DATA'] ?? join(checkoutFolder, '..', 'shared', 'data'), yearFile)
  if (existsSync(shared)) return { path: shared, made: false }
  const folder = join(checkoutFolder, '.interchange', 'bench')
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'made-retail.csv')
  await writeFile(path, madeRetailFile(25_000, 21))
  return { path, made: true }
}

/** `invoices` invoices of `lines` lines each: enough to measure with, nothing to learn from. */
export const madeRetailFile = (invoices: number, lines: number): string => {
  const rows = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country']
  for (let invoice = 0; invoice < invoices; invoice++) {
    const minute = String(invoice % 60).padStart(2, '0')
    const day = String((Math.floor(invoice / 900) % 28) + 1).padStart(2, '0')
    for (let line = 0; line < lines; line++) {
      const sku = 20_000 + ((invoice * 7 + line * 131) % 3_900)
      const price = (((invoice + line * 17) % 2_000) + 1) / 100
      rows.push(
        `${600_000 + invoice},${sku},MADE ARTICLE ${sku},${(line % 12) + 1},2011-01-${day} 10:${minute}:00,${price},${12_000 + (invoice % 4_000)}.0,United Kingdom`,
      )
    }
  }
  return `${rows.join('\n')}\n`
}

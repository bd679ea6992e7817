import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline as pipe } from 'node:stream/promises'
import type { FileTotals } from '@interchange/accounting'
import { retailText } from '@interchange/cli'
import { checkoutFolder } from '@interchange/stack'

const yearFile = 'online-retail/online-retail-2010-12-01_2011-11-30.csv.gz'
const madeFolder = join(checkoutFolder, '.interchange', 'bench-files')

/** A retail file, and its name in the figures. */
export interface RetailFile {
  readonly path: string
  readonly kind: 'named' | 'real' | 'made'
}

/**
 * The file to send: the one that is named, else the whole year where the real data lies (INTERCHANGE_SHARED_DATA, default
 * `../shared/data` beside the checkout), else one that is made here in the same shape and size.
 */
export const retailFile = async (named: string | undefined): Promise<RetailFile> => {
  if (named !== undefined) return { path: named, kind: 'named' }
  const shared = join(process.env['INTERCHANGE_SHARED_DATA'] ?? join(checkoutFolder, '..', 'shared', 'data'), yearFile)
  if (existsSync(shared)) return { path: shared, kind: 'real' }
  await mkdir(madeFolder, { recursive: true })
  const path = join(madeFolder, 'made.csv')
  await writeFile(path, madeRetailFile(25_000, 21))
  return { path, kind: 'made' }
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

/** The same file once more, as invoices nobody has seen: each number gets `round` in front of its digits. */
export const writeAgain = async (path: string, round: number): Promise<string> => {
  await mkdir(madeFolder, { recursive: true })
  const again = join(madeFolder, `again-${round}.csv`)
  await pipe(Readable.from(renumberedLines(retailText(path), round)), createWriteStream(again))
  return again
}

/** What `fileTotals` says of the file that `writeAgain` writes, from what it says of the first one. */
export const totalsAgain = (totals: FileTotals, round: number): FileTotals => ({
  ...totals,
  byInvoice: new Map([...totals.byInvoice].map(([invoiceNo, facts]) => [renumbered(invoiceNo, round), facts])),
})

/** Text of whole lines, their first field renumbered. */
export async function* renumberedLines(chunks: AsyncIterable<string>, round: number): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const text = rest + chunk
    const end = text.lastIndexOf('\n') + 1
    rest = text.slice(end)
    if (end > 0) yield renumbered(text.slice(0, end), round)
  }
  if (rest !== '') yield renumbered(rest, round)
}

const renumbered = (text: string, round: number): string => text.replace(/^("?[A-Z]?)(?=\d{4})/gm, `$1${round}`)

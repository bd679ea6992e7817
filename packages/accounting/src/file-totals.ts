/** What a retail file says, from the file alone. Amounts in pence, signed: cancelled ones are negative. */
export interface FileTotals {
  readonly lines: number
  readonly invoices: number
  readonly grossMinor: number
  readonly cancelledMinor: number
  /** Signed amount of each invoice, and how many lines it has. */
  readonly byInvoice: ReadonlyMap<string, { readonly amountMinor: number; readonly lines: number }>
}

/**
 * Adds up a file in the "Online Retail" shape with nothing but the file: its own small line splitter and its own
 * arithmetic, so that a mistake in the producer's parser or the transformer's money cannot hide in both. A line's
 * amount is quantity x price, rounded half away from zero to the penny, line by line; lines that cannot be read count
 * as lines without an amount.
 */
export const fileTotals = async (chunks: AsyncIterable<string>): Promise<FileTotals> => {
  const byInvoice = new Map<string, { amountMinor: number; lines: number }>()
  let lines = 0
  let header = true
  for await (const fields of csvRecords(chunks)) {
    if (header) {
      header = false
      continue
    }
    lines++
    const invoiceNo = fields[0] ?? ''
    const invoice = byInvoice.get(invoiceNo) ?? { amountMinor: 0, lines: 0 }
    invoice.lines++
    invoice.amountMinor += lineMinor(fields[3] ?? '', fields[5] ?? '') ?? 0
    byInvoice.set(invoiceNo, invoice)
  }
  let grossMinor = 0
  let cancelledMinor = 0
  for (const [invoiceNo, { amountMinor }] of byInvoice) {
    if (invoiceNo.startsWith('C')) cancelledMinor += amountMinor
    else grossMinor += amountMinor
  }
  return { lines, invoices: byInvoice.size, grossMinor, cancelledMinor, byInvoice }
}

const lineMinor = (quantity: string, price: string): number | undefined => {
  const digits = /^(-?)(\d+)(?:\.(\d{1,3}))?$/.exec(price)
  if (digits === null || !/^-?\d+$/.test(quantity)) return undefined
  const mills = BigInt(`${digits[2]}${(digits[3] ?? '').padEnd(3, '0')}`) * (digits[1] === '-' ? -1n : 1n)
  const product = mills * BigInt(quantity)
  const magnitude = ((product < 0n ? -product : product) + 5n) / 10n
  return Number(product < 0n ? -magnitude : magnitude)
}

/** Splits the export into records. A record is one line, so an open quote ends with its line and swallows nothing. */
async function* csvRecords(chunks: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '' && line !== '\r') yield fieldsOf(line)
  }
  if (rest !== '') yield fieldsOf(rest)
}

/** The fields of one line, character by character: quotes open and close, doubled ones stand for one. */
const fieldsOf = (line: string): readonly string[] => {
  const fields: string[] = []
  let field = ''
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const character = line[at]
    if (character === '"' && quoted && line[at + 1] === '"') field += line[at++]
    else if (character === '"') quoted = !quoted
    else if (character === ',' && !quoted) {
      fields.push(field)
      field = ''
    } else if (character !== '\r' && character !== '\uFEFF') field += character
  }
  return [...fields, field]
}

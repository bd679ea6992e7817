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
 * Adds up a file in the "Online Retail" shape with nothing but the file: its own small record splitter (RFC 4180) and its
 * own arithmetic, so that a mistake in the producer's parser or the transformer's money cannot hide in both. A line's
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

/** Splits CSV text into records: quotes, doubled quotes, line ends within quotes. */
async function* csvRecords(chunks: AsyncIterable<string>): AsyncGenerator<string[]> {
  let fields: string[] = []
  let field = ''
  let quoted = false
  let closing = false
  for await (const chunk of chunks) {
    for (const character of chunk) {
      if (quoted && !closing) {
        if (character === '"') closing = true
        else field += character
        continue
      }
      if (closing && character === '"') {
        field += '"'
        closing = false
        continue
      }
      if (closing) {
        quoted = false
        closing = false
      }
      if (character === '"' && field === '') quoted = true
      else if (character === ',') {
        fields.push(field)
        field = ''
      } else if (character === '\n') {
        fields.push(field)
        if (fields.length > 1 || fields[0] !== '') yield fields
        fields = []
        field = ''
      } else if (character !== '\r' && character !== '\uFEFF') field += character
    }
  }
  fields.push(field)
  if (fields.length > 1 || fields[0] !== '') yield fields
}

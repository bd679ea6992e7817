import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { invoiceLinesMax, invoiceRuns } from './invoice-runs.ts'
import type { ReadyInvoice, RejectedLine } from './judge-invoice.ts'
import { readInvoices } from './read-invoices.ts'
import { type FilePosition, lineBytesMax, readLines } from './read-lines.ts'
import { indexRuns } from './run-index.ts'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-invoices-'))
})
afterAll(() => rm(folder, { recursive: true }))

const start: FilePosition = { byte: 0, lineNo: 2 }
const line = (
  invoiceNo: string,
  stockCode = 'A',
  rest = 'X,1,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
): string => `${invoiceNo},${stockCode},${rest}\n`

interface Result {
  readonly ready: ReadyInvoice[]
  readonly rejected: RejectedLine[]
  readonly positions: FilePosition[]
}

const read = async (content: string | Buffer, from = start): Promise<Result> => {
  const path = join(folder, `${files++}.csv`)
  await writeFile(path, content)
  const file = await open(path)
  const result: Result = { ready: [], rejected: [], positions: [] }
  const index = await indexRuns(invoiceRuns(readLines(file, start)))
  for await (const step of readInvoices(file, index, from)) {
    if (step.ready !== undefined) result.ready.push(step.ready)
    result.rejected.push(...step.rejected)
    result.positions.push(step.position)
  }
  await file.close()
  return result
}
const summary = ({ ready }: Result) =>
  ready.map(({ invoiceNo, lines }) => [invoiceNo, lines.map((each) => each.lineNo)])
const reasons = ({ rejected }: Result) => rejected.map(({ lineNo, reason }) => [lineNo, reason])

describe('reading invoices', () => {
  it('gives each invoice all its lines, exact duplicates too', async () => {
    const result = await read(line('1') + line('1') + line('2'))
    expect(summary(result)).toEqual([
      ['1', [2, 3]],
      ['2', [4]],
    ])
  })

  it('sends an invoice that is not contiguous once, at its first line, with all its lines', async () => {
    const result = await read(line('1') + line('2') + line('1', 'B') + line('3') + line('1', 'C') + line('1', 'D'))
    expect(summary(result)).toEqual([
      ['1', [2, 4, 6, 7]],
      ['2', [3]],
      ['3', [5]],
    ])
  })

  it('can begin again at every position it named, without missing or repeating an invoice', async () => {
    const content = `${line('1') + line('2') + line('1', 'B') + line('3')}é,x\n${line('2', 'B')}${line('4')}`
    const whole = await read(content)
    for (const [at, position] of whole.positions.entries()) {
      const rest = await read(content, position)
      expect(rest.positions).toEqual(whole.positions.slice(at + 1))
      expect(summary(rest)).toEqual(summary(whole).slice(-rest.ready.length || whole.ready.length))
    }
  })

  it('reads CRLF, a last line without a break, and skips empty lines', async () => {
    const result = await read(`${line('1').trim()}\r\n\r\n\n${line('1').trim()}`)
    expect(summary(result)).toEqual([['1', [2, 5]]])
    expect(result.ready[0]?.lines[0]?.country).toBe('United Kingdom')
  })

  it('reads lines that lie across chunks, in UTF-8', async () => {
    const content = Array.from({ length: 9_000 }, (_, at) => line(String(at), 'A', 'TÉA – ☕,1,d,1,c,UK')).join('')
    const result = await read(content)
    expect(result.ready).toHaveLength(9_000)
    expect(new Set(result.ready.map((invoice) => invoice.lines[0]?.description))).toEqual(new Set(['TÉA – ☕']))
    expect(result.positions.at(-1)).toEqual({ byte: Buffer.byteLength(content), lineNo: 9_002 })
  })

  it('rejects a whole invoice for one bad line, and no neighbour', async () => {
    const result = await read(line('1') + line('2') + line('2', 'B', 'X,many,d,1,c,UK') + line('2', 'C') + line('3'))
    expect(summary(result).map(([invoiceNo]) => invoiceNo)).toEqual(['1', '3'])
    expect(reasons(result)).toEqual([
      [3, 'invoice 2 is not sent in part: line 4 is rejected'],
      [4, 'Quantity is not an integer'],
      [5, 'invoice 2 is not sent in part: line 4 is rejected'],
    ])
  })

  it('does not let an open quote swallow the file', async () => {
    const result = await read(
      `${line('1')}2,A,"OPEN,1,d,1,c,UK\n${line('3')}${line('4', 'A', '"CLOSED, TOO",1,d,1,c,UK')}`,
    )
    expect(summary(result).map(([invoiceNo]) => invoiceNo)).toEqual(['1', '3', '4'])
    expect(reasons(result)).toEqual([[3, 'a quote that is not closed on its line']])
  })

  it('names NUL bytes, control characters and Latin-1', async () => {
    const latin1 = Buffer.concat([
      Buffer.from(line('1') + line('2', 'A', 'X\0,1,d,1,c,UK') + line('3', 'A', 'X\u0007,1,d,1,c,UK')),
      Buffer.from(line('4', 'A', 'CAFÉ,1,d,1,c,UK'), 'latin1'),
      Buffer.from(line('5', 'A', 'CAFÉ,1,d,1,c,UK')),
    ])
    const result = await read(latin1)
    expect(summary(result).map(([invoiceNo]) => invoiceNo)).toEqual(['1', '5'])
    expect(reasons(result)).toEqual([
      [3, 'a NUL byte at column 6'],
      [4, 'a control character at column 6'],
      [5, 'not UTF-8 (byte 0xC9 at column 8); if the file is Latin-1, convert it to UTF-8'],
    ])
  })

  it.each([lineBytesMax + 1, 3_000_000])('skips a line of %d bytes without its neighbours', async (bytes) => {
    const result = await read(`${line('1')}2,${'x'.repeat(bytes)}\n${line('3')}`)
    expect(summary(result)).toEqual([
      ['1', [2]],
      ['3', [4]],
    ])
    expect(reasons(result)).toEqual([[3, `the line is longer than ${lineBytesMax} bytes`]])
    expect(result.rejected[0]?.text).toHaveLength(1_000)
  })

  it('counts a line without an invoice to the invoice around it, otherwise rejects it alone', async () => {
    const around = await read(`${line('1')}"torn\n${line('1', 'B')}${line('2')}`)
    expect(summary(around)).toEqual([['2', [5]]])
    expect(around.rejected.map(({ lineNo }) => lineNo)).toEqual([2, 3, 4])
    const between = await read(`${line('1')}"torn\n${line('2')}`)
    expect(summary(between)).toEqual([
      ['1', [2]],
      ['2', [4]],
    ])
    expect(reasons(between)).toEqual([[3, 'a quote that is not closed on its line']])
  })

  it('holds a long invoice up to its limit and rejects a longer one whole', async () => {
    const most = await read(line('1').repeat(invoiceLinesMax) + line('2'))
    expect(most.ready.map((invoice) => invoice.lines.length)).toEqual([invoiceLinesMax, 1])
    const over = await read(line('1').repeat(invoiceLinesMax) + line('2') + line('1'))
    expect(summary(over).map(([invoiceNo]) => invoiceNo)).toEqual(['2'])
    expect(over.rejected).toHaveLength(invoiceLinesMax + 1)
    expect(over.rejected[0]?.reason).toBe('invoice 1 has more than 8000 lines')
  })

  it('gives the same invoice the same hash wherever it lies, and another one another', async () => {
    const [one] = (await read(line('1'))).ready
    const [two] = (await read(line('0') + line('1', '"A"'))).ready.slice(1)
    const [three] = (await read(line('1', 'a'))).ready
    expect(two?.contentHash).toEqual(one?.contentHash)
    expect(three?.contentHash).not.toEqual(one?.contentHash)
  })
})

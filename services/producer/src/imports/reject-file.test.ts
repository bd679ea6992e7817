import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { formatRejects, openRejectFile } from './reject-file.ts'

describe('the reject file', () => {
  it('is CSV that gives back what was in the file', () => {
    const text = '1,"A, B",say "x"'
    expect(parse(formatRejects([{ lineNo: 7, reason: 'r, s', text }]))).toEqual([['7', 'r, s', text]])
  })

  it.each(['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)', '\t=1'])('disarms the formula %s', (text) => {
    expect(parse(formatRejects([{ lineNo: 1, reason: 'r', text }]))).toEqual([['1', 'r', `'${text}`]])
  })

  it('drops what was written after the checkpoint it is opened with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rejects-'))
    const path = join(folder, 'x.csv')
    const first = await openRejectFile(path, 0)
    const length = await first.append([{ lineNo: 1, reason: 'kept', text: '' }])
    await first.append([{ lineNo: 2, reason: 'lost', text: '' }])
    await first.close()
    const second = await openRejectFile(path, length)
    await second.append([{ lineNo: 3, reason: 'again', text: '' }])
    await second.close()
    expect((await readFile(path, 'utf8')).split('\r\n')).toEqual([
      'line,reason,text',
      '1,"kept",""',
      '3,"again",""',
      '',
    ])
    await rm(folder, { recursive: true })
  })
})

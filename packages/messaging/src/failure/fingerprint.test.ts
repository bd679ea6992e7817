import { describe, expect, it } from 'vitest'
import { classify } from './classify.ts'
import { rejected } from './failure.ts'
import { fingerprintOf, ownFrame, withoutIdsAndNumbers } from './fingerprint.ts'

const refuseCountry = (country: string, line: number): unknown =>
  rejected(`no country for "${country}" on line ${line}`)

describe('a fingerprint', () => {
  it('is the same for one cause, whatever ids and numbers its message carries', () => {
    expect(fingerprintOf(classify(refuseCountry('Elbonia', 17)))).toBe(
      fingerprintOf(classify(refuseCountry('Elbonia', 180))),
    )
  })

  it('differs for another cause', () => {
    expect(fingerprintOf(classify(refuseCountry('Elbonia', 1)))).not.toBe(
      fingerprintOf(classify(refuseCountry('Narnia', 1))),
    )
    expect(fingerprintOf(classify(new Error('x')))).not.toBe(fingerprintOf(classify(new TypeError('x'))))
  })

  it('leaves out UUIDs, hex ids and numbers, and keeps words', () => {
    expect(
      withoutIdsAndNumbers(
        'order 018f3a2b-1c2d-7e3f-8a4b-5c6d7e8f9a0b of 2010-12-01 09:45 has 3.50, hash deadbeef01, defaced',
      ),
    ).toBe('order # of # # has #, hash #, defaced')
  })

  it('takes the first frame outside Node, packages and this kernel, without line and folder', () => {
    const stack = [
      'Error: x',
      '    at node:internal/process/task_queues:95:5',
      '    at parse (/app/node_modules/lib/index.js:1:1)',
      '    at async normalise (file:///srv/app/dist/country.js:12:7)',
    ].join('\n')
    expect(ownFrame(stack)).toBe('normalise country')
    expect(ownFrame('    at /srv/other/country.ts:9:1')).toBe(' country')
    expect(ownFrame('')).toBe('')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponentOf } from './currency.ts'
import { amountMax, exactMinorOf, millsOf, minorOf, sumOf } from './decimal.ts'

describe('money', () => {
  it('MNY-01 reads up to three decimals as exact thousandths', () => {
    expect(['2.55', '0.001', '11062.06', '5', '-3.1', '2.5500'].map(millsOf)).toEqual([
      2550, 1, 11_062_060, 5000, -3100, 2550,
    ])
  })

  it.each(['1e3', '1,234.50', '1.234,50', '+1', '.5', '1.', '', ' 1', '£1', '0x10', 'NaN', '--1', '١'])(
    'MNY-02 rejects %j, which is no plain decimal',
    (text) => {
      expect(() => millsOf(text)).toThrow('an amount is no plain decimal')
    },
  )

  it('MNY-03 rejects a fourth decimal that is not 0', () => {
    expect(() => millsOf('2.5501')).toThrow('at most three decimals')
  })

  it('MNY-04 rounds a line once, half away from zero', () => {
    expect([
      minorOf(1, 5, 2),
      minorOf(-1, 5, 2),
      minorOf(1, 4, 2),
      minorOf(3, 1, 2),
      minorOf(5, 1, 2),
      minorOf(2, 1005, 2),
    ]).toEqual([1, -1, 0, 0, 1, 201])
  })

  it('MNY-05 knows the decimals of each currency', () => {
    expect(['JPY', 'USD', 'KWD', 'CLF'].map(exponentOf)).toEqual([0, 2, 3, 4])
    expect([0, 2, 3, 4].map((exponent) => minorOf(2, 1500, exponent))).toEqual([3, 300, 3000, 30_000])
  })

  it.each(['usd', 'XXX', 'DEM', '', 'US'])('MNY-06 rejects %j, which is no currency of ISO 4217', (code) => {
    expect(() => exponentOf(code)).toThrow('no currency of ISO 4217')
  })

  it('MNY-07 rejects amounts above 9e15', () => {
    expect(() => millsOf('9000000000000.001')).toThrow('above 9e15')
    expect(() => minorOf(9_007_199_254_740_991, 9_007_199_254_740, 2)).toThrow('above 9e15')
    expect(() => minorOf(1, amountMax, 4)).toThrow('above 9e15')
    expect(() => sumOf([amountMax, 1])).toThrow('above 9e15')
    expect(minorOf(1, amountMax, 3)).toBe(amountMax)
  })

  it('MNY-08 rejects a stated amount finer than the minor unit', () => {
    expect(() => exactMinorOf('10.005', 2)).toThrow("finer than the currency's minor unit")
    expect(() => exactMinorOf('0.5', 0)).toThrow("finer than the currency's minor unit")
    expect([exactMinorOf('10.50', 2), exactMinorOf('100.00', 0), exactMinorOf('1.005', 3)]).toEqual([1050, 100, 1005])
  })

  it('MNY-09 never answers minus 0', () => {
    expect([millsOf('-0.00'), minorOf(-1, 0, 2), minorOf(-1, 4, 2), minorOf(-1, 0, 3)]).toEqual([0, 0, 0, 0])
  })

  it('agrees with big-integer arithmetic for every quantity, price and number of decimals', () => {
    const price = fc.tuple(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 0, max: 999 }), fc.boolean())
    fc.assert(
      fc.property(
        fc.integer({ min: -80_000, max: 80_000 }),
        price,
        fc.integer({ min: 0, max: 4 }),
        (quantity, [whole, part, negative], exponent) => {
          const text = `${negative ? '-' : ''}${whole}.${String(part).padStart(3, '0')}`
          const mills = BigInt(text.replace('.', ''))
          const scaled = mills * BigInt(quantity) * 10n ** BigInt(exponent)
          const magnitude = ((scaled < 0n ? -scaled : scaled) + 500n) / 1000n
          expect(BigInt(minorOf(quantity, millsOf(text), exponent))).toBe(scaled < 0n ? -magnitude : magnitude)
        },
      ),
    )
  })
})

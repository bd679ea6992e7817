import { rejected } from '@interchange/messaging'

/** The largest amount, in mills or minor units, that a canonical event may carry: exact in every reader. */
export const amountMax = 9_000_000_000_000_000

const decimalText = /^(-?)(\d{1,13})(?:\.(\d{1,3})0*)?$/

/**
 * A decimal as written ("2.55", "-11062.06") in thousandths, exactly; no float is involved. Throws class `poison` for
 * more than three significant decimals, exponents, signs other than "-", grouping, decimal commas and blanks.
 */
export const millsOf = (text: string): number => {
  const [, sign, whole, fraction] = decimalText.exec(text) ?? []
  if (sign === undefined || whole === undefined)
    throw rejected(`an amount is no plain decimal with at most three decimals: "${text.slice(0, 40)}"`, {
      amount: text.slice(0, 40),
    })
  const mills = Number(whole + (fraction ?? '').padEnd(3, '0'))
  return withinBounds(sign === '-' ? 0 - mills : mills)
}

/**
 * `quantity` units at `unitMills` each, in minor units of a currency with `exponent` decimals: multiplied first, then
 * rounded once, half away from zero. Throws class `poison` above `amountMax`.
 */
export const minorOf = (quantity: number, unitMills: number, exponent: number): number => {
  const mills = withinBounds(quantity * unitMills)
  if (exponent >= 3) return withinBounds(mills * 10 ** (exponent - 3))
  const divisor = 10 ** (3 - exponent)
  const magnitude = Math.abs(mills) + divisor / 2
  const rounded = (magnitude - (magnitude % divisor)) / divisor
  return mills < 0 ? 0 - rounded : rounded
}

/** One amount as written, in minor units. Throws class `poison` when it is not a whole number of them. */
export const exactMinorOf = (text: string, exponent: number): number => {
  const mills = millsOf(text)
  if (exponent < 3 && mills % 10 ** (3 - exponent) !== 0)
    throw rejected(`an amount is finer than the currency's minor unit: "${text.slice(0, 40)}"`, {
      amount: text.slice(0, 40),
    })
  return minorOf(1, mills, exponent)
}

/** The exact sum of amounts. Throws class `poison` above `amountMax`. */
export const sumOf = (amounts: readonly number[]): number =>
  amounts.reduce((sum, amount) => withinBounds(sum + amount), 0)

const withinBounds = (amount: number): number => {
  // A product that is not exact is beyond 2^53 and so beyond the bound as well.
  if (!(Math.abs(amount) <= amountMax)) throw rejected('an amount is above 9e15 of its unit', { amount })
  return amount + 0
}

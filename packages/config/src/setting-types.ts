import { accessSync, constants } from 'node:fs'
import { z } from 'zod'

/** Any text. */
export const text = (): z.ZodType<string, string> => z.string().describe('text')

/** A whole number within both bounds. */
export const integer = (min: number, max: number): z.ZodType<number, string> => {
  const expected = `a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^-?\d{1,15}$/, `expected ${expected}`)
    .transform(Number)
    .pipe(z.int().min(min, `expected ${expected}`).max(max, `expected ${expected}`))
    .describe(expected)
}

/** A number from 0 to 1. */
export const ratio = (): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'expected a number from 0 to 1')
    .transform(Number)
    .describe('a number from 0 to 1')

/** `true` or `false`. */
export const flag = (): z.ZodType<boolean, string> =>
  z
    .enum(['true', 'false'], 'expected true or false')
    .transform((value) => value === 'true')
    .describe('true or false')

/** One of a closed set of words. */
export const oneOf = <const Word extends string>(...words: readonly [Word, ...Word[]]): z.ZodType<Word, string> => {
  const expected = words.join(', ')
  return z
    .string()
    .refine((value) => words.some((word) => word === value), `expected one of ${expected}`)
    .transform((value) => value as Word)
    .describe(`one of ${expected}`)
}

/** An address with one of the given schemes, `https:` written without slashes. */
export const url = (...schemes: readonly [string, ...string[]]): z.ZodType<string, string> => {
  const expected = `a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`
  return z
    .string()
    .refine((value) => schemes.includes(URL.parse(value)?.protocol ?? ''), `expected ${expected}`)
    .describe(expected)
}

/** The path of a file that this process may read. */
export const readableFile = (): z.ZodType<string, string> => {
  const expected = 'the path of a file this process may read'
  return z.string().refine(isReadable, `expected ${expected}`).describe(expected)
}

const isReadable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** A comma-separated list of `host:port`, at least one. */
export const hostPorts = (): z.ZodType<readonly string[], string> => {
  const expected = 'host:port, several separated by commas'
  return z
    .string()
    .transform((value): readonly string[] => value.split(',').map((part) => part.trim()))
    .refine((parts) => parts.every(isHostPort), `expected ${expected}`)
    .describe(expected)
}

const isHostPort = (part: string): boolean => {
  const port = Number(/^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([1-9]\d{0,4})$/.exec(part)?.[1])
  return port <= 65_535
}

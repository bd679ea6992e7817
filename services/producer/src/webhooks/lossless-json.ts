import { isUtf8 } from 'node:buffer'
import { ProblemError } from '../http/problem.ts'
import { findJsonFault } from './json-guard.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * Parses a JSON body without losing a digit: a number that JavaScript would print otherwise than it was written (an id
 * beyond 2^53, `0.00`, `1e5`) stays the text it was. Throws a 400 problem for anything that is not UTF-8 JSON
 * within our limits (see `findJsonFault`).
 */
export const parseJsonLosslessly = (body: Uint8Array): unknown => {
  if (!isUtf8(body)) throw malformed('The body is not UTF-8.')
  const text = utf8.decode(body)
  const fault = findJsonFault(text)
  if (fault !== undefined) throw malformed(`The body is refused: ${fault.detail}.`)
  try {
    return JSON.parse(text, keepDigits)
  } catch (cause) {
    throw malformed('The body is not JSON.', cause)
  }
}

const roundTrips = (value: number, written: string): boolean =>
  String(value) === written && Math.abs(value) <= Number.MAX_SAFE_INTEGER

// The third argument is ECMAScript's JSON.parse source text access, which the compiler's library does not know yet.
const keepDigits = ((_key: string, value: unknown, { source }: { readonly source?: string }) =>
  typeof value === 'number' && source !== undefined && !roundTrips(value, source) ? source : value) as (
  key: string,
  value: unknown,
) => unknown

const malformed = (detail: string, cause?: unknown): ProblemError =>
  new ProblemError(400, 'ICX_HTTP_MALFORMED', detail, { cause })

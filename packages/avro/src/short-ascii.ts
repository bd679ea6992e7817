const { fromCharCode } = String

/**
 * The text of `length` bytes from `at`, if they are ASCII and at most eight; otherwise undefined. A call out of JavaScript costs more
 * than making so short a text here, and most texts of an event are a code, a unit or a country.
 */
export const shortAscii = (bytes: Buffer, at: number, length: number): string | undefined => {
  if (length === 0) return ''
  if (at + length > bytes.length) return undefined
  const a = bytes[at] as number
  if (length === 1) return a < 0x80 ? fromCharCode(a) : undefined
  const b = bytes[at + 1] as number
  if (length === 2) return (a | b) < 0x80 ? fromCharCode(a, b) : undefined
  const c = bytes[at + 2] as number
  if (length === 3) return (a | b | c) < 0x80 ? fromCharCode(a, b, c) : undefined
  const d = bytes[at + 3] as number
  if (length === 4) return (a | b | c | d) < 0x80 ? fromCharCode(a, b, c, d) : undefined
  const e = bytes[at + 4] as number
  if (length === 5) return (a | b | c | d | e) < 0x80 ? fromCharCode(a, b, c, d, e) : undefined
  const f = bytes[at + 5] as number
  if (length === 6) return (a | b | c | d | e | f) < 0x80 ? fromCharCode(a, b, c, d, e, f) : undefined
  const g = bytes[at + 6] as number
  if (length === 7) return (a | b | c | d | e | f | g) < 0x80 ? fromCharCode(a, b, c, d, e, f, g) : undefined
  const h = bytes[at + 7] as number
  if (length === 8) return (a | b | c | d | e | f | g | h) < 0x80 ? fromCharCode(a, b, c, d, e, f, g, h) : undefined
  return undefined
}

/** Why a JSON text is refused before it is parsed. */
export interface JsonFault {
  readonly detail: string
}

/** Deepest nesting of arrays and objects that is read. */
export const jsonDepthMax = 64

const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const quote = 0x22
const backslash = 0x5c
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

/**
 * One pass over a JSON text, without recursion, that finds what `JSON.parse` would accept and we do not: nesting below
 * `jsonDepthMax`, a key twice in one object, a key that reaches for a prototype. Text that is no JSON may pass.
 */
export const findJsonFault = (text: string): JsonFault | undefined => {
  const keys: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x7b || code === 0x5b) {
      keys.push(code === 0x7b ? new Set() : undefined)
      if (keys.length > jsonDepthMax) return { detail: `nested deeper than ${jsonDepthMax} levels` }
    } else if (code === 0x7d || code === 0x5d) {
      keys.pop()
    } else if (code === quote) {
      const end = endOfString(text, at)
      if (isKey(text, end)) {
        const fault = checkKey(keyText(text, at, end), keys.at(-1))
        if (fault !== undefined) return fault
      }
      at = end
    }
  }
  return undefined
}

const checkKey = (key: string, siblings: Set<string> | undefined): JsonFault | undefined => {
  if (forbiddenKeys.has(key)) return { detail: `the key ${JSON.stringify(key)} is not allowed` }
  if (siblings?.has(key)) return { detail: `the key ${JSON.stringify(key.slice(0, 80))} is there twice in one object` }
  siblings?.add(key)
  return undefined
}

/** Index of the closing quote of the string that opens at `at`, or the end of the text. */
const endOfString = (text: string, at: number): number => {
  let end = at + 1
  while (end < text.length && text.charCodeAt(end) !== quote) end += text.charCodeAt(end) === backslash ? 2 : 1
  return Math.min(end, text.length)
}

const isKey = (text: string, end: number): boolean => {
  let next = end + 1
  while (isSpace(text.charCodeAt(next))) next++
  return text.charCodeAt(next) === 0x3a
}

/** The key between two quotes, escapes resolved: `"\u005f_proto__"` is no way around. */
const keyText = (text: string, start: number, end: number): string => {
  const raw = text.slice(start + 1, end)
  if (!raw.includes('\\')) return raw
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    return raw // no JSON: the parser will say so
  }
}

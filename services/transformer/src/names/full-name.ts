/** Text with blanks trimmed and folded, in NFC; null for null, missing and blank text alike. */
export const presentText = (text: string | object | null | undefined): string | null => {
  if (typeof text !== 'string') return null
  const folded = text.normalize('NFC').replace(/\s+/gu, ' ').trim()
  return folded === '' ? null : folded
}

/** Whether a name is written in Han, Kana or Hangul alone, where the family name comes first. */
export const isEastAsian = (name: string): boolean =>
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}々ー ]+$/u.test(name)

/** A name on one line; family name first where both are East Asian. Null when there is none. */
export const fullName = (
  first: string | object | null | undefined,
  last: string | object | null | undefined,
): string | null => {
  const given = presentText(first)
  const family = presentText(last)
  if (given === null || family === null) return given ?? family
  return isEastAsian(given) && isEastAsian(family) ? `${family} ${given}` : `${given} ${family}`
}

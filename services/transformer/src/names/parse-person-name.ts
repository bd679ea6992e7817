import type { PersonName } from '@interchange/contracts'
import { isEastAsian } from './full-name.ts'
import { doubtfulSuffixWords, joiningWords, particleWords, prefixWords, suffixWords } from './name-words.ts'

/** Parts of a name on their way into a `PersonName`. */
interface Parts {
  readonly prefix: readonly string[]
  readonly given: readonly string[]
  readonly particles: readonly string[]
  readonly family: readonly string[]
  readonly suffix: readonly string[]
}

/**
 * Takes a full name apart by the order of its words ("Dr. Mary Jane van der Berg-Parker, PhD", "Parker, Mary") and by
 * word lists; what cannot be told is null, and `original` is the text untouched. Parts are NFC. Never throws.
 */
export const parsePersonName = (original: string): PersonName => personName(original, fullNameParts(original))

/**
 * A name that the source already keeps in two fields: its split is believed. With one field alone, that field may hold a
 * whole name. `original` is the two fields with one space between.
 */
export const parseSplitName = (first: string | null, last: string | null): PersonName => {
  const original = [first, last].filter((part) => part !== null && part.trim() !== '').join(' ')
  const givenWords = wordsOf(first ?? '')
  const familyWords = wordsOf(last ?? '')
  if (familyWords.length === 0 || (givenWords.length === 0 && familyWords.length > 1 && !isParticle(familyWords[0])))
    return parsePersonName(original)
  const [prefix, given] = takePrefix(givenWords)
  const [family, suffix] = takeSuffix(familyWords, (last ?? '').includes(','))
  return personName(original, { prefix, given, suffix, ...takeParticles(family) })
}

const fullNameParts = (text: string): Parts => {
  const segments = text
    .split(/[,،、]/)
    .map(wordsOf)
    .filter((words) => words.length > 0)
  const first = segments[0] ?? []
  const trailing = segments.slice(1)
  const suffixes = trailing.filter((words) => words.every(isSuffixAfterComma)).flat()
  const others = trailing.filter((words) => !words.every(isSuffixAfterComma)).flat()
  return others.length === 0 ? givenFirst(first, suffixes) : familyFirst(first, others, suffixes)
}

const givenFirst = (words: readonly string[], suffixes: readonly string[]): Parts => {
  const [prefix, unprefixed] = takePrefix(words)
  const [name, ownSuffix] = takeSuffix(unprefixed, false)
  const suffix = [...ownSuffix, ...suffixes]
  const [only, second] = name
  if (only !== undefined && name.length === 1) {
    // "Dr. Sferra" is a family name, "Teller" and "VALERY" are what the person is called.
    return prefix.length > 0
      ? { prefix, given: [], particles: [], family: [only], suffix }
      : { prefix, given: [only], particles: [], family: [], suffix }
  }
  if (only !== undefined && second !== undefined && name.length === 2 && name.every(isEastAsian))
    return { prefix, given: [second], particles: [], family: [only], suffix }
  const start = familyStart(name)
  return { prefix, given: name.slice(0, start), suffix, ...takeParticles(name.slice(start)) }
}

const familyFirst = (family: readonly string[], rest: readonly string[], suffixes: readonly string[]): Parts => {
  const [prefix, unprefixed] = takePrefix(rest)
  const [given, givenSuffix] = takeSuffix(unprefixed, false)
  const [bare, familySuffix] = takeSuffix(family, false)
  return { prefix, given, suffix: [...familySuffix, ...givenSuffix, ...suffixes], ...takeParticles(bare) }
}

/** The first particle behind the given name, else the last word, else what a "y" joins to it. */
const familyStart = (name: readonly string[]): number => {
  const particle = name.findIndex((word, place) => place > 0 && place < name.length - 1 && isParticle(word))
  if (particle === -1) return name.length - 1
  return name[particle] === 'y' ? Math.max(1, particle - 1) : particle
}

const takeParticles = (family: readonly string[]): Pick<Parts, 'particles' | 'family'> => {
  const count = family.findIndex((word, place) => place === family.length - 1 || !isParticle(word))
  return { particles: family.slice(0, Math.max(0, count)), family: family.slice(Math.max(0, count)) }
}

const takePrefix = (words: readonly string[]): [readonly string[], readonly string[]] => {
  const count = words.findIndex((word, place) => place === words.length - 1 || !word.split(' ').every(isPrefixWord))
  return [words.slice(0, Math.max(0, count)), words.slice(Math.max(0, count))]
}

const takeSuffix = (words: readonly string[], afterComma: boolean): [readonly string[], readonly string[]] => {
  const isOne = afterComma ? isSuffixAfterComma : isSuffix
  let end = words.length
  while (end > 1 && isOne(words[end - 1] ?? '')) end--
  return [words.slice(0, end), words.slice(end)]
}

const plain = (word: string): string => word.replaceAll('.', '').toLowerCase()

const isPrefixWord = (word: string): boolean => prefixWords.has(plain(word)) || joiningWords.has(plain(word))
const isSuffix = (word: string): boolean =>
  suffixWords.has(plain(word)) || (/\..*\./.test(word) && doubtfulSuffixWords.has(plain(word)))
const isSuffixAfterComma = (word: string): boolean =>
  suffixWords.has(plain(word)) || doubtfulSuffixWords.has(plain(word))
const isParticle = (word: string | undefined): boolean =>
  word !== undefined && (word === 'y' || particleWords.has(word.replaceAll('’', "'").toLowerCase()))

/** Words in NFC without commas and nicknames in quotes or brackets; people or titles joined by "&" are one word. */
const wordsOf = (text: string): readonly string[] => {
  const found = text
    .normalize('NFC')
    .replace(/\([^()]*\)|"[^"]*"|“[^“”]*”|(?<=\s)''?[^']*''?(?=\s|$)/gu, ' ')
    .split(/[\s,]+/u)
    .filter((word) => word !== '')
  const joined: string[] = []
  for (let place = 0; place < found.length; place++) {
    const word = found[place] ?? ''
    const before = joined.at(-1)
    const after = found[place + 1]
    if (before !== undefined && after !== undefined && joiningWords.has(word.toLowerCase())) {
      joined[joined.length - 1] = `${before} ${word} ${after}`
      place++
    } else joined.push(word)
  }
  return joined
}

const personName = (original: string, { prefix, given, particles, family, suffix }: Parts): PersonName => ({
  prefix: lineOf(prefix),
  given: given[0] ?? null,
  middle: lineOf(given.slice(1)),
  particles: lineOf(particles),
  family: lineOf(family),
  suffix: lineOf(suffix),
  original,
})

const lineOf = (words: readonly string[]): string | null => (words.length === 0 ? null : words.join(' '))

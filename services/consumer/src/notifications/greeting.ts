import type { PersonName } from '@interchange/contracts'

/**
 * How a letter addresses a person: by all given names ("Dear Mary Jane,"), initials left out; by title and family name
 * where no given name is known; by the name as written where it could not be told apart.
 */
export const greetingOf = (name: PersonName): string => {
  const given = words(name.given, name.middle).filter((word) => !initials.test(word))
  if (given.length > 0) return dear(given)
  const family = words(name.particles, name.family)
  if (family.length > 0) return dear([...words(name.prefix), ...family])
  const original = words(name.original)
  return dear(original.length > 0 ? original : ['customer'])
}

const initials = /^(?:\p{L}|(?:\p{L}\.)+)$/u

/** Split at any white space, so that no line break reaches a mail's header. */
const words = (...parts: readonly (string | null)[]): readonly string[] =>
  parts.flatMap((part) => part?.split(/\s+/).filter((word) => word !== '') ?? [])

const dear = (called: readonly string[]): string => `Dear ${called.join(' ')},`

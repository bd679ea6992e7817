import type { PersonName } from '@interchange/contracts'
import { expect, test } from 'vitest'
import { greetingOf } from './greeting.ts'

const named = (parts: Partial<PersonName>): PersonName => ({
  prefix: null,
  given: null,
  middle: null,
  particles: null,
  family: null,
  suffix: null,
  original: '',
  ...parts,
})

test.each([
  ['all given names', { given: 'Mary', middle: 'Jane', family: 'Watson-Parker' }, 'Dear Mary Jane,'],
  ['a mononym', { given: 'Teller' }, 'Dear Teller,'],
  ['given names without initials', { given: 'John', middle: 'F. D.', family: 'Doe' }, 'Dear John,'],
  ['one given name with its parts', { given: 'Jean-Luc', family: 'Picard' }, 'Dear Jean-Luc,'],
  ['title and family where the given name is an initial', { prefix: 'Dr.', given: 'H.', family: 'Wu' }, 'Dear Dr. Wu,'],
  ['particles with the family name', { prefix: 'Mrs', particles: 'van der', family: 'Berg' }, 'Dear Mrs van der Berg,'],
  ['the family name alone', { family: 'Sukarno' }, 'Dear Sukarno,'],
  ['the name as written when it has no parts', { original: '  株式会社  A ' }, 'Dear 株式会社 A,'],
  ['nobody by name', { original: '  ' }, 'Dear customer,'],
  ['a name with a line break on one line', { given: 'Eve\r\nBcc: x@y.example' }, 'Dear Eve Bcc: x@y.example,'],
])('greets %s', (_, parts, greeting) => {
  expect(greetingOf(named(parts))).toBe(greeting)
})

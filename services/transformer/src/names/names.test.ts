import type { PersonName } from '@interchange/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullName } from './full-name.ts'
import { parsePersonName, parseSplitName } from './parse-person-name.ts'

const none = { prefix: null, given: null, middle: null, particles: null, family: null, suffix: null }

const whole = (original: string, parts: Partial<PersonName>): void =>
  expect(parsePersonName(original)).toEqual({ ...none, ...parts, original })

describe('names', () => {
  it('NAM-01 keeps a hyphenated family name and a middle name apart', () => {
    whole('Mary Jane Watson-Parker', { given: 'Mary', middle: 'Jane', family: 'Watson-Parker' })
  })

  it('NAM-02 finds particles before the family name', () => {
    whole('Dr. Ludwig van der Berg', { prefix: 'Dr.', given: 'Ludwig', particles: 'van der', family: 'Berg' })
    whole('María de la Cruz', { given: 'María', particles: 'de la', family: 'Cruz' })
    whole('Osama bin Zaid', { given: 'Osama', particles: 'bin', family: 'Zaid' })
    whole("Sean O' Brien", { given: 'Sean', particles: "O'", family: 'Brien' })
    whole("Sean O'Brien", { given: 'Sean', family: "O'Brien" })
    whole('Van Morrison', { given: 'Van', family: 'Morrison' })
    whole('José Ortega y Gasset', { given: 'José', family: 'Ortega y Gasset' })
  })

  it('NAM-03 finds generations and degrees behind the name', () => {
    whole('John Wayne, Jr.', { given: 'John', family: 'Wayne', suffix: 'Jr.' })
    whole('Hal Daume III', { given: 'Hal', family: 'Daume', suffix: 'III' })
    whole("Kevin O'Neal, MD", { given: 'Kevin', family: "O'Neal", suffix: 'MD' })
    whole('Arthur Gray, Jr., M.D.', { given: 'Arthur', family: 'Gray', suffix: 'Jr. M.D.' })
    whole('Hoang Do', { given: 'Hoang', family: 'Do' })
    whole('Andrea Pav D.O.', { given: 'Andrea', family: 'Pav', suffix: 'D.O.' })
  })

  it('NAM-04 takes a single word as what the person is called, after a title as a family name', () => {
    whole('Madonna', { given: 'Madonna' })
    whole('Dr. Sferra', { prefix: 'Dr.', family: 'Sferra' })
    whole('Jr.', { given: 'Jr.' })
  })

  it('NAM-05 reads "family, given"', () => {
    whole('Watson-Parker, Mary Jane', { given: 'Mary', middle: 'Jane', family: 'Watson-Parker' })
    whole('WELLS JR, JESSE D', { given: 'JESSE', middle: 'D', family: 'WELLS', suffix: 'JR' })
    whole('de la Torre, Dr. Manuel', { prefix: 'Dr.', given: 'Manuel', particles: 'de la', family: 'Torre' })
  })

  it('NAM-06 keeps people who share a name joined', () => {
    whole('Mr. and Mrs. Max McGlamry', { prefix: 'Mr. and Mrs.', given: 'Max', family: 'McGlamry' })
    whole('Charles and Jean Dukes', { given: 'Charles and Jean', family: 'Dukes' })
  })

  it('NAM-07 leaves a nickname to the original', () => {
    whole('Robert "Bob" Smith', { given: 'Robert', family: 'Smith' })
    whole('Dan (Danny) Lee', { given: 'Dan', family: 'Lee' })
    whole("Robert 'Corky' Cartwright", { given: 'Robert', family: 'Cartwright' })
  })

  it('NAM-08 reads the family name first where both are Han, Kana or Hangul', () => {
    whole('山田 太郎', { given: '太郎', family: '山田' })
    whole('김 철수', { given: '철수', family: '김' })
  })

  it('NAM-09 keeps every script whole, in NFC, and the original as it was', () => {
    const decomposed = 'Jose\u0301 Garci\u0301a'
    whole(decomposed, { given: 'Jos\u00e9', family: 'Garc\u00eda' })
    whole('محمد بن سلمان', { given: 'محمد', middle: 'بن', family: 'سلمان' })
    whole('👩‍👩‍👧 Smith', { given: '👩‍👩‍👧', family: 'Smith' })
  })

  it.each(['', ' \t\n', ',', ' , , '])('NAM-10 answers no part at all for %j', (text) => {
    whole(text, {})
  })

  it('NAM-11 never throws, and every word of a part is in the text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(fc.constantFrom('Dr.', 'van', 'de', 'la', 'Jr.', ',', '&', 'Mary', 'y', "O'", '"', '(', 'X'))
        .map((words) => words.join(' ')),
    )
    fc.assert(
      fc.property(text, (original) => {
        const { original: kept, ...parts } = parsePersonName(original)
        expect(kept).toBe(original)
        for (const part of Object.values(parts)) {
          if (part === null) continue
          expect(part.trim()).not.toBe('')
          for (const word of part.split(' ')) expect(original.normalize('NFC')).toContain(word)
        }
      }),
    )
  })

  it('NAM-12 believes the split of a source that keeps two fields', () => {
    expect(parseSplitName('Mary Jane', 'van der Berg Jr.')).toEqual({
      ...none,
      given: 'Mary',
      middle: 'Jane',
      particles: 'van der',
      family: 'Berg',
      suffix: 'Jr.',
      original: 'Mary Jane van der Berg Jr.',
    })
    expect(parseSplitName('Gabriel', 'García Márquez')).toMatchObject({ given: 'Gabriel', family: 'García Márquez' })
    expect(parseSplitName('Bob', 'Smith, MD')).toMatchObject({ given: 'Bob', family: 'Smith', suffix: 'MD' })
  })

  it('NAM-13 takes a whole name out of one field', () => {
    expect(parseSplitName('Mary Jane Watson', null)).toMatchObject({ given: 'Mary', middle: 'Jane', family: 'Watson' })
    expect(parseSplitName(' ', 'Mary Watson')).toMatchObject({ given: 'Mary', family: 'Watson' })
    expect(parseSplitName(null, 'Watson')).toEqual({ ...none, family: 'Watson', original: 'Watson' })
    expect(parseSplitName('', 'van der Berg')).toMatchObject({ given: null, particles: 'van der', family: 'Berg' })
    expect(parseSplitName(null, null)).toEqual({ ...none, original: '' })
  })

  it('NAM-14 cannot tell a first family name from a middle name', () => {
    whole('Gabriel García Márquez', { given: 'Gabriel', middle: 'García', family: 'Márquez' })
  })

  it('writes a full name in the order of its script', () => {
    expect([
      fullName('Bob', ' Biller '),
      fullName('太郎', '山田'),
      fullName('太郎', 'Smith'),
      fullName('', null),
    ]).toEqual(['Bob Biller', '山田 太郎', '太郎 Smith', null])
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InterchangeError } from '@interchange/messaging'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCountries } from './countries.ts'
import { loadCountries, shippedAliasesFile } from './country-aliases.ts'
import { countryCodes, countryNameOf } from './iso-3166.ts'

const shipped = loadCountries(shippedAliasesFile)
const bare = createCountries({})

describe('countries', () => {
  it('CTY-01 gives every one of the 249 codes back from its own English name', () => {
    expect(new Set(countryCodes).size).toBe(249)
    expect(countryCodes.filter((code) => countryNameOf(code) === code)).toEqual([])
    expect(countryCodes.map((code) => shipped.codeOf(countryNameOf(code)))).toEqual(countryCodes)
  })

  it('knows the countries of CLDR, less what ISO 3166 has only reserved', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
    const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
    const canonical = (code: string): string => (Intl.getCanonicalLocales(`und-${code}`)[0] ?? '').slice(4)
    const known = letters
      .flatMap((first) => letters.map((second) => first + second))
      .filter((code) => names.of(code) !== undefined && canonical(code) === code)
    const reserved = ['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'XK', 'ZZ']
    expect(known.filter((code) => !reserved.includes(code))).toEqual([...countryCodes].sort())
  })

  it('CTY-02 takes an alpha-2 code in capitals as itself', () => {
    expect(countryCodes.map((code) => bare.codeOf(code))).toEqual(countryCodes)
    expect(() => bare.codeOf('gb')).toThrow('no country code for gb')
  })

  it('CTY-03 knows the shipped aliases, and without them does not', () => {
    const names = ['EIRE', 'RSA', 'USA', 'Czech Republic', 'Hong Kong']
    expect(names.map((name) => shipped.codeOf(name))).toEqual(['IE', 'ZA', 'US', 'CZ', 'HK'])
    for (const name of names) expect(() => bare.codeOf(name)).toThrow('add it to the country aliases')
  })

  it('CTY-04 ignores case, accents and spacing in names', () => {
    const names = ['  united   KINGDOM', 'Cote d’Ivoire', 'CURACAO', 'eire']
    expect(names.map((name) => shipped.codeOf(name))).toEqual(['GB', 'CI', 'CW', 'IE'])
  })

  it('CTY-05 rejects the Channel Islands, which are two', () => {
    expect(() => shipped.codeOf('Channel Islands')).toThrow('Jersey (JE) and Guernsey (GG)')
  })

  it('CTY-06 rejects the European Community, which is no country', () => {
    expect(() => shipped.codeOf('European Community')).toThrow('no country: let the source say which member')
  })

  it('CTY-07 rejects what the source calls unspecified', () => {
    expect(() => shipped.codeOf('Unspecified')).toThrow('the source does not know it')
  })

  it.each([null, '', ' \t'])('CTY-08 rejects %j: no country is named', (text) => {
    expect(() => shipped.codeOf(text)).toThrow('no country is named')
  })

  it('CTY-09 gives each unknown name a cause of its own', () => {
    const message = (name: string): string => {
      try {
        return shipped.codeOf(name)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ICX_HANDLER_REJECTED', failureClass: 'poison', facts: { country: name } })
        return error instanceof Error ? error.message : ''
      }
    }
    const messages = ['Atlantis', 'Elbonia', 'EU', 'XK'].map(message)
    expect(new Set(messages).size).toBe(4)
    expect(messages[0]).toBe(
      'no country code for Atlantis: neither an English name of ISO 3166-1 nor an alias: add it to the country aliases',
    )
  })

  it('CTY-10 lets an alias decide what has no answer by itself', () => {
    expect(createCountries({ 'Channel Islands': 'JE' }).codeOf('CHANNEL ISLANDS')).toBe('JE')
  })

  describe('CTY-11 does not start with a broken alias file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'aliases-'))
    const load = (content: string): unknown => {
      const file = join(folder, 'aliases.json')
      onTestFinished(() => rmSync(file, { force: true }))
      writeFileSync(file, content)
      try {
        return loadCountries(file)
      } catch (error) {
        return error
      }
    }

    it.each([
      ['no JSON', '{', 'JSON'],
      ['a list', '["IE"]', 'expected record'],
      ['a code that does not exist', '{"EIRE":"IE","X":"QQ"}', '"X": not an ISO 3166-1 alpha-2 code'],
      ['a blank alias', '{" ":"IE"}', 'blank'],
      ["another country's own name", '{"France":"DE"}', '"France" already stands for FR, not DE'],
    ])('because of %s', (_, content, reason) => {
      const error = load(content)
      expect(error).toBeInstanceOf(InterchangeError)
      expect(error).toMatchObject({ code: 'ICX_CONFIG_INVALID', failureClass: 'fatal' })
      expect(String(error)).toContain(reason)
      expect(String(error)).toContain('aliases.json')
    })

    it('because it is absent', () => {
      expect(() => loadCountries(join(folder, 'absent.json'))).toThrow('ENOENT')
    })
  })
})

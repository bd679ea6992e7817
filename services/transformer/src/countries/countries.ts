import { rejected } from '@interchange/messaging'
import { countryCodes, countryNameOf, isCountryCode } from './iso-3166.ts'

/** Country names as sources write them, to the codes they stand for. */
export type CountryAliases = Readonly<Record<string, string>>

/** Knows which country a source means. */
export interface Countries {
  /**
   * The ISO 3166-1 alpha-2 code of a code, an English name or an alias; case, accents and spacing do not matter in names.
   * Throws class `poison`, one cause per name, where there is no honest answer.
   */
  codeOf(text: string | null): string
}

/** Names that stand for no single country: why, and what can be done. An alias overrules them. */
const withoutAnswer: Readonly<Record<string, string>> = {
  'channel islands': 'Jersey (JE) and Guernsey (GG) have codes, the two together have none: let the source say which',
  'european community': 'a community of states is no country: let the source say which member',
  unspecified: 'the source does not know it: let the source say which',
}

/** Throws Error for a blank alias, and for one that gives a country's own English name another code. */
export const createCountries = (aliases: CountryAliases): Countries => {
  const codes = new Map(countryCodes.map((code) => [comparable(countryNameOf(code)), code]))
  for (const [alias, code] of Object.entries(aliases)) {
    if (comparable(alias) === '') throw new Error(`an alias for ${code} is blank`)
    const known = codes.get(comparable(alias))
    if (known !== undefined && known !== code) throw new Error(`"${alias}" already stands for ${known}, not ${code}`)
    codes.set(comparable(alias), code)
  }
  return {
    codeOf(text) {
      const name = text?.trim() ?? ''
      if (isCountryCode(name)) return name
      if (name === '') throw rejected('no country is named: let the source name one', { country: text })
      const code = codes.get(comparable(name))
      if (code === undefined) throw unknownCountry(name.slice(0, 64))
      return code
    },
  }
}

/** The name stands in the message without quotes, so that each name is a cause of its own and can be replayed alone. */
const unknownCountry = (name: string): Error => {
  const reason =
    withoutAnswer[comparable(name)] ??
    'neither an English name of ISO 3166-1 nor an alias: add it to the country aliases'
  return rejected(`no country code for ${name}: ${reason}`, { country: name })
}

const comparable = (name: string): string =>
  name.normalize('NFKD').replace(/\p{M}/gu, '').replace(/[’`]/g, "'").replace(/\s+/g, ' ').trim().toLowerCase()
